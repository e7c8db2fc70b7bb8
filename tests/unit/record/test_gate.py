"""The last gate: absolute limits over the text that would be signed. It knows nothing of what proposed the dose."""

import hashlib
import json
from importlib import resources

import pytest

from titrant.record.gate import PINNED, faults

LIMITS = resources.files("titrant.record").joinpath("absolute_limits.json").read_bytes()
PASSES = {
    "route": "oral", "product": "Oral solution 10 mg/mL", "piece_unit": "mL", "dose_mg": "10", "times_per_day": "3",
    "daily_mg": "30", "days_per_week": "7", "weekly_mg": "210", "pieces_per_dose": "1", "piece_mg": "10",
    "supply_days": "7",
}  # fmt: skip
TROCHE = PASSES | {"piece_unit": "troche", "route": "troche"}


def said(regimen, limits=LIMITS):
    return faults({"regimen": regimen}, limits)


def beyond(name, value, bound):
    return f"{name} {value} is not between 0 and the absolute limit {bound}."


def test_an_ordinary_regimen_passes():
    assert said(PASSES) == []
    assert said(TROCHE) == []
    assert said(PASSES | {"piece_unit": "capsule"}) == []


def test_the_limits_of_this_release_are_pinned():
    assert hashlib.sha256(LIMITS).hexdigest() == PINNED
    assert {name: one["value"] for name, one in json.loads(LIMITS).items() if name != "about"} == {
        "single_mg": "100", "daily_mg": "400", "weekly_mg": "2800", "times_per_day": "6", "pieces": "4", "ml": "10",
        "supply_days": "28",
    }  # fmt: skip


@pytest.mark.parametrize("altered", [b"", b"{}", LIMITS + b" ", LIMITS.replace(b'"100"', b'"999"', 1)])
def test_limits_that_anybody_altered_let_nothing_pass(altered):
    assert said(PASSES, altered) == ["The absolute limits are not those of this release."]


@pytest.mark.parametrize("content", [None, "text", [], 7, {}, {"regimen": None}, {"regimen": []}, {"regimen": "10 mg"}])
def test_without_a_regimen_nothing_passes(content):
    assert faults(content, LIMITS) == ["There is no regimen."]


@pytest.mark.parametrize("name", sorted(PASSES))
def test_every_part_must_be_there(name):
    found = said({key: value for key, value in PASSES.items() if key != name})
    assert f"{name} is missing." in found
    assert all(name in one for one in found)


@pytest.mark.parametrize("name", ["unit", "note", "dose_g", "Dose_mg", ""])
def test_nothing_else_may_be_there(name):
    assert said(PASSES | {name: "1"}) == [f"{name} has no meaning here."]


AMOUNTS = ("dose_mg", "daily_mg", "weekly_mg", "pieces_per_dose", "piece_mg")
COUNTS = ("times_per_day", "days_per_week", "supply_days")
WRONG = [
    10, 10.0, None, True, ["10"], "", " 10", "10 ", "10\n", "+10", "-10", "010", ".5", "5.", "1e1", "1E400", "NaN",
    "Infinity", "1_0", "1,0", "1.2345", "123456", "１０", "١٠", "10 mg", "0x0a", "ten",
]  # fmt: skip


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("name", AMOUNTS)
def test_an_amount_must_be_a_plain_number_in_text(name, value):
    assert said(PASSES | {name: value}) == [f"{name} is not a plain number in text."]


@pytest.mark.parametrize("value", [*WRONG, "0", "1.0", "1.5", "100", "00", "07"])
@pytest.mark.parametrize("name", COUNTS)
def test_a_count_must_be_a_plain_whole_number_in_text(name, value):
    if value == "10":
        return
    assert said(PASSES | {name: value}) == [f"{name} is not a plain number in text."]


@pytest.mark.parametrize("unit", ["ml", "ML", "", "tablet", "drop", None, 1, "troches"])
def test_a_piece_is_a_capsule_a_troche_or_a_millilitre(unit):
    assert said(PASSES | {"piece_unit": unit}) == ["piece_unit is not capsule, troche or mL."]


def regimen(dose, times=1, days=1, pieces="1", piece=None, unit="troche", supply="7"):
    """A regimen whose parts agree, written with the amounts given."""
    thousandths = round(float(dose) * 1000)
    daily = thousandths * times
    return PASSES | {
        "piece_unit": unit, "dose_mg": dose, "times_per_day": str(times), "days_per_week": str(days),
        "daily_mg": _text(daily), "weekly_mg": _text(daily * days), "pieces_per_dose": pieces,
        "piece_mg": dose if piece is None else piece, "supply_days": supply,
    }  # fmt: skip


