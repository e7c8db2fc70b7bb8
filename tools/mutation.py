"""Mutation: small faults are planted in vocabulary, constraints and last gate, and the unit tests must find them.

Two passes over the same files. mutmut plants faults inside functions. What it passes over, constants of a module or a
class and decorated functions (the table of units, the grammar of numbers, the pinned hash), is planted here.

Passes if nine tenths of all faults and every fault in a comparison are found, and each survivor stands with its reason
in mutation_survivors.yaml. A reason without a survivor fails as well: the list stays true.
"""

import ast
import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parent.parent
SURVIVORS = Path(__file__).with_name("mutation_survivors.yaml")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
TESTS: list[str] = SETTINGS["pytest_add_cli_args_test_selection"]
LEAST_FOUND = 0.90
AT_ONCE = 2
LONGEST_RUN_S = 120
FOUND = {1, 3, 24, -24, 36, 152, 255, -9, -11}  # tests failed, or did not end


class Fault(NamedTuple):
    """One planted fault. ``where`` is module and function, ``change`` what was put in place of what."""

    where: str
    change: str
    comparison: bool
    found: bool


def main() -> int:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="titrant-mutation-") as name:
        tree = copied(Path(name) / "tree")
        faults = [*inside_functions(tree), *outside_functions(Path(name), tree)]
    print(f"{(time.monotonic() - begun) / 60:.1f} minutes")
    return verdict(faults)


