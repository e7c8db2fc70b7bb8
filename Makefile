# Two commands do everything on a fresh machine with Python 3.11, make and a package index:
#   make demo    sets up and opens a synthetic clinic (PORT=8000, PATIENTS=60); with CI=true it opens it once and ends
#   make test    sets up and runs every check that belongs to a change

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
PATIENTS ?= 60
READY := $(VENV)/ready
COMPILED := $(VENV)/compiled

.PHONY: demo plans test check fix release-checks night-checks bench clean

demo: $(READY)
	@$(BIN)/titrant demo --port $(PORT) --patients $(PATIENTS) $(if $(CI),--once)

# The plan for each demo record, as text.
plans: $(READY)
	@$(BIN)/python -m tools.demo

# Four workers on two cores: many of the tests wait for a browser, a disk or another process.
test: check $(COMPILED)
	@$(BIN)/python -m tools.system
	$(BIN)/pytest -n 4 --dist worksteal -m "not release and not night"

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tools.budgets
	$(BIN)/python -m tools.generated --check
	$(BIN)/titrant check

fix: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tools.generated

release-checks: test
	$(BIN)/pytest -n 2 --dist worksteal -m release
	$(BIN)/python -m tools.mutation
	$(BIN)/python -m benchmarks.speed

night-checks: $(READY) $(COMPILED)
	$(BIN)/pytest -n 2 --dist worksteal -m night

bench: $(READY)
	$(BIN)/python -m compileall -q src
	$(BIN)/python -m benchmarks.speed

clean:
	rm -rf $(VENV)

$(READY): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@# Compiled ahead, so that a command starts quickly even where Python may not write beside the sources.
	$(BIN)/python -m compileall -q src
	@touch $(READY)

# Once, before the tests: else each of their workers would compile the same kernels.
$(COMPILED): $(READY) src/titrant/pkpd/kernels.py $(wildcard src/titrant/cohort/*.py src/titrant/pkpd/response/*.py)
	$(BIN)/python -m tools.compiled
	@touch $(COMPILED)
