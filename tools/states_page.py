"""The states of a case as a page: a diagram, who has to act next, and every move, made from the tables themselves."""

from titrant.record.states import MOVES, OWNERS, State, diagram

_HEAD = """# States of a case

Made from `src/titrant/record/states.py` by `make fix`; do not edit. A move that is not here is refused. What is written
down without giving a drug (facts, entries, messages, tasks) leaves the state as it is; supplies and deliveries need a
signed plan in force.
"""


def states_page() -> str:
    """The page ``docs/reference/states.md``."""
    owners = ["| state | who has to act next |", "|---|---|"]
    owners += [f"| {_words(state)} | {OWNERS[state].value} |" for state in State]
    moves = ["| from | by | to |", "|---|---|---|"]
    moves += [f"| {_words(one.before)} | {one.by.value.replace('_', ' ')} | {_words(one.after)} |" for one in MOVES]
    parts = (_HEAD, "```mermaid", diagram(), "```", "", *owners, "", *moves)
    return "\n".join(parts) + "\n"


def _words(state: State) -> str:
    return state.value.replace("_", " ")
