"""Units, plausibility, status and dates of measurements (H01, H03, H05, H15; T03, T05)."""

import re
from datetime import date

import pytest

from titrant.fhir.import_bundle import case_from_bundle
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import Unreadable, read_json

from .building import (
    ABSENT,
    LOINC,
    ME,
    SNOMED,
    UCUM,
    blood_pressure,
    changed,
    concept,
    observation,
    quantity,
    weight,
)

DAY = "on 2026-11-02 from record"


@pytest.mark.parametrize(
    ("code", "value", "fact", "written"),
    [
        ("29463-7", quantity(180, "[lb_av]"), "weight", "180 lb"),
        ("29463-7", quantity(71500, "g"), "weight", "71.5 kg"),
        ("29463-7", {"value": 180, "unit": "lb"}, "weight", "180 lb"),
        ("29463-7", {"value": 71, "unit": "kg", "code": "kg"}, "weight", "71 kg"),
        ("29463-7", quantity(71, "kilograms", "kg"), "weight", "71 kg"),
        ("1742-6", quantity(1, "ukat/L"), "alt", "1 µkat/L"),
        ("1742-6", quantity(24, "IU/L", "[IU]/L"), "alt", "24 U/L"),
        ("1975-2", quantity(1, "mg/dL"), "bilirubin", "17.1 µmol/L"),
        ("1975-2", quantity(12, "umol/L"), "bilirubin", "12 µmol/L"),
        ("2160-0", quantity(1, "mg/dL"), "creatinine", "88.4 µmol/L"),
        ("38483-4", quantity(2, "mg/dL"), "creatinine", "176.8 µmol/L"),
        ("98979-8", quantity(80, "mL/min/{1.73_m2}"), "egfr", "80 mL/min/1.73m2"),
        ("98979-8", quantity(80, "mL/min/{1.73m2}"), "egfr", "80 mL/min/1.73m2"),
        ("8867-4", quantity(70, "{beats}/min"), "heart_rate", "70 /min"),
        ("59408-5", quantity(97, "%"), "oxygen_saturation", "97 %"),
        ("72514-3", quantity(6, "{score}"), "pain", "6 points"),
        ("3016-3", quantity(2, "u[IU]/mL"), "tsh", "2 mIU/L"),
    ],
)
def test_units_are_read_as_they_are_meant(imported, code, value, fact, written):
    assert imported(observation(code, value)).given.readings[fact] == f"{written} {DAY}"


@pytest.mark.parametrize(
    "value",
    [
        quantity(71, "mcg"),
        quantity(180, "lb"),
        quantity(180, "lbs", "lb"),
        quantity(71, "furlong"),
        quantity(71, "KG"),
        quantity(71, "cm"),
        quantity(180, "lbs", "kg"),
        quantity(180, "pounds", "kg"),
        {"value": 71},
        {"value": 71, "unit": ""},
        {"value": 71, "unit": "lb", "code": "kg"},
        {"value": 71, "unit": "kilo"},
        {"value": 71, "system": UCUM},
        quantity("71", "kg"),
        quantity(True, "kg"),
        quantity(None, "kg"),
        quantity([71], "kg"),
        quantity(71, "kg") | {"comparator": "<"},
        quantity(71, "kg") | {"comparator": None} | {"comparator": ">="},
        quantity(7, "kg"),
        quantity(400, "kg"),
        quantity(-71, "kg"),
        quantity(10**12, "kg"),
        {},
    ],
    ids=lambda what: re.sub(r"<object object at \w+>", "absent", repr(what)),
)
def test_a_weight_that_is_not_certain_is_not_used_and_said(imported, value):
    case = imported(changed(weight(), valueQuantity=value))
    assert "weight" not in case.given.readings
    assert case.questions["weight"]
    assert any(line.startswith("Observation 29463-7 of 2026-11-02: ") for line in case.skipped)


