"""Hostile numbers in every numeric place of a case (T05): refused, or read as the very number that was written."""

import json

import pytest

from tests.bad_input.door import CALM, NO_DRUGS, WEIGHT, ask, assert_refused, case, changed
from titrant.terms.reading import read_yaml

SPELLINGS = [
    "NaN", "nan", "Infinity", "-Infinity", "inf", ".nan", ".inf", "1e400", "1E3", "1e0", "1e-1", ".5", "-.5", "5.",
    "5_0", "2,5", "1,000", "1.000,5", "+5", "007", "00", "--5", "0x46", "0b1", "0o7", "1/2", "½", "５", "７０", "٥",
    "५", "²", "true", "True", "null", "None", "five", "5 0", "5..0", "5.0.0", "1234567890", "0.1234567", "−5",
    "5\u00a0", "\u200b5", "\u202e5", "5%", "$5", "(5)", "~5", "<5", ">5", "ca. 5", "5-10", "5±1", "-", ".", "e",
    "7" * 5000,
]  # fmt: skip


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def given(line: str) -> str:
    return changed("  goals:", f"  {line}\n  goals:")


def drug(fields: str) -> str:
    return changed(NO_DRUGS, f"list: [{{name: morphine, {fields}}}]}}\n  allergies")


PLACES = {
    "a reading": lambda n: changed(WEIGHT, f"weight: {quoted(f'{n} kg on 2026-11-20')}"),
    "an upper limit": lambda n: changed(
        "22 U/L (upper limit 40 U/L) on 2026-11-14", quoted(f"22 U/L (upper limit {n} U/L) on 2026-11-14")
    ),
    "a systolic pressure": lambda n: changed("126/78 mmHg on 2026-11-20", quoted(f"{n}/78 mmHg on 2026-11-20")),
    "a diastolic pressure": lambda n: changed("126/78 mmHg on 2026-11-20", quoted(f"126/{n} mmHg on 2026-11-20")),
    "a wanted dose": lambda n: CALM + f"asked: {{dose: {quoted(f'{n} mg')}}}\n",
    "a wanted dose by weight": lambda n: CALM + f"asked: {{dose: {quoted(f'{n} mg/kg')}}}\n",
    "a strength": lambda n: changed("strength: 10 mg/mL", f"strength: {quoted(f'{n} mg/mL')}"),
    "the dose of a drug": lambda n: drug(f"dose: {quoted(f'{n} mg')}, times_per_day: '2'"),
    "how often a drug is taken": lambda n: drug(f"dose: 10 mg, times_per_day: {quoted(n)}"),
    "the dose of a session": lambda n: given(
        f"parenteral: [{{dose_24h: {quoted(f'{n} mg')}, route: intravenous, on: 2026-11-15, tolerated: 'yes'}}]"
    ),
    "the dose of a level": lambda n: given(
        f"course: {{levels: [{{since: 2026-11-01, dose: {quoted(f'{n} mg')}, times_per_day: 3}}]}}"
    ),
    "the pieces of a supply": lambda n: given(
        "course: {levels: [{since: 2026-11-01, dose: 10 mg, times_per_day: 3}], "
        f"supplies: [{{on: 2026-11-10, pieces: {quoted(n)}}}]}}"
    ),
    "how often a dose is wanted": lambda n: CALM + f"asked: {{dose: 10 mg, times_per_day: {quoted(n)}}}\n",
    "dosing days of a week": lambda n: CALM + f"asked: {{dose: 10 mg, days_per_week: {quoted(n)}}}\n",
    "days of a supply": lambda n: CALM + f"dispense: {{days: {quoted(n)}}}\n",
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_no_hostile_spelling_is_read_as_a_number(place, tmp_path):
    for spelling in SPELLINGS:
        answer = ask("plan", case(tmp_path, PLACES[place](spelling)))
        assert_refused(answer)


@pytest.mark.parametrize("place", PLACES)
def test_no_hostile_spelling_is_read_as_a_number_from_json(place, tmp_path):
    for spelling in SPELLINGS[:30]:
        tree = read_yaml(PLACES[place](spelling).encode("utf-8")).tree
        answer = ask("plan", case(tmp_path, json.dumps(tree), "case.json"))
        assert_refused(answer)


BARE = ["NaN", ".nan", "1e400", ".5", "5.", "5_0", "70", "70.5", "true", "null", "[]", "{}", "{value: 70, unit: kg}"]


@pytest.mark.parametrize("value", [one for one in BARE if one != "null"])  # null: no dose is asked for
def test_a_bare_value_is_no_dose(value, tmp_path):
    assert_refused(ask("plan", case(tmp_path, f"{CALM}asked: {{dose: {value}}}\n")), "asked.dose")


@pytest.mark.parametrize("value", [one for one in BARE if one != "[]"])
def test_a_bare_value_is_no_weight(value, tmp_path):
    assert_refused(ask("plan", case(tmp_path, changed(WEIGHT, f"weight: {value}"))), "readings")


@pytest.mark.parametrize("value", ["true", "-1", "1.5", "1e1", "'3'", "03", "3.0", "[3]"])
@pytest.mark.parametrize("field", ["asked: {dose: 10 mg, times_per_day: %s}", "dispense: {days: %s}"])
def test_a_count_is_a_plain_whole_number(field, value, tmp_path):
    assert_refused(ask("plan", case(tmp_path, f"{CALM}{field % value}\n")), "a whole number is needed")


JSON_NUMBERS = ["NaN", "Infinity", "-Infinity", "1e400", "1E400", "-1e400", "1e10", "7" * 5000, "0." + "1" * 50]
JSON_GRAMMAR = [".5", "5.", "5_0", "2,5", "+5", "007", "0x10", "٥", "True", "'5'"]


@pytest.mark.parametrize("number", JSON_NUMBERS + JSON_GRAMMAR)
@pytest.mark.parametrize(
    "around",
    [
        '{"scenario": "x", "given": {"patient": {"birth_date": "1974-05-02"}}, "asked": {"dose": %s}}',
        '{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Observation", "valueQuantity": '
        '{"value": %s}}}]}',
    ],
)
def test_json_numbers_that_are_none_are_refused_in_a_case_and_in_a_bundle(around, number, tmp_path):
    assert_refused(ask("plan", case(tmp_path, around % number, "case.json")), "case.json", "cannot be read")


UNITS = [
    (changed(WEIGHT, "weight: 70 on 2026-11-20"), ["given.readings.weight", "'70' has no unit", "such as 70 kg"]),
    (changed(WEIGHT, "weight: 70 mg on 2026-11-20"), ["70 mg", "drug mass", "body mass", "in kg"]),
    (changed(WEIGHT, "weight: 70000000 mcg on 2026-11-20"), ["'mcg' is not accepted", "write µg"]),
    (changed(WEIGHT, "weight: 700 kg on 2026-11-20"), ["700 kg lies outside what is believable, 30 kg to 250 kg"]),
    (changed(WEIGHT, "weight: 7 kg on 2026-11-20"), ["7 kg lies outside"]),
    (changed(WEIGHT, "weight: -70 kg on 2026-11-20"), ["-70 kg lies outside"]),
    (changed(WEIGHT, "weight: 0 kg on 2026-11-20"), ["0 kg lies outside"]),
    (changed("height: 172 cm", "height: 70 kg"), ["given.readings.height", "70 kg", "body mass", "in cm"]),
    (changed("126/78 mmHg on", "78/126 mmHg on"), ["systolic, must be the higher"]),
    (changed("126/78 mmHg on", "126 mmHg on"), ["write systolic/diastolic mmHg"]),
    (changed("126/78 mmHg on", "126/78 kg on"), ["is not a blood pressure"]),
    (changed("22 U/L (upper limit 40 U/L)", "22 U/L (upper limit 40)"), ["'40' has no unit"]),
    (changed("22 U/L (upper limit 40 U/L)", "400 U/L (upper limit -40 U/L)"), ["not believable"]),
    (changed("22 U/L (upper limit 40 U/L)", "400 U/L (upper limit 0 U/L)"), ["not believable"]),
    (changed("22 U/L (upper limit 40 U/L)", "400 U/L (upper limit 9999 U/L)"), ["not believable"]),
    (f"{CALM}asked: {{dose: 10000 mcg}}\n", ["asked.dose", "'mcg' is not accepted"]),
    (f"{CALM}asked: {{dose: 1 mL}}\n", ["asked.dose", "1 mL is a volume, not a dose", "10 mg"]),
    (f"{CALM}asked: {{dose: 1 kg}}\n", ["asked.dose", "1 kg is a body mass, not a dose"]),
    (f"{CALM}asked: {{dose: 30 mg/day}}\n", ["asked.dose", "not a dose"]),
    (f"{CALM}asked: {{dose: -10 mg}}\n", ["asked", "-10 mg"]),
    (f"{CALM}asked: {{dose: 0 mg}}\n", ["asked", "0 mg"]),
    (drug("dose: -10 mg, times_per_day: '4'"), ["given.medications", "-10 mg"]),
    (drug("dose: 10 mg, times_per_day: '-4'"), ["given.medications", "-4"]),
    (drug("dose: 10 mcg, times_per_day: '4'"), ["given.medications", "'mcg' is not accepted"]),
    (given("parenteral: [{dose_24h: 5 mL, route: intravenous, on: 2026-11-15}]"), ["given.parenteral", "volume"]),
    (given("parenteral: [{dose_24h: -5 mg, route: intravenous, on: 2026-11-15}]"), ["given.parenteral", "-5 mg"]),
    (given("course: {levels: [{since: 2026-11-01, dose: -10 mg, times_per_day: 3}]}"), ["given.course", "-10 mg"]),
    (given("course: {levels: [{since: 2026-11-01, dose: 10 mg, times_per_day: 0}]}"), ["times_per_day"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), UNITS, ids=range(len(UNITS)))
@pytest.mark.parametrize("command", ["plan", "dispense"])
def test_a_wrong_unit_or_an_unbelievable_amount_is_named(command, text, words, tmp_path):
    assert_refused(ask(command, case(tmp_path, text)), *words)


@pytest.mark.parametrize(
    "text", [f"{CALM}asked: {{dose: {dose}}}\n" for dose in ("999999999 mg", "100 mg", "2 mg", "61 mg")]
)
def test_a_dose_far_from_what_is_expected_is_refused_not_cut(text, tmp_path):
    answer = ask("plan", case(tmp_path, text), "--json")
    assert answer.code == 0
    decided = json.loads(answer.out)
    assert (decided["outcome"], decided["regimen"]) == ("refused", None)