def copied(tree: Path) -> Path:
    """The sources and tests in a place of their own: nothing is planted where people work."""
    for part in ("src", "tests/unit"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md", "tests/__init__.py"):
        shutil.copy(ROOT / part, tree / part)
    return tree


def targets(tree: Path) -> list[Path]:
    return sorted(path for pattern in SETTINGS["only_mutate"] for path in tree.glob(pattern))


def module_of(path: Path, tree: Path) -> str:
    return ".".join(path.relative_to(tree / "src").with_suffix("").parts)


# Faults inside functions: mutmut


def inside_functions(tree: Path) -> Iterator[Fault]:
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(AT_ONCE)]
    with subprocess.Popen(command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        said = _progress(running)
    if running.returncode:
        sys.exit(f"mutmut did not run to its end:\n{said[-3000:]}")
    for path in targets(tree):
        yield from _results(tree / "mutants" / path.relative_to(tree), module_of(path, tree))


def _progress(running: "subprocess.Popen[str]") -> str:
    """Print every hundredth count that mutmut shows, and keep what else it says."""
    said, shown = "", 0
    for line in running.stdout or ():
        found = re.search(r"(\d+)/(\d+) ", line)
        said += "" if found else line
        if found and int(found[1]) >= shown + 100:
            shown = int(found[1])
            print(f"inside functions: {shown} of {found[2]}", flush=True)
    return said


def _results(path: Path, module: str) -> Iterator[Fault]:
    results = json.loads(Path(f"{path}.meta").read_text(encoding="utf-8"))["exit_code_by_key"]
    functions = {
        node.name: node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    for key, code in results.items():
        name = key.rpartition(".")[2]
        plain = name.rpartition("__mutmut_")[0]
        before, after = functions[f"{plain}__mutmut_orig"], functions[name]
        where = f"{module}.{plain.removeprefix('x_').removeprefix('xǁ').replace('ǁ', '.')}"
        yield Fault(where, _change(before, after), _in_comparison(before, after), code in FOUND)


def _change(before: ast.AST, after: ast.AST) -> str:
    """The lines that differ, as ``old => new``."""
    old, new = (ast.unparse(ast.fix_missing_locations(one)).splitlines()[1:] for one in (before, after))
    start = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    end = next((n for n, (a, b) in enumerate(zip(old[::-1], new[::-1], strict=False)) if a != b), 0)
    return " => ".join(" ".join(line.strip() for line in one[start : len(one) - end]) for one in (old, new))


def _in_comparison(before: ast.AST, after: ast.AST) -> bool:
    """Whether the first difference of two functions is the operator of a comparison."""
    for old, new in zip(ast.walk(before), ast.walk(after), strict=False):
        if type(old) is not type(new):
            return False
        both = isinstance(old, ast.Compare) and isinstance(new, ast.Compare)
        if both and [type(op) for op in old.ops] != [type(op) for op in new.ops]:
            return True
    return False


# Faults outside functions: constants, classes and decorated functions


class Plant(NamedTuple):
    """A fault to plant: the place in the text of a file and what to put there."""

    node: ast.expr | ast.Return
    scope: str
    text: str
    comparison: bool


def outside_functions(place: Path, tree: Path) -> Iterator[Fault]:
    plants = [(path, plant) for path in targets(tree) for plant in _plants(ast.parse(path.read_text(encoding="utf-8")))]
    benches = [copied(place / f"bench-{number}") for number in range(AT_ONCE)]
    if not _run_tests(benches[0]):
        sys.exit("The unit tests fail before anything is planted.")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        shares = [pool.submit(_plant_all, bench, tree, plants[n::AT_ONCE]) for n, bench in enumerate(benches)]
        for share in shares:
            yield from share.result()


def _plant_all(bench: Path, tree: Path, plants: list[tuple[Path, Plant]]) -> list[Fault]:
    faults = []
    for number, (path, plant) in enumerate(plants, 1):
        target, text = bench / path.relative_to(tree), path.read_text(encoding="utf-8")
        target.write_text(_planted(text, plant), encoding="utf-8")
        found = not _run_tests(bench)
        target.write_text(text, encoding="utf-8")
        where = ".".join(filter(None, (module_of(path, tree), plant.scope)))
        faults.append(Fault(where, f"{ast.unparse(plant.node)} => {plant.text}", plant.comparison, found))
        if number % 25 == 0:
            print(f"outside functions: {number} of {len(plants)} on {bench.name}", flush=True)
    return faults


def _run_tests(bench: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *TESTS]
    # No compiled files: two faults in the same second would be taken for one.
    surroundings = {**os.environ, "PYTHONPATH": str(bench / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=bench, env=surroundings, capture_output=True, timeout=LONGEST_RUN_S)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _planted(text: str, plant: Plant) -> str:
    lines = text.encode("utf-8").splitlines(keepends=True)
    node = plant.node
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    return (before + plant.text.encode("utf-8") + after).decode("utf-8")


def _plants(tree: ast.Module) -> Iterator[Plant]:
    for node, scope in _outside(tree, ""):
        yield from _plants_at(node, scope)


def _outside(node: ast.AST, scope: str) -> Iterator[tuple[ast.AST, str]]:
    """Every expression that mutmut leaves alone, with the class or function that it stands in."""
    for child in _meaningful(node):
        named = isinstance(child, ast.ClassDef | ast.FunctionDef)
        if isinstance(child, ast.FunctionDef) and _left_to_mutmut(child):
            continue
        inner = f"{scope}.{child.name}".lstrip(".") if named else scope
        yield child, inner
        yield from _outside(child, inner)


def _meaningful(node: ast.AST) -> list[ast.AST]:
    """Children without docstrings, annotations, decorators and sentences put together from parts."""
    if isinstance(node, ast.JoinedStr | ast.arguments | ast.Import | ast.ImportFrom):
        return []
    left_out = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    left_out += [*getattr(node, "decorator_list", ()), *getattr(node, "bases", ())]
    body = getattr(node, "body", None)
    if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        left_out.append(body[0])
    return [child for child in ast.iter_child_nodes(node) if all(child is not one for one in left_out)]


def _left_to_mutmut(function: ast.FunctionDef) -> bool:
    return all(
        isinstance(one, ast.Name) and one.id in ("classmethod", "staticmethod") for one in function.decorator_list
    )


_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult,
}  # fmt: skip


def _plants_at(node: ast.AST, scope: str) -> Iterator[Plant]:
    if isinstance(node, ast.Constant):
        for value in _other_values(node.value):
            yield Plant(node, scope, repr(value), False)
    elif isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in _COMPARISONS[type(operator)]:
                yield Plant(node, scope, _with(node, "ops", place, other()), True)
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield Plant(node, scope, f"({_with(node, 'op', None, _ARITHMETIC[type(node.op)]())})", False)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield Plant(node, scope, f"({_with(node, 'op', None, other)})", False)
    elif isinstance(node, ast.UnaryOp):
        yield Plant(node, scope, f"({ast.unparse(node.operand)})", False)
    elif isinstance(node, ast.IfExp):
        for branch in (node.body, node.orelse):
            yield Plant(node, scope, f"({ast.unparse(branch)})", False)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield Plant(node, scope, "return None", False)


def _other_values(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, str):
        numbers = list(re.finditer(r"[0-9]+", value)) if len(value) < 60 else []
        for one in numbers:  # each number in a text: bounds of a pattern, factors, names of units
            yield f"{value[: one.start()]}{int(one[0]) + 1}{value[one.end() :]}"
        if not numbers:
            yield f"{value}X"


def _with(node: ast.Compare | ast.BinOp | ast.BoolOp, field: str, place: int | None, other: ast.AST) -> str:
    changed = copy.deepcopy(node)
    if place is None:
        setattr(changed, field, other)
    else:
        getattr(changed, field)[place] = other
    return ast.unparse(changed)


# The verdict


class Survivor(NamedTuple):
    """A fault that no test finds, and why. ``equivalent``: it changes nothing that could be seen, so no test can."""

    where: str
    change: str
    reason: str
    equivalent: bool = False


def verdict(faults: list[Fault]) -> int:
    listed = [Survivor(**one) for one in yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or ()]
    reasoned = {(one.where, one.change) for one in listed if one.reason.strip()}
    equivalent = {(one.where, one.change) for one in listed if one.equivalent}
    survivors = [fault for fault in faults if not fault.found]
    comparisons = [fault for fault in faults if fault.comparison and (fault.where, fault.change) not in equivalent]
    left = {(one.where, one.change) for one in survivors}
    wrong = [f"Not found: {where}: {change}" for where, change in sorted(left - reasoned)]
    wrong += [f"Listed, but found: {one.where}: {one.change}" for one in listed if (one.where, one.change) not in left]
    found, in_comparisons = len(faults) - len(survivors), sum(fault.found for fault in comparisons)
    print(f"faults found {found} of {len(faults)}: {found / len(faults):.1%} (at least {LEAST_FOUND:.0%})")
    print(f"faults in comparisons found {in_comparisons} of {len(comparisons)} (all that change anything)")
    print(f"survivors {len(survivors)}, all but {len(left - reasoned)} with a reason")
    for line in wrong:
        print(line)
    return 1 if wrong or found < LEAST_FOUND * len(faults) or in_comparisons < len(comparisons) else 0


if __name__ == "__main__":
    sys.exit(main())
