"""Make what is made from other files: the seal over the knowledge, demo approvals, editor schemas, reference pages.

With ``--check`` nothing is written; a file that is not what it should be is named, and the exit code is 1.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from titrant.cli.main import main as main_group
from titrant.cli.opened import DEMO_CLINIC, library
from titrant.knowledge.library import SHIPPED, files_below
from titrant.terms.canonical import sha256_of
from titrant.terms.reading import read_yaml
from tools.policy_page import policy_page
from tools.reference import pages
from tools.states_page import states_page

Made = tuple[Path, str]
ROOT = Path(__file__).parent.parent


def seal() -> Made:
    """The manifest: every knowledge file with the hash of its bytes."""
    found = files_below(SHIPPED)
    found.pop("manifest.json", None)
    listed = {path: hashlib.sha256(found[path]).hexdigest() for path in sorted(found)}
    return SHIPPED / "manifest.json", json.dumps(listed, indent=1) + "\n"


def demo_approvals() -> Made:
    """The synthetic clinic's synthetic prescriber puts every shipped protocol in use, as it is now."""
    lines = [
        "# Synthetic: a made-up clinic whose made-up prescriber approves every shipped protocol. Not for patients.",
        "clinic: Demo clinic",
        "synthetic: true",
        "approvals:",
    ]
    for path, raw in sorted(files_below(SHIPPED).items()):
        if not path.startswith("protocols/"):
            continue
        tree = read_yaml(raw).tree
        lines += [
            f"  - protocol: {tree['id']}",
            f"    version: {tree['version']}",
            f"    sha256: {sha256_of(tree)}",
            "    standing: in_use",
            "    approved_by: Dr Demo Prescriber (synthetic)",
            # Long ago, so that the made-up clinic can try any day, also those of old made-up records.
            "    on: 1900-01-01",
        ]
    return DEMO_CLINIC / "approvals.yaml", "\n".join(lines) + "\n"


def everything() -> Iterator[Made]:
    yield seal()
    yield demo_approvals()
    # What follows reads the files made above, which --check has then found to be as they should be.
    yield ROOT / "docs" / "reference" / "policy.md", policy_page()
    yield ROOT / "docs" / "reference" / "states.md", states_page()
    yield from pages(library(None), main_group, ROOT / "docs")


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
