"""Readings as they are written in a case: value, unit, day and source, or a plain sentence saying what is wrong."""

from datetime import date
from decimal import Decimal

import pytest

from tests.unit.made_up import quantity
from titrant.knowledge.shapes.facts import FactKind, Plausible
from titrant.pathway.readings import Reading, parse_reading

SOURCED = {"source": "made-up", "status": "proposal"}
DAY = date(2026, 11, 14)


def kind(of, unit, lo=None, hi=None, upper=None):
    plausible = Plausible(quantity(lo), quantity(hi), "Because.") if lo else None
    most = None if upper is None else {"value": upper, **SOURCED}
    return _shaped({"kind": of, "label": "A reading", "unit": unit, "upper_limit_at_most": most}, plausible)


def _shaped(tree, plausible):
    from titrant.knowledge.library import shaped  # beside its one use

    made = shaped({name: value for name, value in tree.items() if value is not None}, FactKind, "a fact")
    return FactKind(**{name: getattr(made, name) for name in made.__struct_fields__ if name != "plausible"},
                    plausible=plausible)  # fmt: skip


WEIGHT = kind("quantity", "kg", "30 kg", "250 kg")
ENZYME = kind("quantity", "U/L", upper="80 U/L")
PRESSURE = kind("pressure", "mmHg", "30 mmHg", "300 mmHg")


@pytest.mark.parametrize(
    ("text", "of", "reading"),
    [
        ("70 kg on 2026-11-14", WEIGHT, Reading(Decimal(70), DAY)),
        ("70kg on 2026-11-14", WEIGHT, Reading(Decimal(70), DAY)),
        ("30 kg on 2026-11-14", WEIGHT, Reading(Decimal(30), DAY)),
        ("250 kg on 2026-11-14", WEIGHT, Reading(Decimal(250), DAY)),
        ("150 lb on 2026-11-14", WEIGHT, Reading(Decimal("68.0388555"), DAY)),
        ("70 kg on 2026-11-14 from record", WEIGHT, Reading(Decimal(70), DAY, source="record")),
        ("70 kg on 2026-11-14 from the ward on 3 East", WEIGHT, Reading(Decimal(70), DAY, source="the ward on 3 East")),
        ("24 U/L (upper limit 40 U/L) on 2026-11-14", ENZYME, Reading(Decimal(24), DAY, upper_limit=Decimal(40))),
        ("24 U/L (upper limit 80 U/L) on 2026-11-14", ENZYME, Reading(Decimal(24), DAY, upper_limit=Decimal(80))),
        ("0.4 µkat/L (upper limit 0.7 µkat/L) on 2026-11-14 from record", ENZYME,
         Reading(Decimal(24), DAY, upper_limit=Decimal(42), source="record")),
        ("24 U/L on 2026-11-14", ENZYME, Reading(Decimal(24), DAY)),
        ("128/76 mmHg on 2026-11-14", PRESSURE, Reading(Decimal(128), DAY, second=Decimal(76))),
        ("300/30 mmHg on 2026-11-14", PRESSURE, Reading(Decimal(300), DAY, second=Decimal(30))),
        ("128/76 mm[Hg] on 2026-11-14 from record", PRESSURE,
         Reading(Decimal(128), DAY, second=Decimal(76), source="record")),
    ],
)  # fmt: skip
def test_a_reading_is_read_in_the_unit_of_its_fact(text, of, reading):
    assert parse_reading(text, of) == reading


@pytest.mark.parametrize(
    ("text", "of", "said"),
    [
        ("", WEIGHT, "is not a reading"),
        ("70 kg", WEIGHT, "write VALUE UNIT on YYYY-MM-DD, such as 70 kg on 2026-11-14"),
        ("70 kg on 14.11.2026", WEIGHT, "is not a reading"),
        ("70 kg on 2026-11-14 ", WEIGHT, "is not a reading"),
        ("70 kg on 2026-11-14 from ", WEIGHT, "is not a reading"),
        ("70 kg on ２０２６-11-14", WEIGHT, "is not a reading"),
        ("7" * 300 + " kg on 2026-11-14", WEIGHT, "is not a reading"),
        ("70 kg on 2026-02-30", WEIGHT, "2026-02-30 is not a day of the calendar"),
        ("70 kg on 0000-01-01", WEIGHT, "0000-01-01 is not a day of the calendar"),
        ("29.999 kg on 2026-11-14", WEIGHT, "lies outside what is believable, 30 kg to 250 kg. Because."),
        ("250.001 kg on 2026-11-14", WEIGHT, "lies outside what is believable"),
        ("-70 kg on 2026-11-14", WEIGHT, "-70 kg lies outside"),
        ("600 lb on 2026-11-14", WEIGHT, "lies outside"),
        ("70 mg on 2026-11-14", WEIGHT, "70 mg measures drug mass; this reading is a body mass, in kg"),
        ("70 on 2026-11-14", WEIGHT, "'70' has no unit"),
        ("24 U/L (upper limit 40) on 2026-11-14", ENZYME, "'40' has no unit"),
        ("24 U/L (upper limit 40 mg) on 2026-11-14", ENZYME, "40 mg measures drug mass"),
        ("24 U/L (upper limit 0 U/L) on 2026-11-14", ENZYME, "an upper limit of 0 U/L is not believable"),
        ("24 U/L (upper limit -40 U/L) on 2026-11-14", ENZYME, "an upper limit of -40 U/L is not believable"),
        ("24 U/L (upper limit 80.1 U/L) on 2026-11-14", ENZYME, "at most 80 U/L is taken"),
        ("70 kg (upper limit 80 kg) on 2026-11-14", WEIGHT, "is not judged by an upper limit"),
        ("128 mmHg on 2026-11-14", PRESSURE, "write systolic/diastolic mmHg, such as 128/76 mmHg"),
        ("128/76 on 2026-11-14", PRESSURE, "is not a blood pressure"),
        ("128/76 kg on 2026-11-14", PRESSURE, "is not a blood pressure"),
        ("76/128 mmHg on 2026-11-14", PRESSURE, "systolic, must be the higher"),
        ("76/76 mmHg on 2026-11-14", PRESSURE, "systolic, must be the higher"),
        ("128/ mmHg on 2026-11-14", PRESSURE, "is not a plain decimal number"),
        ("301/76 mmHg on 2026-11-14", PRESSURE, "301 mmHg lies outside"),
        ("128/29 mmHg on 2026-11-14", PRESSURE, "29 mmHg lies outside"),
        ("128/76/50 mmHg on 2026-11-14", PRESSURE, "is not a plain decimal number"),
    ],
)
def test_what_is_no_reading_is_refused_in_a_plain_sentence(text, of, said):
    with pytest.raises(ValueError, match=r".") as refused:
        parse_reading(text, of)
    assert said in str(refused.value)
