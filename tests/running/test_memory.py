"""What a server has let go of goes back to the system."""

import subprocess
import sys

import pytest

# Two threads make and drop large pieces between small ones that stay, as requests do between the pages of a store.
TRIED = """
import os, threading
from pathlib import Path
{told}
def work(keep):
    for _ in range(40):
        large = [bytearray(700_000) for _ in range(20)]
        keep.append(bytes(3_000))
        del large
kept = [[] for _ in range(8)]
threads = [threading.Thread(target=work, args=(one,)) for one in kept]
[one.start() for one in threads]
[one.join() for one in threads]
print(sum("heap" in line or not line.split()[5:] for line in Path("/proc/self/maps").read_text().splitlines()
          if int(line.split("-")[0], 16) % (64 << 20) == 0))
"""
TOLD = "from titrant.app.memory import give_back_what_is_free\nassert give_back_what_is_free()"


def heaps(told: str) -> int:
    """How many heaps of threads there are at the end."""
    done = subprocess.run([sys.executable, "-c", TRIED.format(told=told)], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the heaps are those of glibc")
def test_threads_share_one_heap() -> None:
    assert heaps(TOLD) < heaps("")
