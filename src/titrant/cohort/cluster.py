"""Chunks on an existing Dask cluster. A worker that is lost gives its chunks to others; each is counted once.

The workers need this package (the same release) and its number libraries. What is sent holds no person: a question,
a compiled protocol and the numbers of a made-up world.
"""

from collections.abc import Iterator

import numpy as np

from titrant.cohort.running import Task, patients_of
from titrant.terms.errors import CaseFileError

_WAIT_S = 20
_TRIES_AGAIN = 3


def worked_on_cluster(task: Task, todo: list[tuple[int, int]], address: str) -> Iterator[tuple[int, np.ndarray]]:
    """Rows of each chunk as they come. Raises CaseFileError where there is no cluster at ``address``."""
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise CaseFileError(
            "--scheduler", "Dask is not installed here.",
            "A cluster is spoken to through it.", "Install the group cluster: pip install titrant[cluster].",
        ) from None  # fmt: skip
    try:
        client = Client(address, timeout=_WAIT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise CaseFileError(
            "--scheduler", f"There is no Dask scheduler at {address[:100]} ({type(error).__name__}).",
            "Without it there is nobody to work.", "Check the address, or leave --scheduler out.",
        ) from None  # fmt: skip
    with client:
        _check_release(client)
        shared = client.scatter(task, broadcast=True)
        # Not "pure": two runs of the same question do not take each other's chunks.
        futures = {
            client.submit(_patients, shared, first, count, pure=False, retries=_TRIES_AGAIN): first
            for first, count in todo
        }
        for future in as_completed(list(futures)):
            yield futures[future], future.result()
            future.release()


def _patients(task: Task, first: int, count: int) -> np.ndarray:
    return patients_of(task, first, count)


def _release() -> str:
    from titrant import __version__

    return __version__


def _check_release(client: object) -> None:
    """Every worker runs this release, or the answers would differ. Raises CaseFileError."""
    here = _release()
    there = client.run(_release)  # type: ignore[attr-defined]
    if not there:
        raise CaseFileError(
            "--scheduler", "The cluster has no worker.", "Nobody would do the work.", "Start workers, then ask again."
        )
    other = {release for release in there.values() if release != here}
    if other:
        raise CaseFileError(
            "--scheduler", f"Workers run release {', '.join(sorted(map(str, other)))}, this is {here}.",
            "Two releases give two answers.", "Install the same release everywhere.",
        )  # fmt: skip
