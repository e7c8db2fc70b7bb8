"""What is handed over is a plain file of believable size, or is refused at once."""

import os
from pathlib import Path

import pytest

from titrant.clinic.opening import open_document
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import MAX_BYTES, MAX_NODES, Unreadable, read_yaml


def refused(path: Path) -> CaseFileError:
    with pytest.raises(CaseFileError) as caught:
        open_document(path)
    assert all((caught.value.place, caught.value.fault, caught.value.why, caught.value.repair))
    return caught.value


def test_a_pipe_a_device_and_a_folder_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        assert "a device or a pipe" in refused(path).fault


def test_a_name_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    for name in ("link", "gone", "x" * 300, "a\0b"):
        assert "cannot be opened" in refused(tmp_path / name).fault


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MAX_BYTES * 1000)  # sparse: it takes no room
    assert "at most 20,000,000 are read" in refused(tmp_path / "large").fault


@pytest.mark.parametrize("raw", [b"- a\n" * 3_000_000, b"[" + b"a," * 3_000_000 + b"]"])
def test_a_flood_of_entries_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="more than 200,000 entries"):
        read_yaml(raw)


def test_a_long_list_is_read() -> None:
    assert len(read_yaml(b"- a\n" * (MAX_NODES - 100)).tree) == MAX_NODES - 100
