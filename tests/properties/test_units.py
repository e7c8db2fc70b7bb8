"""The unit does not matter (T03). Controls H01 and H03.

A dose in mg, g or µg, a weight in kilograms or labelled pounds, an enzyme in U/L or µkat/L, a height in cm, m or in:
the same amount gives the same answer, byte for byte where the same number can be written in both units.
"""

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import pytest
from msgspec.structs import replace

from tests.cases.change import texts_of, with_given, with_readings
from tests.properties.bytes_of import bytes_of
from tests.properties.deciding import decide, library, maker
from tests.properties.figures import none_of, record
from titrant.pathway.case import Asked, Case
from titrant.terms import quantity
from titrant.terms.quantity import Quantity, Unit

PAIRS, RELEASE_PAIRS = 1_500, 200_000
POUND = Decimal("0.45359237")
Pair = tuple[Case, Case]


def dose_in_grams(case: Case, rng: Random) -> Pair:
    return _dose_in("g", Decimal(1000), case, rng)


def dose_in_micrograms(case: Case, rng: Random) -> Pair:
    return _dose_in("µg", Decimal("0.001"), case, rng)


def _dose_in(unit: str, mg: Decimal, case: Case, rng: Random) -> Pair:
    asked = case.asked or Asked()
    amount = Decimal(rng.randint(1_000, 60_000)) / 1000
    return (
        replace(case, asked=replace(asked, dose=Quantity(amount, "mg"), tier="")),
        replace(case, asked=replace(asked, dose=Quantity(amount / mg, unit), tier="")),
    )


def drugs_and_sessions_in_grams(case: Case, rng: Random) -> Pair:
    """The doses of opioids and of clinic sessions."""
    listed = case.given.medications
    drugs = tuple(replace(one, dose=_grams(one.dose)) for one in listed.drugs)
    sessions = tuple(replace(one, dose_24h=_grams(one.dose_24h)) for one in case.given.parenteral)
    return case, with_given(case, medications=replace(listed, drugs=drugs), parenteral=sessions)


def _grams(dose: Quantity | None) -> Quantity | None:
    return Quantity(dose.value / 1000, "g") if dose is not None and dose.unit == "mg" else dose


def weight_in_pounds(case: Case, rng: Random) -> Pair:
    """A hundred pounds are a whole number of milligrams, so both spellings name exactly the same weight."""
    pounds = Decimal(rng.choice((100, 200, 300, 400)))
    return _weighing(case, f"{(pounds * POUND).normalize():f} kg"), _weighing(case, f"{pounds} lb")


def _weighing(case: Case, weight: str) -> Case:
    return with_readings(case, "weight", f"{weight} on {case.on}")


def enzymes_in_katals(case: Case, rng: Random) -> Pair:
    """60 U/L are 1 µkat/L; the value and its upper limit are written in the other unit."""
    name, katals = rng.choice(("alt", "ast", "alp", "ggt")), Decimal(rng.randint(10, 400)) / 100
    upper = Decimal(rng.choice((25, 50, 75, 100))) / 100
    day = case.on
    plain = f"{katals * 60:f} U/L (upper limit {upper * 60:f} U/L) on {day}"
    return with_readings(case, name, plain), with_readings(
        case, name, f"{katals} µkat/L (upper limit {upper} µkat/L) on {day}"
    )


def height_in_metres(case: Case, rng: Random) -> Pair:
    height = Decimal(rng.randint(150, 200))
    other = rng.choice((f"{height / 100:f} m", f"{height / Decimal('2.54'):.6f} in"))
    if other.endswith("in"):
        height = Decimal(other[:-3]) * Decimal("2.54")
    return (
        with_readings(case, "height", f"{height.quantize(Decimal('0.000001')):f} cm on {case.on}"),
        with_readings(case, "height", f"{other} on {case.on}"),
    )


EXACT = (
    dose_in_grams, dose_in_micrograms, drugs_and_sessions_in_grams, weight_in_pounds, enzymes_in_katals,
    height_in_metres,
)  # fmt: skip


def differing(seed: int, pairs: int, ways: tuple[Callable[[Case, Random], Pair], ...]) -> list[str]:
    faults = []
    for place, case in enumerate(maker().cases(seed, pairs)):
        way = ways[place % len(ways)]
        one, other = way(case, Random(seed * 31 + place))
        if bytes_of(decide(one)) != bytes_of(decide(other)):
            faults.append(f"{case.given.patient.id}: {way.__name__}")
    return faults


