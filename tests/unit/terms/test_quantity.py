"""Quantities: a number with its unit. Every unit, its spellings, its factor; nothing is converted across dimensions."""

from decimal import Decimal

import pytest

from titrant.terms import quantity as quantity_module
from titrant.terms.quantity import _SPELLINGS, BY_UCUM, UNITS, Quantity, Unit, _units, unit_named

# Name, UCUM code, dimension, and how many of the first unit of the dimension one of it is. Written out a second time,
# from UCUM and the definitions, so that a slip in the table of units shows.
TABLE = [
    ("mg", "mg", "drug mass", "1"), ("g", "g", "drug mass", "1000"), ("µg", "ug", "drug mass", "0.001"),
    ("kg", "kg", "body mass", "1"), ("lb", "[lb_av]", "body mass", "0.45359237"),
    ("cm", "cm", "length", "1"), ("m", "m", "length", "100"), ("in", "[in_i]", "length", "2.54"),
    ("mL", "mL", "volume", "1"), ("L", "L", "volume", "1000"),
    ("mg/mL", "mg/mL", "strength", "1"), ("mg/kg", "mg/kg", "dose by weight", "1"),
    ("mg/day", "mg/d", "daily dose", "1"), ("mg/week", "mg/wk", "weekly dose", "1"),
    ("µg/h", "ug/h", "release rate", "1"), ("mg/h", "mg/h", "release rate", "1000"),
    ("kg/m2", "kg/m2", "body mass index", "1"), ("mmHg", "mm[Hg]", "pressure", "1"), ("/min", "/min", "rate", "1"),
    ("/day", "/d", "times a day", "1"), ("U/L", "U/L", "enzyme activity", "1"),
    ("µkat/L", "ukat/L", "enzyme activity", "60"), ("xULN", "{xULN}", "times upper limit", "1"),
    ("mg/dL", "mg/dL", "mass concentration", "1"), ("µmol/L", "umol/L", "molar concentration", "1"),
    ("mIU/L", "m[IU]/L", "hormone activity", "1"), ("mL/min/1.73m2", "mL/min/{1.73_m2}", "filtration", "1"),
    ("ms", "ms", "interval", "1"), ("%", "%", "share", "1"), ("points", "{score}", "score", "1"),
    ("minutes", "min", "time", "1"), ("hours", "h", "time", "60"), ("days", "d", "time", "1440"),
    ("weeks", "wk", "time", "10080"), ("months", "mo", "calendar", "1"), ("years", "a", "calendar", "12"),
    ("times", "{times}", "count", "1"),
]  # fmt: skip
SPELLED = [
    ("ug", "µg"), ("\u03bcg", "µg"), ("mm[Hg]", "mmHg"), ("ukat/L", "µkat/L"), ("\u03bckat/L", "µkat/L"),
    ("umol/L", "µmol/L"), ("\u03bcmol/L", "µmol/L"), ("[lb_av]", "lb"), ("year", "years"), ("month", "months"),
    ("week", "weeks"), ("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("point", "points"),
    ("time", "times"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What another test let the parser believe must not be remembered here."""
    quantity_module._parsed.cache_clear()


def test_the_table_of_units_is_the_one_written_here():
    assert {(u.name, u.ucum, u.dimension, u.factor) for u in UNITS.values()} == {
        (name, ucum, dimension, Decimal(factor)) for name, ucum, dimension, factor in TABLE
    }
    assert list(UNITS) == [row[0] for row in TABLE]


def test_units_are_made_from_rows_of_text():
    assert _units(("cup", "[cup_us]", "volume", "236.588")) == {
        "cup": Unit("cup", "[cup_us]", "volume", Decimal("236.588"))
    }


@pytest.mark.parametrize(("name", "ucum", "dimension", "factor"), TABLE)
def test_a_unit_is_found_by_name_and_by_ucum_code(name, ucum, dimension, factor):
    assert unit_named(name) == name
    assert unit_named(ucum) == name
    assert BY_UCUM[ucum].name == name
    assert Quantity.parse(f"5 {name}").dimension == dimension


def test_the_spellings_are_the_ones_written_here():
    assert set(SPELLED) == set(_SPELLINGS.items())


@pytest.mark.parametrize(("spelling", "name"), SPELLED)
def test_a_spelling_means_one_unit(spelling, name):
    assert unit_named(spelling) == name
    assert Quantity.parse(f"3 {spelling}") == Quantity(Decimal(3), name)


def test_mcg_is_refused_because_it_is_misread_as_mg():
    with pytest.raises(ValueError, match="mcg") as refused:
        unit_named("mcg")
    assert str(refused.value) == (
        "'mcg' is not accepted because it is misread as mg: write µg, or mg if milligrams are meant"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mcg/h", "write µg/h, or mg/h if milligrams are meant"),
        ("mcg/mL", "write µg, or mg if milligrams are meant"),
        ("kg/mcg", "write µg, or mg if milligrams are meant"),
    ],
)
def test_mcg_is_refused_in_every_unit_that_holds_it(text, said):
    with pytest.raises(ValueError, match="mcg") as refused:
        unit_named(text)
    assert str(refused.value) == f"'mcg' is not accepted because it is misread as mg: {said}"


@pytest.mark.parametrize(
    ("text", "near"),
    [("lbs", "lb"), ("KG", "kg"), ("ml", "mL"), ("days ", "days"), ("yeers", "years"), ("umol/l", "umol/L")],
)
def test_an_unknown_unit_brings_the_nearest_one(text, near):
    with pytest.raises(ValueError, match="Did you mean") as refused:
        unit_named(text)
    assert str(refused.value) == (
        f"{text!r} is not a unit that Titrant knows. Did you mean {near}? Known units: {', '.join(UNITS)}"
    )


def test_a_long_unknown_unit_is_cut():
    with pytest.raises(ValueError, match="is not a unit") as refused:
        unit_named("x" * 100)
    assert str(refused.value).startswith(f"{'x' * 40!r} is not a unit that Titrant knows. Known units: mg, g")


@pytest.mark.parametrize(
    "text", ["furlong", "MG", "Kg", "KG", "lbs", "cc", "ml", "mgs", "gr", "IU", "", "kg ", "stone"]
)
def test_an_unknown_unit_is_refused_by_name(text):
    with pytest.raises(ValueError, match="is not a unit that Titrant knows") as refused:
        unit_named(text)
    assert repr(text) in str(refused.value)


def test_the_refusal_of_a_unit_names_units_that_do_exist():
    with pytest.raises(ValueError, match="mg, g, µg, kg, lb"):
        unit_named("furlong")


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("70 kg", "70", "kg"), ("70kg", "70", "kg"), ("0.25 mg/kg", "0.25", "mg/kg"), ("30 %", "30", "%"),
        ("-5 mg", "-5", "mg"), ("92 mL/min/1.73m2", "92", "mL/min/1.73m2"), ("72 /min", "72", "/min"),
        ("1 months", "1", "months"), ("0.5 mg", "0.5", "mg"), ("10 mg/mL", "10", "mg/mL"),
    ],
)  # fmt: skip
def test_a_quantity_is_read_with_its_unit(text, value, unit):
    assert Quantity.parse(text) == Quantity(Decimal(value), unit)


def test_a_number_without_a_unit_is_refused():
    with pytest.raises(ValueError, match="unit") as refused:
        Quantity.parse("70")
    assert str(refused.value) == "'70' has no unit: write the number, a space and the unit, such as 70 kg"


@pytest.mark.parametrize(
    "text", ["NaN kg", ".5 kg", "Infinity mg", "+5 mg", "007 mg", "７０ kg", "٧٠ kg", "true kg", "kg"]
)
def test_a_wrong_number_before_a_unit_is_named_as_a_wrong_number(text):
    with pytest.raises(ValueError, match="is not a plain decimal number") as refused:
        Quantity.parse(text)
    assert repr(text.split(" ")[0]) in str(refused.value)


@pytest.mark.parametrize(
    "text", ["1e400 mg", "5. kg", "5_0 kg", "2,5 kg", "70  kg", "70 kg kg", "70 70 kg", "", "70\nkg", " 70 kg", "70 ",
             "1/2 mg", "70\u00a0kg", "0x46 kg", "5 0 mg"],
)  # fmt: skip
def test_what_is_not_a_number_and_a_unit_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Quantity.parse(text)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1 g", "mg", "1000"), ("500 µg", "mg", "0.5"), ("150 lb", "kg", "68.0388555"), ("1 m", "cm", "100"),
        ("10 in", "cm", "25.4"), ("2 L", "mL", "2000"), ("1 µkat/L", "U/L", "60"), ("2 weeks", "days", "14"),
        ("48 hours", "days", "2"), ("90 minutes", "hours", "1.5"), ("1 years", "months", "12"),
        ("1 mg/h", "µg/h", "1000"),
        ("250 cm", "m", "2.5"),
    ],
)  # fmt: skip
def test_a_quantity_is_converted_inside_its_dimension(text, unit, value):
    assert Quantity.parse(text).to(unit) == Quantity(Decimal(value), unit)


def test_a_quantity_in_its_own_unit_stays_as_it_is():
    seventy = Quantity.parse("70 kg")
    assert seventy.to("kg") is seventy


@pytest.mark.parametrize(("text", "unit"), [("70 kg", "mg"), ("10 mg", "mL"), ("10 mg", "mg/mL"), ("1 months", "days")])
def test_nothing_is_converted_across_dimensions(text, unit):
    with pytest.raises(ValueError, match="it cannot be read as"):
        Quantity.parse(text).to(unit)


def test_the_refused_conversion_names_both_dimensions():
    with pytest.raises(ValueError, match="kg") as refused:
        Quantity.parse("70 kg").to("mg")
    assert str(refused.value) == "70 kg is a body mass; it cannot be read as mg (drug mass)"


def test_quantities_are_equal_only_if_value_and_unit_are():
    ten = Quantity.parse("10 mg")
    assert ten == Quantity(Decimal("10.0"), "mg")
    assert hash(ten) == hash(Quantity(Decimal("10.0"), "mg"))
    assert ten != Quantity(Decimal(11), "mg")
    assert ten != Quantity(Decimal(10), "g")
    assert hash(ten) != hash(Quantity(Decimal(11), "mg"))
    assert ten != "10 mg"
    assert ten != Quantity.parse("0.01 g")


def test_a_quantity_does_not_change():
    ten = Quantity.parse("10 mg")
    with pytest.raises(AttributeError, match="a quantity does not change; value cannot be set"):
        ten.value = Decimal(100)
    assert ten.value == 10


def test_a_unit_does_not_change():
    with pytest.raises(AttributeError, match="immutable"):
        UNITS["lb"].factor = Decimal(1)


def test_a_quantity_prints_as_it_is_written():
    assert str(Quantity(Decimal("10.50"), "mg")) == "10.5 mg"
    assert repr(Quantity(Decimal(70), "kg")) == "Quantity(70 kg)"