def _text(thousandths):
    return f"{thousandths // 1000}.{thousandths % 1000:03}".rstrip("0").rstrip(".")


@pytest.mark.parametrize(
    ("case", "found"),
    [
        (regimen("100"), []),
        (regimen("100.001"), [beyond("dose_mg", "100.001", 100)]),
        (regimen("99999"), [beyond("dose_mg", "99999", 100), beyond("daily_mg", "99999", 400),
                            beyond("weekly_mg", "99999", 2800)]),
        (regimen("0.001"), []),
        (regimen("0"), [beyond("dose_mg", "0", 100), beyond("daily_mg", "0", 400), beyond("weekly_mg", "0", 2800)]),
        (regimen("100", 4), []),
        (regimen("80.001", 5), [beyond("daily_mg", "400.005", 400)]),
        (regimen("100", 4, 7), []),
        (regimen("66.667", 6, 7), [beyond("daily_mg", "400.002", 400), beyond("weekly_mg", "2800.014", 2800)]),
        (regimen("1", 6), []),
        (regimen("1", 7), [beyond("times_per_day", "7", 6)]),
        (regimen("1", 1, 7), []),
        (regimen("1", 1, 8), [beyond("days_per_week", "8", 7)]),
        (regimen("1", supply="28"), []),
        (regimen("1", supply="20"), []),
        (regimen("1", supply="29"), [beyond("supply_days", "29", 28)]),
        (regimen("100", pieces="4", piece="25"), []),
        (regimen("85", pieces="4.25", piece="20"), [beyond("pieces_per_dose", "4.25", 4)]),
        (regimen("100", pieces="4.001", piece="24.994", unit="capsule"), [beyond("pieces_per_dose", "4.001", 4)]),
        (regimen("100", pieces="10", piece="10", unit="mL"), []),
        (regimen("50.5", pieces="10.1", piece="5", unit="mL"), [beyond("pieces_per_dose", "10.1", 10)]),
        (regimen("40", pieces="8", piece="5", unit="mL"), []),
        (regimen("40", pieces="8", piece="5"), [beyond("pieces_per_dose", "8", 4)]),
        (regimen("0.001", pieces="0", piece="10"), [beyond("pieces_per_dose", "0", 4)]),
    ],
)  # fmt: skip
def test_each_absolute_limit_holds_to_the_last_thousandth(case, found):
    assert said(case) == found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"daily_mg": "31", "weekly_mg": "217"}, ["dose_mg times times_per_day is not daily_mg."]),
        ({"daily_mg": "29.999", "weekly_mg": "209.993"}, ["dose_mg times times_per_day is not daily_mg."]),
        ({"weekly_mg": "211"}, ["daily_mg times days_per_week is not weekly_mg."]),
        ({"weekly_mg": "209.999"}, ["daily_mg times days_per_week is not weekly_mg."]),
        ({"pieces_per_dose": "2"}, ["pieces_per_dose times piece_mg is not dose_mg."]),
        ({"piece_mg": "50"}, ["pieces_per_dose times piece_mg is not dose_mg."]),
        ({"piece_mg": "0"}, ["pieces_per_dose times piece_mg is not dose_mg."]),
        ({"dose_mg": "50", "daily_mg": "150", "weekly_mg": "1050"},
         ["pieces_per_dose times piece_mg is not dose_mg."]),
        ({"dose_mg": "20"}, ["dose_mg times times_per_day is not daily_mg.",
                             "pieces_per_dose times piece_mg is not dose_mg."]),
        ({"times_per_day": "4"}, ["dose_mg times times_per_day is not daily_mg."]),
        ({"days_per_week": "5"}, ["daily_mg times days_per_week is not weekly_mg."]),
    ],
)  # fmt: skip
def test_no_single_altered_number_passes(change, found):
    assert said(PASSES | change) == found


@pytest.mark.parametrize("piece", ["10.004", "9.996", "10", "9.997"])
def test_pieces_may_differ_from_the_dose_by_rounding_only(piece):
    assert said(PASSES | {"piece_mg": piece}) == []


@pytest.mark.parametrize("piece", ["10.005", "9.995"])
def test_pieces_may_not_differ_by_more_than_rounding(piece):
    assert said(PASSES | {"piece_mg": piece}) == ["pieces_per_dose times piece_mg is not dose_mg."]
