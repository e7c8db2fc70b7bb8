"""Fields, names, words and dates that do not fit: refused by name, with the nearest name that does."""

import pytest

from tests.bad_input.door import CALM, NO_DRUGS, WEIGHT, ask, assert_refused, case, changed


def drug(fields: str) -> str:
    return changed(NO_DRUGS, f"list: [{{{fields}}}]}}\n  allergies")


def given(line: str) -> str:
    return changed("  goals:", f"  {line}\n  goals:")


TWICE = [
    (changed(WEIGHT, f"{WEIGHT}\n    weight: 71 kg on 2026-11-20"), "'weight' stands twice", "line 18"),
    (CALM + "scenario: another\n", "'scenario' stands twice", "line"),
    (changed("list: []", "list: [], list: []"), "'list' stands twice", "line"),
    ('{"scenario": "a", "scenario": "b"}', "'scenario' stands twice", "Keep one of them"),
    ('{"given": {"patient": {"id": "a", "id": "b"}}}', "'id' stands twice", "Keep one of them"),
]


@pytest.mark.parametrize(("text", "fault", "more"), TWICE, ids=range(len(TWICE)))
def test_a_key_that_stands_twice_is_refused(text, fault, more, tmp_path):
    assert_refused(ask("plan", case(tmp_path, text)), "case.yaml", fault, more, "Keep one of them")


UNKNOWN = [
    (CALM + "extra: 1\n", "extra"),
    (changed("  goals:", "  goles:"), "goles"),
    (changed("strength: 10 mg/mL", "strength: 10 mg/mL, unit: mg"), "unit"),
    (CALM + "asked: {dose: 10 mg, unit: mg}\n", "unit"),
    (drug("name: morphine, unit: mg"), "unit"),
    (changed("label: Synthetic One", "name: Jane Doe"), "name"),
    (changed("since: 2023-02-01", "sinse: 2023-02-01"), "sinse"),
]


@pytest.mark.parametrize(("text", "field"), UNKNOWN, ids=[field for _, field in UNKNOWN])
def test_an_unknown_field_is_refused_by_name(text, field, tmp_path):
    assert_refused(ask("plan", case(tmp_path, text)), "case.yaml, line ", f"'{field}'")


