"""The same advice on another version of Python, byte for byte (T13). Controls H09.

``TITRANT_OTHER_PYTHON`` names an interpreter of another version that has the product's packages; without it the test
skips and says so. The first figure was made with 3.11 against 3.13.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.properties.figures import record

OTHER = os.environ.get("TITRANT_OTHER_PYTHON", "")
ADVICES = {
    "starts": "from tests.properties.test_order_and_days import digest; print(digest(99, 8_000))",
    "running courses": "from tests.properties.test_following_laws import digest; print(digest(2_000))",
    "running courses with the response model": "from tests.following.test_model import digest; print(digest(300))",
}


def said_by(python: str, program: str) -> str:
    run = subprocess.run([python, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.release
@pytest.mark.skipif(not OTHER, reason="TITRANT_OTHER_PYTHON names no second interpreter")
@pytest.mark.parametrize("advices", list(ADVICES))
def test_another_python_gives_the_same_bytes(advices: str) -> None:
    version = "import sys; print('%d.%d' % sys.version_info[:2])"
    here, there = said_by(sys.executable, version), said_by(OTHER, version)
    assert here != there, f"both interpreters are Python {here}; a second version is needed"
    same = said_by(sys.executable, ADVICES[advices]) == said_by(OTHER, ADVICES[advices])
    record("T13", f"{advices} on Python {here} and {there}", "same" if same else "different", "same", met=same)
