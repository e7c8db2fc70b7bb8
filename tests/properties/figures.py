"""The figures that the harnesses reach, one line each: printed, and added to out/test-figures.txt."""

from pathlib import Path

PLACE = Path(__file__).parents[2] / "out" / "test-figures.txt"


def record(row: str, what: str, value: object, target: str, *, met: bool) -> None:
    """Print and keep ``T02 what value target pass``; then fail if the target is not met."""
    line = f"{row} {what}: {value} (target {target}) {'pass' if met else 'fail'}"
    print(line)  # noqa: T201 - the line is the result
    PLACE.parent.mkdir(exist_ok=True)
    with PLACE.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    assert met, line


def none_of(faults: list[str]) -> str:
    """The first few faults, for a message."""
    return f"{len(faults)}" if not faults else f"{len(faults)}: " + " | ".join(faults[:3])