@pytest.mark.parametrize("unit", ["mcg", "lb", "mmHg"])
def test_codes_that_ucum_does_not_have_are_named(imported, unit):
    case = imported(weight(71, unit))
    assert f"Observation 29463-7 of 2026-11-02: {unit!r} is not a UCUM unit that is read here" in case.skipped


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "preliminary"},
        {"status": "registered"},
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"status": "unknown"},
        {"status": "banana"},
        {"status": ABSENT},
        {"effectiveDateTime": ABSENT},
        {"effectiveDateTime": "2026-11"},
        {"effectiveDateTime": "2026"},
        {"effectiveDateTime": "2026-02-30"},
        {"effectiveDateTime": "yesterday"},
        {"effectiveDateTime": 20261102},
        {"dataAbsentReason": concept("", "unknown")},
        {"focus": [{"reference": "Patient/fetus"}]},
        {"valueString": "71 kg"},
        {"valueQuantity": ABSENT, "valueString": "71 kg"},
        {"valueQuantity": ABSENT, "valueInteger": 71},
        {"valueQuantity": ABSENT},
    ],
    ids=lambda what: re.sub(r"<object object at \w+>", "absent", repr(what)),
)
def test_a_weight_whose_standing_is_not_certain_is_not_used_and_said(imported, changes):
    case = imported(weight(**changes))
    assert "weight" not in case.given.readings
    assert any(line.startswith("Observation 29463-7") for line in case.skipped)


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_final_results_are_used(imported, status):
    assert imported(weight(status=status)).given.readings["weight"]


@pytest.mark.parametrize("written", ["2026-11-02", "2026-11-02T23:30:00-05:00", "2026-11-02T00:30:00.123+14:00"])
def test_the_day_is_the_day_as_written(imported, written):
    assert imported(weight(effectiveDateTime=written)).given.readings["weight"].endswith(DAY)


def test_of_a_period_the_start_counts(imported):
    period = {"start": "2026-11-02", "end": "2026-11-09"}
    assert imported(weight(effectiveDateTime=ABSENT, effectivePeriod=period)).given.readings["weight"].endswith(DAY)


def test_the_newest_three_days_are_kept_newest_first(imported):
    days = ("2026-05-01", "2026-11-02", "2025-01-01", "2026-08-01")
    case = imported(*(weight(70 + place, effectiveDateTime=day) for place, day in enumerate(days)))
    assert case.given.readings["weight"] == (
        "71 kg on 2026-11-02 from record",
        "73 kg on 2026-08-01 from record",
        "70 kg on 2026-05-01 from record",
    )


def test_contradicting_weights_of_one_day_are_both_kept_for_the_assessment(imported):
    assert len(imported(weight(82), weight(180)).given.readings["weight"]) == 2


def test_a_long_series_of_unusable_values_is_told_shortly(imported):
    case = imported(*(weight(3 + n, effectiveDateTime=f"1970-0{n + 1}-01") for n in range(6)))
    told = [line for line in case.skipped if "29463-7" in line]
    assert len(told) == 3
    assert "Observation 29463-7, 4 older: left out for the same reason" in told


# A newest value that cannot be used

NEWER = "2026-11-09"


@pytest.mark.parametrize(
    "newer",
    [
        weight(3000, effectiveDateTime=NEWER),
        weight(status="preliminary", effectiveDateTime=NEWER),
        weight(status=ABSENT, effectiveDateTime=NEWER),
        weight(71, "mcg", effectiveDateTime=NEWER),
        weight(effectiveDateTime="2026-11"),
        weight(effectiveDateTime="2027"),
        weight(effectiveDateTime=ABSENT),
        weight(effectiveDateTime="2026-11-02", dataAbsentReason=concept("", "unknown")),
        weight(effectiveDateTime=NEWER, valueQuantity=ABSENT),
        weight(effectiveDateTime=NEWER, valueQuantity=quantity(71, "kg") | {"comparator": ">"}),
        weight(effectiveDateTime=NEWER, modifierExtension=[{"url": "x"}]),
        weight(effectiveDateTime=NEWER, subject=ABSENT),
        weight(
            effectiveDateTime=NEWER,
            code={"coding": [{"system": LOINC, "code": "29463-7"}, {"system": LOINC, "code": "8302-2"}]},
        ),
        {"resourceType": "Bundle", "entry": [{"resource": weight(effectiveDateTime=NEWER)}]},
    ],
    ids=range(14),
)
def test_a_newest_value_that_cannot_be_used_leaves_no_older_one_in_its_place(imported, newer):
    case = imported(weight(), newer)
    assert "weight" not in case.given.readings
    assert "weight" in case.questions
    assert any(line.startswith("Readings of weight: a value ") for line in case.skipped)


