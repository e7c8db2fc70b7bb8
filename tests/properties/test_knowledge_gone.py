"""A table that is missing, cut short, altered or past its review allows nothing. Controls H14.

Every shipped file is tried: taken away, one bit flipped, emptied, and a stranger put beside it. None can be loaded,
so nothing is proposed. A kind of knowledge that is gone from memory, or past its review date, ends in a refusal or an
error.
"""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from tests.cases.change import shifted, with_drug
from tests.cases.generate import Maker
from tests.properties.deciding import decide, library
from tests.properties.figures import none_of, record
from titrant.knowledge import library as knowledge
from titrant.knowledge.library import SHIPPED, Library, files_below, sealed_files
from titrant.pathway.case import Case, Medication
from titrant.terms.errors import KnowledgeError

KINDS = ("facts", "conditions", "checks", "interactions", "combinations", "opioids", "products", "drugs", "evidence")


def proposed_cases(count: int) -> list[Case]:
    drawn = Maker(library(), calm=1.0).cases(131, 40 * count)
    found = [one for one in drawn if decide(one).proposed]
    return found[:count]


def loads(folder: Path) -> bool:
    try:
        sealed_files(folder)
    except KnowledgeError:
        return False
    return True


def emptied(raw: bytes, rng: Random) -> bytes:
    return b""


def cut_short(raw: bytes, rng: Random) -> bytes:
    return raw[: rng.randrange(len(raw))]


def one_bit_flipped(raw: bytes, rng: Random) -> bytes:
    altered = bytearray(raw)
    altered[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(altered)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    shutil.copytree(SHIPPED, place)
    assert loads(place)
    return place


def test_no_shipped_file_can_be_missing_or_altered(copy: Path) -> None:
    rng, let, tried = Random(132), [], 0
    ways: tuple[Callable[[bytes, Random], bytes], ...] = (emptied, cut_short, one_bit_flipped)
    for name, raw in sorted(files_below(SHIPPED).items()):
        place = copy / name
        place.unlink()
        let += [f"{name} missing"] if loads(copy) else []
        way = rng.choice(ways)
        place.write_bytes(way(raw, rng))
        let += [f"{name} {way.__name__}"] if loads(copy) else []
        place.write_bytes(raw)
        tried += 2
    (copy / "conditions" / "stranger.yaml").write_text("id: stranger\n", encoding="utf-8")
    let += ["a stranger"] if loads(copy) else []
    record("T10", f"{tried} files missing or altered, loaded all the same", none_of(let), "0", met=not let)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_knowledge_that_is_gone_allows_nothing(kind: str) -> None:
    """The table is not there, or reading it fails: an error or a refusal, never a dose."""
    poorer = Library(library().trees, library().tables, library().approvals)
    vars(poorer)[kind] = None
    for case in proposed_cases(3):
        try:
            assert not decide(with_drug(case, Medication(name="acetaminophen")), poorer).proposed
        except (AttributeError, TypeError, KeyError):
            continue


@pytest.mark.parametrize("kind", ["facts", "conditions", "checks", "interactions", "products"])
def test_a_table_that_is_empty_allows_nothing(kind: str) -> None:
    """A table that is there and holds nothing must not read as: nothing was found."""
    poorer = Library(library().trees, library().tables, library().approvals)
    vars(poorer)[kind] = {}
    proposed = []
    for case in proposed_cases(5):
        try:
            proposed += [case.given.patient.id] if decide(case, poorer).proposed else []
        except (AttributeError, TypeError, KeyError):
            continue
    record("T10", f"starts proposed with the table of {kind} empty", len(proposed), "0", met=not proposed)


def test_knowledge_past_its_review_allows_nothing() -> None:
    review = max(one.next_review for one in library().protocols.values())
    late = [shifted(one, (review - one.on).days + 1) for one in proposed_cases(10)]
    on_time = [shifted(one, (review - one.on).days) for one in proposed_cases(10)]
    proposed = [one.given.patient.id for one in late if decide(one).proposed]
    assert any(decide(one).proposed for one in on_time)
    record("T10", "starts proposed the day after the review date", len(proposed), "0", met=not proposed)


def test_a_protocol_nobody_has_approved_allows_nothing() -> None:
    bare = Library(library().trees, library().tables, None)
    assert not any(decide(one, bare).proposed for one in proposed_cases(5))


def test_a_protocol_altered_after_its_approval_allows_nothing() -> None:
    trees = dict(library().trees)
    for path, tree in trees.items():
        if path.startswith("protocols/"):
            trees[path] = {**tree, "title": f"{tree['title']}, altered"}
    altered = Library(trees, library().tables, library().approvals)
    assert not any(decide(one, altered).proposed for one in proposed_cases(5))


def test_a_day_before_the_case_began_allows_nothing() -> None:
    """A decision dated before its own facts is no decision."""
    case = proposed_cases(1)[0]
    assert decide(replace(case, on=case.on - timedelta(60))).error is not None


def test_a_loader_that_looks_away_is_caught(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "_check_seal", lambda *_: None)
    (copy / "conditions" / "age.yaml").unlink()
    assert loads(copy)