MISNAMED = [
    (changed(WEIGHT, "wieght: 70 kg on 2026-11-20"), "given.readings.wieght", "Did you mean weight?"),
    (changed("frail: no", "frial: no"), "given.answers.frial", "Did you mean frail?"),
    (changed("    psychosis: no", "    psycosis: no"), "given.conditions.psycosis", "Did you mean psychosis?"),
    (changed("condition: crps", "condition: crsp"), "given.indication.condition", "Did you mean crps?"),
    (drug("name: xyzzy, checked_by_hand: {by: Dr X, on: 2026-11-20, treat_as: [CYP3A4-inhibitor-stong]}"),
     "treat_as", "Did you mean CYP3A4-inhibitor-strong?"),
    (changed("protocol: oral-guideline", "protocol: oral-guidline"), "protocol", "oral-guideline"),
    (changed("family: oral-solution-10,", "family: oral-solution-1,"), "product.family", "oral-solution-10"),
    (changed("strength: 10 mg/mL", "strength: 11 mg/mL"), "product.strength", "10 mg/mL"),
    (changed("frail: no", "frail: perhaps"), "given.answers.frail", "yes, no"),
    (changed("    psychosis: no", "    psychosis: maybe"), "given.conditions.psychosis", "no, active, past"),
    (CALM + "asked: {tier: middle}\n", "asked.tier", "'middle'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "nearest"), MISNAMED, ids=[place for _, place, _ in MISNAMED])
def test_a_wrong_name_is_refused_with_the_names_that_exist(text, place, nearest, tmp_path):
    answer = ask("plan", case(tmp_path, text))
    assert_refused(answer, nearest)
    assert place in answer.parts[0]


WRONG_KIND = [
    (changed("frail: no", "frail: false"), "given.answers"),
    (changed("    psychosis: no", "    psychosis: 1"), "given.conditions"),
    (changed("birth_date: 1974-05-02", "birth_date: 1974"), "given.patient.birth_date"),
    (changed("birth_date: 1974-05-02, ", ""), "birth_date"),
    (changed("protocol: oral-guideline", "protocol: [oral-guideline]"), "protocol"),
    (changed("goals: [walk to the shop and back]", "goals: walk"), "given.goals"),
    (CALM + "asked: {dose: 10 mg, setting: hospital}\n", "asked.setting"),
    (CALM + "asked: 10 mg\n", "asked"),
    (changed("result: no_benefit", "result: bad"), "given.failed_treatments"),
    ("scenario: x\n", "given"),
    ("{}", "scenario"),
    ("scenario: x\ngiven: {}\n", "patient"),
    (drug("name: ''"), "given.medications"),
    (drug("dose: 10 mg"), "name"),
]


@pytest.mark.parametrize(("text", "place"), WRONG_KIND, ids=[f"{n} {place}" for n, (_, place) in enumerate(WRONG_KIND)])
def test_a_value_of_the_wrong_kind_is_refused_by_its_place(text, place, tmp_path):
    assert_refused(ask("plan", case(tmp_path, text)), "case.yaml", place)


BIRTH = "birth_date: 1974-05-02"
DATES = [
    (changed(BIRTH, "birth_date: 2026-11-22"), "given.patient.birth_date", "2026-11-22"),
    (changed(BIRTH, "birth_date: 9999-12-31"), "given.patient.birth_date", "9999-12-31"),
    (changed(BIRTH, "birth_date: 0001-01-01"), "given.patient.birth_date", "0001-01-01"),
    (changed(BIRTH, "birth_date: 1899-12-31"), "given.patient.birth_date", "1899-12-31"),
    (changed(BIRTH, "birth_date: 2026-02-30"), "given.patient.birth_date", ""),
    (changed(BIRTH, "birth_date: 02/05/1974"), "given.patient.birth_date", ""),
    (changed(BIRTH, "birth_date: 74-05-02"), "given.patient.birth_date", ""),
    (changed(BIRTH, "birth_date: 10000-01-01"), "given.patient.birth_date", ""),
    (changed(BIRTH, "birth_date: 1974-05-02T00:00:00"), "given.patient.birth_date", ""),
    (changed("on: 2026-11-21", "on: 2026-02-30"), "on", ""),
    (changed("on: 2026-11-21", "on: 0001-01-01"), "given.patient.birth_date", "0001-01-01"),
    (changed(WEIGHT, "weight: 70 kg on 2026-02-30"), "given.readings.weight", "2026-02-30 is not a day"),
    (changed(WEIGHT, "weight: 70 kg on 0000-01-01"), "given.readings.weight", "0000-01-01 is not a day"),
    (changed(WEIGHT, "weight: 70 kg on 9999-12-31"), "given.readings.weight", "after the day of the decision"),
    (changed(WEIGHT, "weight: 70 kg on 2026-11-22"), "given.readings.weight", "after the day of the decision"),
    (changed(WEIGHT, "weight: 70 kg"), "given.readings.weight", "YYYY-MM-DD"),
    (changed(WEIGHT, "weight: 70 kg on 20.11.2026"), "given.readings.weight", "YYYY-MM-DD"),
    (changed(WEIGHT, "weight: 70 kg on 2026-1-2"), "given.readings.weight", "YYYY-MM-DD"),
    (changed("answered_on: 2026-11-20", "answered_on: 2026-12-20"), "given.answers", "after the day of the decision"),
    (changed("medications: {reviewed_on: 2026-11-20", "medications: {reviewed_on: 2026-12-20"), "reviewed_on", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "words"), DATES, ids=range(len(DATES)))
def test_a_day_that_cannot_be_is_refused(text, place, words, tmp_path):
    answer = ask("plan", case(tmp_path, text))
    assert_refused(answer, words)
    assert place in answer.parts[0]


def test_a_day_on_which_nobody_of_that_birth_date_lives_is_refused(tmp_path):
    assert_refused(ask("plan", case(tmp_path, changed("on: 2026-11-21", "on: 9999-12-31"))), "birth")


def test_a_reading_from_the_year_one_is_too_old_to_count(tmp_path):
    answer = ask("plan", case(tmp_path, changed(WEIGHT, "weight: 70 kg on 0001-01-01")))
    assert answer.code == 0
    assert answer.out.startswith("UNDECIDED")


@pytest.mark.parametrize(
    "day", ["2026-02-30", "yesterday", "21.11.2026", "2026-1-2", "20261121", "0000-01-01", "", "NaN"]
)
def test_a_day_on_the_command_line_is_a_day(day, tmp_path):
    answer = ask("plan", case(tmp_path, CALM), "--on", day)
    assert answer.code == 2
    assert "write YYYY-MM-DD, such as 2026-11-21" in answer.err


@pytest.mark.parametrize("days", ["0", "-1", "367", "1e3", "NaN", "7.0", "٧x", "true", "9" * 400])
def test_days_on_the_command_line_are_days(days, tmp_path):
    answer = ask("dispense", case(tmp_path, CALM), f"--days={days}")
    assert answer.code == 2
    assert "--days" in answer.err


# What differs from another case


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scenario: x\nbased_on: nothing.yaml\n", ["nothing.yaml", "cannot be opened"]),
        ("scenario: x\nbased_on: case.yaml\n", ["based_on", "is not a complete case file"]),
        ("scenario: x\nbased_on: .\n", ["cannot be opened"]),
    ],
)
def test_a_case_based_on_nothing_is_refused(text, words, tmp_path):
    assert_refused(ask("plan", case(tmp_path, text)), *words)


# Answers beside a case

ANSWERS = [
    ("", ["answers.yaml", "it is empty"]),
    ("- 1\n", ["does not hold answers"]),
    ("nonsense: 1\n", ["'nonsense'"]),
    ("given: 7\n", ["given"]),
    ("given: {answers: {frial: no}}\n", ["given.answers.frial", "Did you mean frail?"]),
    ("given: {readings: {weight: NaN kg on 2026-11-20}}\n", ["given.readings.weight", "'NaN'"]),
    ("given: {patient: {birth_date: 1990-01-01}}\n", ["1990-01-01", "1974-05-02", "another person"]),
    ("given: {a: 1, a: 2}\n", ["answers.yaml, line 1", "'a' stands twice"]),
    ('{"resourceType": "Bundle", "entry": []}', ["A bundle was given where answers are expected"]),
]


@pytest.mark.parametrize(("text", "words"), ANSWERS, ids=range(len(ANSWERS)))
def test_answers_that_do_not_fit_are_refused(text, words, tmp_path):
    answers = case(tmp_path, text, "answers.yaml")
    assert_refused(ask("plan", case(tmp_path, CALM), "--answers", answers), *words)
