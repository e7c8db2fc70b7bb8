"""Size budgets: small functions and files are read; large ones are scrolled past.

Functions: median at most 9 lines, nine tenths at most 30, none above 60.
Files: nine tenths at most 300, none above 600. What is over is named here with its reason, or the check fails.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src"
# path:function or path -> reason
EXCEPTIONS: dict[str, str] = {}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(SOURCE)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def share(numbers: list[int], of: float) -> int:
    return sorted(numbers)[min(int(len(numbers) * of), len(numbers) - 1)]


def main() -> int:
    files = {
        str(path.relative_to(SOURCE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in SOURCE.rglob("*.py")
    }
    lengths = dict(one for path in sorted(SOURCE.rglob("*.py")) for one in functions(path))
    over = [f"{name}: {n} lines, at most 60" for name, n in lengths.items() if n > 60 and name not in EXCEPTIONS]
    over += [f"{name}: {n} lines, at most 600" for name, n in files.items() if n > 600 and name not in EXCEPTIONS]
    figures = (
        ("function median", share(list(lengths.values()), 0.5), 9),
        ("function p90", share(list(lengths.values()), 0.9), 30),
        ("file p90", share(list(files.values()), 0.9), 300),
    )
    for name, seen, budget in figures:
        print(f"{name} {seen} (at most {budget})")
        if seen > budget:
            over.append(f"{name} is over its budget")
    for line in over:
        print(line)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