@pytest.mark.parametrize(
    "other",
    [
        weight(status="entered-in-error", effectiveDateTime=NEWER),
        weight(status="cancelled", effectiveDateTime=NEWER),
        weight(focus=[{"reference": "Patient/fetus"}], effectiveDateTime=NEWER),
        weight(subject={"reference": "Device/1"}, effectiveDateTime=NEWER),
        weight(status="preliminary", effectiveDateTime="2026-11-01"),
        weight(status="preliminary", effectiveDateTime="2025"),
    ],
    ids=range(6),
)
def test_what_never_happened_or_is_older_leaves_the_newest_value_alone(imported, other):
    assert imported(weight(), other).given.readings["weight"] == f"71 kg {DAY}"


def test_two_versions_that_cannot_be_ranked_leave_no_older_value(imported):
    case = imported(weight(), weight(70, id="w", effectiveDateTime=NEWER), weight(90, id="w", effectiveDateTime=NEWER))
    assert "weight" not in case.given.readings


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    "change", [{"valueQuantity": ABSENT}, {"code": {}}, {"valueQuantity": quantity(1310, "mm[Hg]")}]
)
def test_one_half_of_a_newer_pressure_leaves_no_older_one(imported, place, change):
    newer = blood_pressure(190, 120, effectiveDateTime=NEWER)
    newer["component"][place] = changed(newer["component"][place], **change)
    assert "blood_pressure" not in imported(blood_pressure(), newer).given.readings


def test_swapped_halves_or_a_panel_without_any_leave_no_older_pressure(imported):
    for newer in (blood_pressure(79, 131, effectiveDateTime=NEWER), observation("85354-9", None, NEWER)):
        assert "blood_pressure" not in imported(blood_pressure(), newer).given.readings


# Upper limits


def _alt(*ranges, unit="U/L"):
    return observation("1742-6", quantity(60, unit), referenceRange=list(ranges))


@pytest.mark.parametrize(
    ("ranges", "written"),
    [
        ([{"high": quantity(40, "U/L")}], "60 U/L (upper limit 40 U/L)"),
        ([{"high": quantity(55, "U/L")}, {"high": quantity(40, "U/L")}], "60 U/L (upper limit 40 U/L)"),
        ([{"high": quantity(1, "ukat/L")}], "60 U/L"),
        ([{"high": {"value": 40}}], "60 U/L"),
        ([{"high": quantity(4000, "U/L")}], "60 U/L"),
        ([{"high": quantity(0, "U/L")}], "60 U/L"),
        ([{"high": quantity(40, "U/L"), "appliesTo": [concept("", "x")]}], "60 U/L"),
        ([{"high": quantity(40, "U/L"), "type": concept("", "therapeutic")}], "60 U/L"),
        ([{"low": quantity(5, "U/L")}], "60 U/L"),
    ],
)
def test_the_laboratorys_limit_counts_only_in_the_same_unit_and_if_believable(imported, ranges, written):
    assert imported(_alt(*ranges)).given.readings["alt"] == f"{written} {DAY}"


# Blood pressure


def test_two_parts_of_one_observation_are_one_reading(imported):
    assert imported(blood_pressure()).given.readings["blood_pressure"] == f"131/79 mmHg {DAY}"


def _part(code, value, on="2026-11-02T08:00:00Z", **changes):
    return observation(code, quantity(value, "mm[Hg]"), on, **changes)


def test_two_observations_of_one_moment_are_one_reading(imported):
    case = imported(
        _part("8480-6", 131),
        _part("8462-4", 79),
        _part("8480-6", 150, "2026-11-02T18:00:00Z"),
        _part("8462-4", 95, "2026-11-02T18:00:00Z"),
    )
    assert case.given.readings["blood_pressure"] == (f"131/79 mmHg {DAY}", f"150/95 mmHg {DAY}")


@pytest.mark.parametrize(
    "parts",
    [
        [("8480-6", 131, "08"), ("8480-6", 150, "09"), ("8462-4", 79, "10")],
        [("8480-6", 131, "08")],
        [("8480-6", 79, "08"), ("8462-4", 131, "08")],
        [("8480-6", 131, "08"), ("8462-4", 131, "08")],
        [("8480-6", 1310, "08"), ("8462-4", 79, "08")],
        [("8480-6", 50, "08"), ("8462-4", 40, "08")],
    ],
)
def test_parts_that_do_not_certainly_belong_together_are_not_used(imported, parts):
    case = imported(*(_part(code, value, f"2026-11-02T{hour}:00:00Z") for code, value, hour in parts))
    assert "blood_pressure" not in case.given.readings
    assert any("Observation 84" in line or "Blood pressure" in line for line in case.skipped)


