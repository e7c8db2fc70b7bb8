"""What a disk would hold after a power cut, rebuilt from the trace of the calls that wrote it (T19).

The model of the disk: a write lies in memory until its file is synced; until then the cut may leave none of it, all of
it, or any of its sectors. An image is what such a disk holds at one moment.
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

SECTOR = 512  # bytes; the smallest piece that a disk writes whole
_CALL = re.compile(
    r"(?P<call>pwrite64|write|ftruncate|fsync|fdatasync|unlink)\("
    r"(?:\d+<(?P<file>[^>]+)>|\"(?P<name>[^\"]+)\")(?:, (?P<rest>.*))?\) += (?P<done>\d+)"
)
_ACK = re.compile(r"ACK ([0-9a-f-]{36})")


class Call(Struct, frozen=True):
    """One traced call that succeeded: what it did, to which file, with which bytes at which place."""

    name: str
    file: str
    data: bytes = b""
    at: int = 0


class Image(Struct, frozen=True):
    """The files of a disk by name, the entries that were acknowledged by then, and what kind of cut it was."""

    files: dict[str, bytes]
    acknowledged: int
    cut: str


class Disk(Struct):
    """What is certainly on the disk, and the writes since the last sync of each file, oldest first."""

    safe: dict[str, bytearray]
    waiting: dict[str, list[Call]] = field(default_factory=dict)

    def take(self, call: Call) -> None:
        if call.name in ("pwrite64", "ftruncate"):
            self.waiting.setdefault(call.file, []).append(call)
        elif call.name in ("fsync", "fdatasync"):
            for one in self.waiting.pop(call.file, []):
                done(self.safe.setdefault(call.file, bytearray()), one)
        elif call.name == "unlink":
            self.safe.pop(call.file, None)
            self.waiting.pop(call.file, None)

    def left(self, keep: "random.Random | None") -> dict[str, bytes]:
        """After a cut now: of what waits nothing (``keep`` is None), or any sectors of any of it."""
        files = {name: bytearray(held) for name, held in self.safe.items()}
        for name, calls in self.waiting.items() if keep else ():
            for one in calls:
                for part in sectors(one):
                    if keep.random() < 0.5:  # type: ignore[union-attr]
                        done(files.setdefault(name, bytearray()), part)
        return {name: bytes(held) for name, held in files.items()}


def done(held: bytearray, call: Call) -> None:
    """Carry a write or a change of length out on ``held``."""
    if call.name == "ftruncate":
        del held[call.at :]
        held.extend(bytes(call.at - len(held)))
        return
    held.extend(bytes(max(call.at - len(held), 0)))
    held[call.at : call.at + len(call.data)] = call.data


def sectors(call: Call) -> Iterator[Call]:
    if call.name != "pwrite64":
        yield call
        return
    start = 0
    while start < len(call.data):
        end = start + SECTOR - (call.at + start) % SECTOR
        yield Call(call.name, call.file, call.data[start:end], call.at + start)
        start = end


def traced(trace: Path) -> Iterator[Call | str]:
    """The calls of ``strace -y -xx``, in their order; of an acknowledgement its id."""
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            if not (found := _CALL.search(line)):
                continue
            rest, file = found["rest"] or "", Path(_bytes(found["file"] or found["name"]).decode()).name
            if found["call"] == "write":
                if said := _ACK.search(_bytes(rest.split('"')[1]).decode("ascii", "replace")):
                    yield said[1]
            elif found["call"] == "pwrite64":
                _, text, numbers = rest.split('"')
                data = _bytes(text)[: int(found["done"])]
                yield Call("pwrite64", file, data, int(numbers.split(",")[-1]))
            else:
                yield Call(found["call"], file, at=int(rest) if found["call"] == "ftruncate" else 0)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def images(trace: Path, before: dict[str, bytes], chance: random.Random) -> Iterator[Image]:
    """Three cuts for each sync: just before it with nothing of what waits, with any of it, and just after it."""
    disk, acknowledged = Disk({name: bytearray(held) for name, held in before.items()}), 0
    for call in traced(trace):
        if isinstance(call, str):
            acknowledged += 1
            continue
        if call.name in ("fsync", "fdatasync"):
            yield Image(disk.left(None), acknowledged, "before the sync, nothing of it")
            yield Image(disk.left(chance), acknowledged, "before the sync, any sectors of it")
            disk.take(call)
            yield Image(disk.left(None), acknowledged, "after the sync")
        else:
            disk.take(call)


def acknowledged(trace: Path) -> list[str]:
    """The ids that the traced writer said were kept, in their order."""
    return [one for one in traced(trace) if isinstance(one, str)]
