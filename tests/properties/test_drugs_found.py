"""Every known drug is found, no unknown one passes (T07). Controls H13."""

import string
from collections.abc import Iterator
from random import Random

import pytest

from tests.cases.change import with_drug, with_given
from tests.cases.generate import Maker
from tests.properties.deciding import Decided, decide, files, library
from tests.properties.figures import none_of, record
from tests.reference.files import folded
from titrant.pathway import screen
from titrant.pathway.case import Case, Medication
from titrant.pathway.plan import Outcome

UNKNOWN = 500
CODES_OF_UNKNOWN = ("drug_not_checked", "drug_identity_conflicting")


def lines_of(name: str) -> Iterator[tuple[str, Medication]]:
    """Every way in which the tables let one drug be written."""
    drug = files().drugs[name]
    yield "name", Medication(name=name)
    yield "capitals", Medication(name=name.upper())
    yield "longer text", Medication(name=f"{name} 10 mg tablet")
    if drug["rx"]:
        yield "RxNorm code", Medication(name="as on the box", rxnorm=drug["rx"])
        yield "code and name", Medication(name=name, rxnorm=drug["rx"])
    for code in drug["atc"]:
        yield f"ATC code {code}", Medication(name="as on the box", atc=code)
    for spelling in files().written_spellings.get(name, ()):
        yield f"spelling {spelling}", Medication(name=spelling)
        yield f"spelling {spelling} in capitals", Medication(name=spelling.upper())


def complete_case() -> Case:
    found = next(one for one in Maker(library(), calm=1.0).cases(111, 200) if decide(one).proposed)
    return with_given(found, medications=found.given.medications.__class__(reviewed_on=found.on, by="x", drugs=()))


def found_as(case: Case, line: Medication) -> list[str | None]:
    plan = decide(with_drug(case, line)).plan
    return [one.match.drug.name if one.match else None for one in plan.assessment.drugs] if plan else []


def test_every_drug_is_found_by_every_name_and_code() -> None:
    case = complete_case()
    lines = [(name, way, line) for name in files().drugs for way, line in lines_of(name)]
    lost = [f"{name} by {way}" for name, way, line in lines if name not in found_as(case, line)]
    record(
        "T07",
        f"{len(lines)} spellings and codes of {len(files().drugs)} drugs, not found",
        none_of(lost),
        "0",
        met=not lost,
    )


def test_every_drug_is_found_by_each_of_its_classes() -> None:
    """What the files say of a class is said of each of its drugs, unless a file of its own takes the place."""
    case, lost = complete_case(), []
    for name, drug in files().drugs.items():
        plan = decide(with_drug(case, Medication(name=name))).plan
        spoken = {one.interaction.id for one in plan.screening.interacting} if plan else set()
        replaced = {other for one in files().interactions if one["id"] in spoken for other in one.get("replaces", ())}
        for kind in drug["classes"]:
            own = {one["id"] for one in files().interactions if kind in one.get("classes", ())}
            if own and not own & (spoken | replaced):
                lost.append(f"{name} as {kind}")
    record("T07", f"classes of {len(files().drugs)} drugs that say nothing", none_of(lost), "0", met=not lost)


def unknown_names(count: int) -> Iterator[str]:
    """Names that look like drugs and are none: made of syllables, real ones with a letter changed, and odd writing."""
    rng, known, said = Random(112), sorted(files().drugs), 0
    while said < count:
        if rng.random() < 0.5:
            name = "".join(
                rng.choice(("xo", "ka", "lim", "zu", "tor", "ve", "pra", "qui")) for _ in range(rng.randint(2, 5))
            )
        else:
            letters = list(rng.choice(known))
            letters[rng.randrange(len(letters))] = rng.choice(string.ascii_lowercase)
            name = "".join(letters)
        if folded(name) not in files().spellings and not any(one in files().spellings for one in folded(name).split()):
            said += 1
            yield name


def not_passed(names: Iterator[str]) -> list[str]:
    """Unknown names that were not called not checked, or with which something was proposed."""
    case, passed = complete_case(), []
    for name in names:
        decided = decide(with_drug(case, Medication(name=name)))
        said = {one.code for one in decided.plan.screening.findings} if decided.plan else set()
        if decided.proposed or "drug_not_checked" not in said:
            passed.append(name)
    return passed


def test_an_unknown_drug_is_never_taken_for_a_harmless_one() -> None:
    passed = not_passed(unknown_names(UNKNOWN))
    record("T07", f"{UNKNOWN} unknown names, not called not checked", none_of(passed), "0", met=not passed)


def contradictions(count: int) -> Iterator[tuple[str, Medication]]:
    """A name, an RxNorm code and an ATC code of which one names another drug than the others."""
    rng = Random(113)
    drugs = [one for one in files().drugs.values() if one["rx"] and one["atc"]]
    for _ in range(count):
        one, other = rng.sample(drugs, 2)
        shared = set(one["atc"]) & set(other["atc"])
        if shared:
            continue
        yield "code against name", Medication(name=one["name"], rxnorm=other["rx"])
        yield "ATC code against name", Medication(name=one["name"], atc=rng.choice(other["atc"]))
        yield (
            "RxNorm code against name and ATC code",
            Medication(name=one["name"], rxnorm=other["rx"], atc=one["atc"][0]),
        )
        yield (
            "ATC code against name and RxNorm code",
            Medication(name=one["name"], rxnorm=one["rx"], atc=other["atc"][0]),
        )
        yield "two codes, no name", Medication(name="as on the box", rxnorm=one["rx"], atc=other["atc"][0])


def test_a_drug_whose_codes_contradict_is_never_taken_for_one_of_them() -> None:
    case, passed, tried = complete_case(), [], 0
    for way, line in contradictions(200):
        tried += 1
        decided = decide(with_drug(case, line))
        said = {one.code for one in decided.plan.screening.findings} if decided.plan else set(CODES_OF_UNKNOWN)
        if not _held_up(decided) or not said & set(CODES_OF_UNKNOWN):
            passed.append(f"{way}: {line.name}, RxNorm {line.rxnorm}, ATC {line.atc}")
    record("T07", f"{tried} contradictory drugs, taken for one of them", none_of(passed), "0", met=not passed)


def _held_up(decided: Decided) -> bool:
    return decided.plan is None or decided.plan.outcome is not Outcome.PROPOSED


def test_an_unknown_drug_taken_for_none_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "_not_recognised", lambda drug, assessment, found: None)
    assert len(not_passed(unknown_names(50))) == 50
