"""Whoever is worse off never gets more. Controls H03, H12 and H13; the drug pairs are T07.

A worse liver, an older age, a lower weight, a drug that sedates, one that raises or lowers ketamine, an illness: each
is added to drawn cases, and neither the start, nor the day's dose, nor any level of the ladder is higher than before.

What is compared is the dose for a person. Where the request itself is refused, before or after, as beyond a bound or
as a slip of the hand, there is no such dose: those pairs are left out, and counted.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random

import pytest
from msgspec.structs import replace

from tests.cases.calm import reading
from tests.cases.change import (
    texts_of,
    with_answer,
    with_condition,
    with_drug,
    with_given,
    with_readings,
)
from tests.cases.generate import Maker
from tests.cases.knowledge import GRADES
from tests.properties.comparing import more_than, refused_for_the_request
from tests.properties.deciding import decide, library, maker
from tests.properties.figures import none_of, record
from tests.reference.files import size
from titrant.knowledge.drugs import Drug
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.knowledge.shapes.interactions import Counts
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway import limiting
from titrant.pathway.case import Asked, Case, Medication
from titrant.terms.quantity import Quantity

PAIRS = 1_200
DRUG_PAIRS, RELEASE_DRUG_PAIRS = 20_000, 100_000
LEAST_COMPARED = 0.4  # of the pairs, those in which something was proposed before
Worsen = Callable[[Case, Random], Case]

LIVERS = ("none", "A", "B", "C")
ENZYMES = ("alt", "ast", "alp", "ggt", "bilirubin")


def worse_liver(case: Case, rng: Random) -> Case:
    if rng.random() < 0.5:
        now = case.given.answers.get("child_pugh", "none")
        place = LIVERS.index(now if isinstance(now, str) else now.answer)
        return with_answer(case, "child_pugh", rng.choice(LIVERS[place:]))
    name = rng.choice(ENZYMES)
    kind = library().facts[name]
    return with_readings(case, name, *(_higher(one, kind.unit, rng) for one in texts_of(case, name)))


def _higher(text: str, unit: str, rng: Random) -> str:
    value, _, rest = text.partition(" ")
    factor = Decimal(rng.choice(("1", "1.1", "1.9", "2", "2.9", "3", "8")))
    return f"{Decimal(value) * factor:f} {rest}"


def older(case: Case, rng: Random) -> Case:
    born = case.given.patient.birth_date
    years = rng.choice((1, 1, 2, 5, 20))
    day = 28 if (born.month, born.day) == (2, 29) else born.day
    return with_given(
        case, patient=replace(case.given.patient, birth_date=born.replace(year=born.year - years, day=day))
    )


def lighter(case: Case, rng: Random) -> Case:
    kg = size(texts_of(case, "weight")[0].partition(" on ")[0])
    assert case.on is not None
    # Now and then a weight at which the dose comes out without a remainder.
    less = Decimal(rng.randint(25 * 10, int(kg * 10))) / 10
    if rng.random() < 0.4 and kg >= 28:
        less = Decimal(rng.randint(7, int(kg) // 4) * 4)
    return with_readings(case, "weight", reading(f"{less:f}", "kg", case.on))


def iller(case: Case, rng: Random) -> Case:
    """An illness, past or present, where there was none."""
    none = [name for name in library().conditions if case.given.conditions.get(name, "no") == "no"]
    state = rng.choice([one for one in ConditionState if one is not ConditionState.NO])
    since = rng.choice((None, case.on))
    return with_condition(case, rng.choice(none), state, rng.choice(GRADES), since)


def drug_that(*kinds: Counts) -> Callable[[Case, Random], Case]:
    """One drug more that counts as one of ``kinds``."""
    drawable = maker().drawable
    several: tuple[Drug, ...] = tuple(
        drug
        for drug in library().drugs.drugs.values()
        if any(kind in one.counts for one in drawable.interactions(drug) for kind in kinds)
    )

    def added(case: Case, rng: Random) -> Case:
        return with_drug(case, maker().medication(rng, rng.choice(several)))

    return added


def any_drug(case: Case, rng: Random) -> Case:
    """One drug more, whatever it is: known or not, taken or stopped."""
    if rng.random() < 0.2:
        return with_drug(case, Medication(name=f"unheard-of {rng.randint(1, 99)}"))
    drug = rng.choice(list(library().drugs.drugs.values()))
    until = rng.choice((None, case.on))
    return with_drug(case, maker().medication(rng, drug, until))


def compare(
    cases: Iterator[Case], rng: Random, worsen: Worsen, each: int, why_not: Callable[[Case], bool] = lambda case: False
) -> tuple[list[str], int, int]:
    """Faults, pairs compared, and pairs in which something had been proposed."""
    faults, compared, proposed = [], 0, 0
    for case in cases:
        if why_not(case):
            continue
        before = decide(case)
        for _ in range(each):
            changed = worsen(case, rng)
            after = decide(changed)
            if refused_for_the_request(before, after):
                continue
            compared, proposed = compared + 1, proposed + before.proposed
            more = more_than(after, before)
            if more:
                faults.append(f"{case.given.patient.id} ({case.protocol}): {more}")
    return faults, compared, proposed


def check(row: str, what: str, found: tuple[list[str], int, int]) -> None:
    faults, compared, proposed = found
    assert compared * LEAST_COMPARED <= proposed, f"only {proposed} of {compared} pairs had a proposal to compare with"
    record(row, f"{what}: {compared} pairs, dose higher in", none_of(faults), "0", met=not faults)


def calm() -> Maker:
    """Complete cases only: an age or a sex at which a question falls away must not look like a better answer."""
    return Maker(library(), calm=1.0)


def asked_by_weight(case: Case) -> bool:
    return case.asked is not None and case.asked.dose is not None and case.asked.dose.unit == "mg/kg"


def liver_contradicts(case: Case) -> bool:
    """Cirrhosis without a class: a class, even a worse one, is an answer to an open question."""
    return "cirrhosis" in case.given.conditions and case.given.answers["child_pugh"] == "none"


def test_a_worse_liver_never_raises_a_dose() -> None:
    check("T10", "worse liver", compare(calm().cases(51, PAIRS // 2), Random(51), worse_liver, 2, liver_contradicts))


def test_an_older_age_never_raises_a_dose() -> None:
    check("T10", "older age", compare(calm().cases(52, PAIRS // 2), Random(52), older, 2))


def test_a_lower_weight_never_raises_a_dose() -> None:
    """A request in mg/kg is left out: there a lower weight is another request."""
    check("T10", "lower weight", compare(calm().cases(53, PAIRS), Random(53), lighter, 3, asked_by_weight))


def test_an_illness_more_never_raises_a_dose() -> None:
    check("T10", "an illness more", compare(calm().cases(54, PAIRS // 2), Random(54), iller, 3))


def test_an_inducer_more_never_raises_a_dose() -> None:
    check("T10", "an inducer more", compare(maker().cases(55, PAIRS // 2), Random(55), drug_that(Counts.INDUCER), 3))


def test_any_drug_more_never_raises_a_dose() -> None:
    check("T07", "any drug more", compare(maker().cases(56, PAIRS), Random(56), any_drug, 2))


@pytest.mark.parametrize("seed", [57, 58])
def test_a_depressant_or_inhibitor_more_never_raises_a_dose(seed: int) -> None:
    worsen = drug_that(Counts.DEPRESSANT, Counts.INHIBITOR)
    each = 8
    check(
        "T07",
        "a depressant or inhibitor more",
        compare(_pairs(seed, DRUG_PAIRS // 2, each), Random(seed), worsen, each),
    )


@pytest.mark.release
@pytest.mark.parametrize("seed", range(61, 66))
def test_a_depressant_or_inhibitor_more_never_raises_a_dose_at_length(seed: int) -> None:
    worsen = drug_that(Counts.DEPRESSANT, Counts.INHIBITOR)
    each = 8
    cases = _pairs(seed, RELEASE_DRUG_PAIRS // 5, each)
    check("T07", "a depressant or inhibitor more", compare(cases, Random(seed), worsen, each))


def _pairs(seed: int, pairs: int, each: int) -> Iterator[Case]:
    """Cases without a request of their own, so that every pair has a dose to compare."""
    for case in maker().cases(seed, pairs // each):
        yield replace(case, asked=Asked(setting=case.asked.setting)) if case.asked else case


# The harness is shown to fail


def test_a_second_depressant_that_undoes_the_first_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    rightly = limiting._reductions

    def forgetful(protocol: Protocol, values: dict[str, Quantity]) -> Iterator[limiting.Cap]:
        return iter(()) if values["depressants"].value > 1 else rightly(protocol, values)

    monkeypatch.setattr(limiting, "_reductions", forgetful)
    found, _, _ = compare(_pairs(57, 800, 2), Random(57), drug_that(Counts.DEPRESSANT), 2)
    assert found


def test_an_age_limit_that_ends_too_early_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    rightly = "titrant.pathway.assess.age_in_years"
    monkeypatch.setattr(rightly, lambda birth, on: (on.year - birth.year) % 70)
    found, _, _ = compare(calm().cases(52, 300), Random(52), older, 2)
    assert found
