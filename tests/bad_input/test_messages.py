"""What a message should say so that the person who wrote the input can put it right at once."""

import pytest

from tests.bad_input.door import CALM, NO_DRUGS, WEIGHT, ask, assert_refused, case, changed
from tests.bad_input.test_fields import drug, given

LEVELS = "course: {levels: [{since: %s, dose: %s, times_per_day: 3}]}"
SUPPLY = "course: {levels: [{since: 2026-11-01, dose: 10 mg, times_per_day: 3}], supplies: [{on: %s, pieces: '21'}]}"


def weight(written: str) -> str:
    return changed(WEIGHT, f"weight: {written}")


MESSAGES = {
    # A wrong number is named as a wrong number, whatever stands behind it.
    "1e400": (weight("1e400 kg on 2026-11-20"), ["'1e400' is not a plain decimal number"]),
    "5.": (weight("5. kg on 2026-11-20"), ["'5.' is not a plain decimal number"]),
    "5_0": (weight("5_0 kg on 2026-11-20"), ["'5_0' is not a plain decimal number"]),
    "2,5": (weight("72,5 kg on 2026-11-20"), ["'72,5' is not a plain decimal number"]),
    "0x46": (weight("0x46 kg on 2026-11-20"), ["'0x46' is not a plain decimal number"]),
    # A number without its unit is named as that, also where YAML takes it for a number.
    "a bare weight": (weight("70"), ["line 17", "given.readings.weight", "has no unit"]),
    "a bare dose": (CALM + "asked: {dose: 10.5}\n", ["asked.dose", "'10.5' has no unit"]),
    # mcg is dangerous in every unit that holds it.
    "mcg/h": (drug("name: fentanyl, dose: 25 mcg/h"), ["'mcg' is not accepted", "µg/h"]),
    "mcg/mL": (changed("strength: 10 mg/mL", "strength: 10 mcg/mL"), ["'mcg' is not accepted"]),
    # An unknown unit or name brings the nearest one.
    "lbs": (weight("150 lbs on 2026-11-20"), ["'lbs'", "Did you mean lb?"]),
    "KG": (weight("70 KG on 2026-11-20"), ["'KG'", "Did you mean kg?"]),
    "goles": (changed("  goals:", "  goles:"), ["line 14", "Did you mean goals?"]),
    "sinse": (changed("since: 2023-02-01", "sinse: 2023-02-01"), ["Did you mean since?"]),
    "oral-guidline": (
        changed("protocol: oral-guideline", "protocol: oral-guidline"), ["Did you mean oral-guideline?"],
    ),
    # A day is named as a day, in words that a clinic knows.
    "30 February": (changed("birth_date: 1974-05-02", "birth_date: 2026-02-30"), ["2026-02-30 is not a day"]),
    "02/05/1974": (changed("birth_date: 1974-05-02", "birth_date: 02/05/1974"), ["YYYY-MM-DD"]),
    "1974": (changed("birth_date: 1974-05-02", "birth_date: 1974"), ["YYYY-MM-DD"]),
    # The file and the line stand in every message, so that it can be found among several.
    "file and line": (weight("NaN kg on 2026-11-20"), ["case.yaml, line 17: given.readings.weight"]),
    "file and line of a name": (changed("frail: no", "frial: no"), ["case.yaml, line ", "given.answers.frial"]),
    # Words of programmers are not words of a clinic.
    "false for no": (changed("frail: no", "frail: false"), ["given.answers.frail", "yes, no"]),
    "a state as a number": (changed("    psychosis: no", "    psychosis: 1"), ["given.conditions.psychosis"]),
    "a missing birth date": (changed("birth_date: 1974-05-02, ", ""), ["birth_date is missing"]),
    "a setting": (CALM + "asked: {dose: 10 mg, setting: hospital}\n", ["'hospital'", "home, observed"]),
    "times as a word": (CALM + "asked: {dose: 10 mg, times_per_day: 'three'}\n", ["a whole number"]),
    "minus one time": (CALM + "asked: {dose: 10 mg, times_per_day: -1}\n", ["a whole number"]),
    "a merge key": (changed(WEIGHT, "<<: {weight: 70 kg}"), ["merge"]),
    "based on a list": ("scenario: x\nbased_on: [a]\n", ["case.yaml: based_on", "is not a complete case file"]),
    "an article before a vowel": (changed("alt: 22 U/L", "alt: 22 mg"), ["an enzyme activity"]),
    # The laboratory's other unit is refused with the value in ours; nobody has to work it out.
    "creatinine in mg/dL": (
        changed("creatinine: 70 µmol/L", "creatinine: 0.8 mg/dL"),
        ["given.readings.creatinine", "mass concentration", "write 70.72 µmol/L on 2026-11-14"],
    ),
    "bilirubin in mg/dL": (
        changed("bilirubin: 9 µmol/L (upper limit 21 µmol/L)", "bilirubin: 0.5mg/dL (upper limit 1.2 mg/dL)"),
        ["write 8.55 µmol/L (upper limit 20.52 µmol/L) on 2026-11-14"],
    ),
    "bilirubin with a limit in mg/dL": (
        changed("bilirubin: 9 µmol/L (upper limit 21 µmol/L)", "bilirubin: 9 µmol/L (upper limit 1.2 mg/dL)"),
        ["write 9 µmol/L (upper limit 20.52 µmol/L) on 2026-11-14"],
    ),
    # What cannot be is refused.
    "a drug that ended before it began": (
        drug("name: morphine, since: 2026-01-01, until: 2025-01-01"), ["2025-01-01", "before"],
    ),
    "a supply from the future": (given(SUPPLY % "2027-11-10"), ["2027-11-10", "after the day of the decision"]),
    "a level from the future": (given(LEVELS % ("9999-12-31", "10 mg")), ["9999-12-31"]),
    "a supply at the end of time": (given(SUPPLY % "9999-12-31"), ["9999-12-31"]),
    "a supply for the end of time": (CALM + "dispense: {starts: 9999-12-31, days: 7}\n", ["9999-12-31"]),
    "a supply for the year one": (CALM + "dispense: {starts: 0001-01-01, days: 7}\n", ["0001-01-01"]),
    "a level beyond every bound": (given(LEVELS % ("2026-11-01", "99999999 mg")), ["99999999 mg"]),
    "a review from the future": (
        given("reviews: [{of: psychosis_active, by: X, on: 2027-11-20, says: may_start}]"), ["2027-11-20", "after"],
    ),
    "a review of nothing": (
        given("reviews: [{of: nonsense, by: X, on: 2026-11-20, says: may_start}]"), ["nonsense"],
    ),
    "a confirmation from the future": (
        given("confirmations: [{of: named_specialist, by: X, on: 2027-11-20, reason: y}]"), ["2027-11-20", "after"],
    ),
    "a choice from the future": (CALM + "choice: {reason: x, by: y, on: 2030-01-01}\n", ["2030-01-01", "after"]),
    "pain from the future": (changed("since: 2023-02-01", "since: 2028-02-01"), ["2028-02-01", "after"]),
    "a condition from the future": (
        changed("    stroke: no", "    stroke: {state: past, since: 2027-01-01}"), ["2027-01-01", "after"],
    ),
    "control characters": (changed("label: Synthetic One", 'label: "\\x1b[31mred"'), ["line 7", "control character"]),
    "a null character": (changed("label: Synthetic One", 'label: "a\\0b"'), ["line 7", "control character"]),
    "half a character": ('{"scenario": "\\ud800", "given": {"patient": {"birth_date": "1974-05-02"}}}', ["scenario"]),
    "100,000 drugs": (
        changed(NO_DRUGS, "list: [" + "{name: aspirin}, " * 100_000 + "]}\n  allergies"), ["at most"],
    ),
    "100,000 conditions": (
        changed("    stroke: no", "    stroke: no\n" + "\n".join(f"    c{n}: no" for n in range(100_000))), ["at most"],
    ),
    "100,000 goals": (
        changed("goals: [walk to the shop and back]", "goals: [" + "a, " * 100_000 + "]"), ["at most"],
    ),
    "100,000 readings": (weight("[" + "70 kg on 2026-11-20, " * 100_000 + "]"), ["at most"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
def test_the_message_says_what_to_put_right(name, tmp_path):
    text, words = MESSAGES[name]
    command = "dispense" if name.startswith(("a supply", "a level")) else "plan"
    assert_refused(ask(command, case(tmp_path, text)), *words)


# Where a fault stands, when a case is made of several files


@pytest.mark.parametrize(
    ("own", "place"),
    [
        ("given: {readings: {weight: NaN kg on 2026-11-20}}\n", "case.yaml, line 3: given.readings.weight"),
        ("given: {answers: {frial: no}}\n", "case.yaml, line 3: given.answers.frial"),
        ("given: {readings: {height: 1 cm on 2026-11-20}}\n", "case.yaml, line 3: given.readings.height"),
        ("protocol: nonsense\n", "case.yaml, line 3: protocol"),
        ("product: {family: nonsense}\n", "case.yaml, line 3: product.family"),
        ("on: 2020-01-01\n", "base.yaml, line 10: given.indication.since"),
    ],
)
def test_a_fault_is_placed_in_the_file_that_says_it(own, place, tmp_path):
    case(tmp_path, CALM, "base.yaml")
    path = case(tmp_path, f"scenario: x\nbased_on: base.yaml\n{own}")
    assert ask("plan", path).parts[0].startswith(place)


def test_a_fault_of_the_answers_is_placed_in_the_answers(tmp_path):
    answers = case(
        tmp_path, "# mine\ngiven:\n  reviews: [{of: nonsense, by: X, on: 2026-11-20, says: may_start}]\n", "a.yaml"
    )
    answer = ask("plan", case(tmp_path, CALM), "--answers", answers)
    assert answer.parts[0] == "a.yaml, line 3: given.reviews[0].of"


def test_where_two_files_are_joined_both_are_named(tmp_path):
    answers = case(tmp_path, "given: {readings: {weight: NaN kg on 2026-11-20}}\n", "a.yaml")
    answer = ask("plan", case(tmp_path, CALM), "--answers", answers)
    assert answer.parts[0] == "case.yaml, a.yaml: given.readings.weight[1]"


def test_a_day_of_a_diary_file_is_not_placed_in_the_case(tmp_path):
    course = "course: {levels: [{since: 2026-11-01, dose: 10 mg, times_per_day: 3}]}"
    path = case(tmp_path, given(f"{course}\n  diary: [{{day: 2026-11-02}}]"))
    diary = case(tmp_path, "day,entered,taken,pain_average\n2026-12-24,same day,all,5\n", "days.csv")
    answer = ask("review", path, "--diary", diary)
    assert_refused(answer, "2026-12-24")
    assert answer.parts[0].startswith("case.yaml, days.csv: given.diary[1]")


def test_a_protocol_of_the_command_line_is_placed_there(tmp_path):
    answer = ask("plan", case(tmp_path, CALM), "--protocol", "nonsense")
    assert answer.parts[0] == "--protocol"


def test_a_case_in_json_is_placed_by_its_file(tmp_path):
    text = '{"scenario": "x", "given": {"patient": {"birth_date": "1974-05-02"}, "answers": {"frial": "no"}}}'
    assert ask("plan", case(tmp_path, text, "case.json")).parts[0] == "case.json: given.answers.frial"


# As many entries as a person can have, and no more


@pytest.mark.parametrize(("many", "code"), [(1_000, 0), (1_001, 11)])
def test_a_thousand_entries_are_read_and_one_more_is_not(many, code, tmp_path):
    answer = ask("plan", case(tmp_path, changed("[walk to the shop and back]", f"[{'a, ' * many}]")))
    assert answer.code == code
    assert not code or answer.parts[1] == "1,001 entries stand here; at most 1,000 are read."


def test_a_diary_may_be_longer(tmp_path):
    answer = ask("plan", case(tmp_path, given(f"diary: [{'{day: 2026-11-02}, ' * 20_001}]")))
    assert_refused(answer, "given.diary", "20,001 entries stand here; at most 20,000 are read")


@pytest.mark.parametrize("field", ["goals", "medications"])
def test_a_json_case_has_the_same_limit(field, tmp_path):
    listed = '["a"' + ', "a"' * 100_000 + "]"
    held = listed if field == "goals" else '{"list": ' + listed + "}"
    patient = '"patient": {"birth_date": "1974-05-02"}'
    text = f'{{"scenario": "x", "given": {{{patient}, "{field}": {held}}}}}'
    assert_refused(ask("plan", case(tmp_path, text, "case.json")), "case.json", f"given.{field}", "at most 1,000")


@pytest.mark.parametrize("depth", [41, 300, 900, 3000])
def test_a_deep_json_case_is_refused_at_every_depth(depth, tmp_path):
    text = '{"scenario": "x", "given": {"patient": {"birth_date": "1974-05-02"}}, "expect": %s}'
    deep = '{"a":' * depth + "1" + "}" * depth
    assert_refused(ask("plan", case(tmp_path, text.replace("%s", deep), "case.json")), "case.json", "nested")


@pytest.mark.parametrize("key", ["a\\u0000b", "\\ud800"])
def test_a_json_key_that_hides_something_is_refused(key, tmp_path):
    text = f'{{"scenario": "x", "given": {{"patient": {{"birth_date": "1974-05-02"}}, "answers": {{"{key}": "no"}}}}}}'
    assert_refused(ask("plan", case(tmp_path, text, "case.json")), "case.json", "given.answers", "In a key")


def test_each_nested_mapping_names_its_key(tmp_path):
    text = given("questionnaires: {peg: {on: 2026-11-20, answers: {pain: 7, enjoyment: high, activity: 7}}}")
    place = ask("plan", case(tmp_path, text)).parts[0]
    assert place == "case.yaml, line 14: given.questionnaires.peg.answers.enjoyment"


def test_the_key_at_fault_is_found_among_hundreds_in_time(tmp_path):
    diary = ", ".join(["{day: 2026-11-02, effects: {nausea: 1}}"] * 4_000)
    more = "".join(f"    k{n}: {7 if n == 450 else 'no'}\n" for n in range(900))
    answer = ask(
        "plan", case(tmp_path, changed("    frail: no\n", f"    frail: no\n{more}", given(f"diary: [{diary}]")))
    )
    assert_refused(answer, "'7' has no unit")
    assert answer.parts[0].endswith("given.answers.k450")