def test_what_is_left_of_a_damaged_pair_is_not_joined_to_another(imported):
    damaged, other = blood_pressure(), blood_pressure(180, 110)
    damaged["component"][0]["dataAbsentReason"] = concept("", "error")
    other["component"][1]["valueQuantity"]["comparator"] = "<"
    case = imported(damaged, other)
    assert "blood_pressure" not in case.given.readings


@pytest.mark.parametrize("value", [quantity(131, "mmHg"), {"value": 131}, quantity(17, "kPa")])
def test_a_pressure_in_no_certain_unit_is_not_used(imported, value):
    one = blood_pressure()
    one["component"][0]["valueQuantity"] = value
    assert "blood_pressure" not in imported(one).given.readings


def test_mmhg_as_text_without_a_code_is_read(imported):
    one = blood_pressure()
    for part in one["component"]:
        part["valueQuantity"] = {"value": part["valueQuantity"]["value"], "unit": "mmHg"}
    assert imported(one).given.readings["blood_pressure"] == f"131/79 mmHg {DAY}"


# Codes


def test_codes_of_different_measurements_in_one_observation_are_not_used(imported):
    both = {"coding": [{"system": LOINC, "code": "29463-7"}, {"system": LOINC, "code": "8302-2"}]}
    case = imported(weight(150, code=both))
    assert not case.given.readings


def test_a_loinc_code_in_another_system_is_not_a_loinc_code(imported):
    assert not imported(weight(code=concept("https://x.example", "29463-7"))).given.readings


def test_observations_that_are_not_read_are_counted_by_kind(imported):
    glucose = observation("2339-0", quantity(90, "mg/dL"), code=concept(LOINC, "2339-0", "Glucose"))
    assert "2 observations of kinds not read: Glucose 2" in imported(glucose, glucose).skipped


def test_a_stated_pregnancy_is_the_condition_and_its_denial_is_left_to_be_asked(imported):
    def status(code, name):
        return observation("82810-3", None, valueCodeableConcept=concept(SNOMED, code, name))

    pregnant = imported(status("77386006", "Pregnant")).given.conditions["pregnancy"]
    assert (pregnant.state, pregnant.on) == (ConditionState.ACTIVE, date(2026, 11, 2))
    denied = imported(status("60001007", "Not pregnant"))
    assert "pregnancy" not in denied.given.conditions
    assert "pregnancy" in denied.questions


# T05: spellings of numbers at this door

HOSTILE = [
    "NaN", "Infinity", "-Infinity", "1e400", "1e-400", ".5", "5.", "+5", "5_0", "2,5", "007", "0x10", "５0", "٥٠",
    "true", "false", "null", '"71"', '"7_1"', '"71,5"', '"NaN"', "[71]", "{}", '""', "7 1", "1" * 5000, "71" + "0" * 40,
    "1e999999", "-71", "0", "1e2e2", "'71'", "71kg", '"71 kg"', "Inf", "nan", "--71", "7.1.1", "1/2", "\u221e",
]  # fmt: skip


@pytest.mark.parametrize("written", HOSTILE, ids=lambda text: text[:12])
def test_hostile_numbers_are_refused_or_not_used(library, written):
    raw = (
        f'{{"resourceType":"Bundle","type":"collection","entry":[{{"fullUrl":"{ME}","resource":'
        '{"resourceType":"Patient","birthDate":"1970-03-01"}},{"resource":{"resourceType":"Observation",'
        f'"status":"final","subject":{{"reference":"{ME}"}},"effectiveDateTime":"2026-11-02",'
        '"code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},'
        f'"valueQuantity":{{"value":{written},"system":"{UCUM}","code":"kg"}}}}}}]}}'
    )
    try:
        case = case_from_bundle(read_json(raw.encode()), library)
    except (Unreadable, CaseFileError):
        return
    assert "weight" not in case.given.readings


def test_a_number_given_twice_is_refused():
    with pytest.raises(Unreadable):
        read_json(b'{"value": 71, "value": 17}')
