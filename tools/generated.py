"""Make what is made from other files: the seal over the knowledge, editor schemas, reference pages.

With ``--check`` nothing is written; a file that is not what it should be is named, and the exit code is 1.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from titrant.knowledge.library import SHIPPED, files_below

Made = tuple[Path, str]


def seal() -> Made:
    """The manifest: every knowledge file with the hash of its bytes."""
    found = files_below(SHIPPED)
    found.pop("manifest.json", None)
    listed = {path: hashlib.sha256(found[path]).hexdigest() for path in sorted(found)}
    return SHIPPED / "manifest.json", json.dumps(listed, indent=1) + "\n"


def everything() -> Iterator[Made]:
    yield seal()


def main() -> int:
    stale = []
    for path, text in everything():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{path.relative_to(Path.cwd())}: {'out of date; run make fix' if '--check' in sys.argv else 'written'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