def test_another_unit_changes_no_byte() -> None:
    faults = differing(81, PAIRS, EXACT)
    record("T03", f"{PAIRS} pairs in two units, answers differing", none_of(faults), "0", met=not faults)


@pytest.mark.release
@pytest.mark.parametrize("seed", range(82, 90))
def test_another_unit_changes_no_byte_at_length(seed: int) -> None:
    faults = differing(seed, RELEASE_PAIRS // 8, EXACT)
    record(
        "T03", f"{RELEASE_PAIRS // 8} pairs in two units, seed {seed}, differing", none_of(faults), "0", met=not faults
    )


def rounded_weights(seed: int, count: int) -> Iterator[str]:
    """Any weight in pounds against the same in kilograms, to the six places that a case can hold: the same doses."""
    for place, case in enumerate(maker().cases(seed, count)):
        rng = Random(place)
        pounds = Decimal(rng.randint(700, 5_000)) / 10
        kilograms = (pounds * POUND).quantize(Decimal("0.000001"), ROUND_HALF_UP)
        one, other = decide(_weighing(case, f"{pounds} lb")), decide(_weighing(case, f"{kilograms:f} kg"))
        if (one.start_mg, one.highest_mg, one.proposed) != (other.start_mg, other.highest_mg, other.proposed):
            yield f"{case.given.patient.id}: {pounds} lb gives {one.start_mg}, {kilograms} kg gives {other.start_mg}"


def test_pounds_and_kilograms_give_the_same_dose() -> None:
    faults = list(rounded_weights(90, 600))
    record("T03", "600 weights in lb and kg, doses differing", none_of(faults), "0", met=not faults)


def mg_per_kg(seed: int, count: int) -> Iterator[str]:
    """So many mg/kg against the milligrams that they are at this weight."""
    for place, case in enumerate(maker().cases(seed, count)):
        if (
            not texts_of(case, "weight")
            or not (weighed := decide(case)).plan
            or not weighed.plan.assessment.facts["weight"].fresh
        ):
            continue
        per_kg = Decimal(Random(place).randint(50, 900)) / 1000
        weight = weighed.plan.assessment.facts["weight"].value
        amount = (per_kg * weight.to("kg").value).quantize(Decimal("0.001"), "ROUND_DOWN")
        asked = replace(case.asked or Asked(), tier="")
        one = decide(replace(case, asked=replace(asked, dose=Quantity(per_kg, "mg/kg"))))
        other = decide(replace(case, asked=replace(asked, dose=Quantity(amount, "mg"))))
        if bytes_of(one) != bytes_of(other):
            yield f"{case.given.patient.id}: {per_kg} mg/kg at {weight} against {amount} mg"


def test_mg_per_kg_and_mg_give_the_same_answer() -> None:
    faults = list(mg_per_kg(91, 600))
    record("T03", "600 doses in mg/kg and in mg, answers differing", none_of(faults), "0", met=not faults)


UNLABELLED = (
    "70",
    "70 ",
    "154",
    "70 stone",
    "70 Kg",
    "70 KG",
    "70 lbs",
    "70 pounds",
    "70 mg",
    "70 mcg",
    "70 g",
    "70kgs",
    "kg",
    "70 kg/m2",
)


@pytest.mark.parametrize("weight", UNLABELLED)
def test_a_weight_without_a_known_unit_is_refused(weight: str) -> None:
    case = next(maker().cases(92, 1))
    assert decide(_weighing(case, weight)).error is not None


@pytest.mark.parametrize("unit", ["kg", "mL", "mg/mL", "mg/day", "U/L", "%", "points", "mmHg"])
def test_a_dose_in_what_is_no_dose_is_refused(unit: str) -> None:
    case = next(maker().cases(92, 1))
    assert decide(replace(case, asked=Asked(dose=Quantity(Decimal(10), unit)))).error is not None


# The harness is shown to fail


def test_a_pound_that_is_a_kilogram_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(quantity.UNITS, "lb", Unit("lb", "[lb_av]", "body mass", Decimal(1)))
    assert differing(81, 300, (weight_in_pounds,))
    assert list(rounded_weights(90, 200))


def test_a_gram_that_is_a_milligram_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(quantity.UNITS, "g", Unit("g", "g", "drug mass", Decimal(1)))
    assert library()
    assert differing(81, 300, (dose_in_grams,))
