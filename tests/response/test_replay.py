"""A review is replayed byte for byte in another process, whatever its hash seed."""

import hashlib
import os
import subprocess
import sys

import numpy as np
from tools.calibrate_response import ROOT, shipped

from tests.response.shared import LEVELS, diary
from titrant.pkpd.response.opinion import opinion
from titrant.pkpd.response.review import review


def digest() -> str:
    """Hash over the draws, answers, waiting and opinion of three patients."""
    held = hashlib.sha256()
    for seed in range(3):
        found = review(diary(2.0 * seed, seed), LEVELS, shipped(), np.random.default_rng(seed))
        for part in (found.posterior.draws.pain, found.posterior.draws.amounts, found.posterior.draws.harm):
            held.update(part.tobytes())
        held.update(repr((found.answers, found.waiting, opinion(found.posterior, "raise", LEVELS))).encode())
    return held.hexdigest()


def test_another_process_with_another_hash_seed_gives_the_same_bytes():
    code = "from tests.response.test_replay import digest; print(digest())"
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert said == [digest()] * 2
