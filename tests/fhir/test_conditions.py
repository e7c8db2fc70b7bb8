"""Presence is read from a record, absence never; what is denied, doubted or of others is not the person's (H15)."""

from datetime import date

import pytest

from titrant.fhir.problems import Catalogue, names_in
from titrant.knowledge.shapes.conditions import ConditionState

from .building import ABSENT, ICD10, SNOMED, changed, concept, condition

EPILEPSY = ("84757009", "Epilepsy")


def _state(case, name="epilepsy_seizures"):
    found = case.given.conditions.get(name)
    return found and found.state


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("active", ConditionState.ACTIVE),
        ("recurrence", ConditionState.ACTIVE),
        ("relapse", ConditionState.ACTIVE),
        ("inactive", ConditionState.PAST),
        ("remission", ConditionState.PAST),
        ("resolved", ConditionState.PAST),
    ],
)
def test_the_state_follows_the_clinical_status(imported, status, state):
    assert _state(imported(condition(*EPILEPSY, clinicalStatus=concept("", status)))) is state


def test_a_missing_clinical_status_is_active_unless_it_has_ended(imported):
    open_end = condition(*EPILEPSY, clinicalStatus=ABSENT)
    assert _state(imported(open_end)) is ConditionState.ACTIVE
    ended = imported(changed(open_end, abatementDateTime="2021-06-07"))
    assert _state(ended) is ConditionState.PAST
    assert ended.given.conditions["epilepsy_seizures"].since == date(2021, 6, 7)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"abatementDateTime": "2021-06-07"}, ConditionState.PAST),
        ({"abatementPeriod": {"end": "2021"}}, ConditionState.PAST),
        ({"abatementAge": {"value": 12}}, ConditionState.PAST),
        ({"abatementString": "ongoing"}, ConditionState.ACTIVE),
        ({"abatementString": "2021"}, ConditionState.ACTIVE),
        ({"abatementDateTime": "9999-01-01"}, ConditionState.ACTIVE),
        ({"abatementDateTime": "soon"}, ConditionState.ACTIVE),
        ({"abatementPeriod": {"start": "2021-01-01"}}, ConditionState.ACTIVE),
        ({"abatementAge": {}}, ConditionState.ACTIVE),
        ({"abatementBoolean": False}, ConditionState.ACTIVE),
    ],
)
def test_only_a_real_end_in_the_past_ends_a_condition(imported, changes, state):
    assert _state(imported(condition(*EPILEPSY, clinicalStatus=ABSENT, **changes))) is state


def test_a_status_in_capitals_is_the_status(imported):
    assert _state(imported(condition(*EPILEPSY, clinicalStatus=concept("", "Active")))) is ConditionState.ACTIVE


@pytest.mark.parametrize(
    "changes",
    [
        {"clinicalStatus": concept("", "banana")},
        {"verificationStatus": concept("", "banana")},
        {"modifierExtension": [{"url": "x"}]},
        {"subject": ABSENT},
    ],
)
def test_what_is_not_certain_is_asked_or_counts_as_active_where_nobody_asks(imported, library, changes):
    case = imported(condition(*EPILEPSY, **changes), condition("6471006", "Suicidal thoughts", **changes))
    assert _state(case) is ConditionState.UNKNOWN
    assert "epilepsy_seizures" in case.questions
    assert not library.conditions["suicidality"].ask
    assert _state(case, "suicidality") is ConditionState.ACTIVE


def test_two_versions_of_a_condition_that_cannot_be_ranked_leave_it_to_be_asked(imported):
    case = imported(condition(*EPILEPSY, id="c"), condition("271737000", "Anaemia", id="c"))
    assert _state(case) is ConditionState.UNKNOWN


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_what_was_refuted_or_entered_in_error_is_not_used(imported, status):
    case = imported(condition(*EPILEPSY, verificationStatus=concept("", status)))
    assert _state(case) is None
    assert f"Condition Epilepsy: its verification status is {status}" in case.skipped


@pytest.mark.parametrize("status", ["unconfirmed", "provisional", "differential"])
def test_what_is_not_confirmed_is_unknown_and_still_asked(imported, status):
    case = imported(condition(*EPILEPSY, verificationStatus=concept("", status)))
    assert _state(case) is ConditionState.UNKNOWN
    assert "epilepsy_seizures" in case.questions


def test_the_gravest_state_wins_and_its_latest_day(imported):
    case = imported(
        condition(*EPILEPSY, clinicalStatus=concept("", "resolved"), abatementDateTime="2025-01-01"),
        condition(*EPILEPSY, onsetDateTime="2019-01-01"),
        condition(*EPILEPSY, onsetDateTime="2022"),
    )
    answer = case.given.conditions["epilepsy_seizures"]
    assert (answer.state, answer.since) == (ConditionState.ACTIVE, date(2022, 12, 31))


def test_an_event_without_a_day_leaves_the_day_open(imported):
    case = imported(condition(*EPILEPSY), condition(*EPILEPSY, onsetDateTime=ABSENT))
    assert case.given.conditions["epilepsy_seizures"].since is None


@pytest.mark.parametrize("code", ["G40.909", "G40909", "G40"])
def test_icd10_codes_match_by_their_longest_known_prefix(imported, code):
    display = "Epilepsy, unspecified, not intractable, without status epilepticus"
    assert _state(imported(condition(code, display, ICD10))) is ConditionState.ACTIVE


@pytest.mark.parametrize("code", ["G4", "G40; DROP", "40.9", "G40.909.1.2"])
def test_what_is_no_icd10_code_matches_nothing_by_code(imported, code):
    assert _state(imported(condition(code, "Something", ICD10))) is None


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("Epilepsy", ConditionState.ACTIVE),
        ("known EPILEPSY since childhood", ConditionState.ACTIVE),
        ("History of epilepsy", ConditionState.PAST),
        ("h/o epilepsy", ConditionState.PAST),
        ("Epilepsy in remission", ConditionState.PAST),
        ("Epilepsy, not in remission", ConditionState.ACTIVE),
        ("Epilepsy not resolved", ConditionState.ACTIVE),
        ("40 year old with epilepsy", ConditionState.ACTIVE),
        ("No fever - epilepsy", ConditionState.ACTIVE),
        ("Denies fever; epilepsy", ConditionState.ACTIVE),
        ("Without fever, epilepsy", ConditionState.ACTIVE),
        ("No change in epilepsy", ConditionState.ACTIVE),
        ("Epilepsy - no seizures since May", ConditionState.ACTIVE),
        ("Epilepsy: no medication", ConditionState.ACTIVE),
        ("No epilepsy in 2010; epilepsy since 2020", ConditionState.ACTIVE),
        ("Family history of asthma - epilepsy", ConditionState.ACTIVE),
        ("Epilepsy, lives with partner", ConditionState.ACTIVE),
        ("No evidence of epilepsy", None),
        ("Denies any history of epilepsy", None),
        ("Epilepsy - denied", None),
        ("Fever, no epilepsy", None),
        ("epilepsylike", None),
        ("No epilepsy", None),
        ("Denies epilepsy", None),
        ("Epilepsy ruled out", None),
        ("Epilepsy: denied", None),
        ("Negative for epilepsy", None),
        ("Family history of epilepsy", None),
        ("Mother has epilepsy", None),
        ("Epilepsy (brother)", None),
        ("Suspected epilepsy", ConditionState.UNKNOWN),
        ("? epilepsy", ConditionState.UNKNOWN),
        ("Epilepsy?", ConditionState.UNKNOWN),
        ("Possible epilepsy", ConditionState.UNKNOWN),
        ("Epilepsy (suspected)", ConditionState.UNKNOWN),
        ("Suspected epilepsy - epilepsy since 2020", ConditionState.ACTIVE),
        ("No suspected epilepsy", None),
        ("Mother has suspected epilepsy", None),
        ("At risk of epilepsy", None),
        ("Screening for epilepsy", None),
    ],
)
def test_names_match_as_whole_words_with_an_eye_on_what_stands_around_them(imported, words, state):
    case = imported(condition("", words))
    assert _state(case) is state
    if state:
        assert "matched by name" in case.given.conditions["epilepsy_seizures"].note
    else:
        assert "epilepsy_seizures" in case.questions
        assert any(words in line for line in case.skipped)


def test_an_outright_denial_in_the_text_beside_a_code_is_respected(imported):
    code = concept(SNOMED, *EPILEPSY, "No epilepsy")
    case = imported(condition(*EPILEPSY, code=code))
    assert _state(case) is None
    assert any("it is not so" in line for line in case.skipped)


def test_a_denial_of_something_else_beside_a_code_is_none_of_it(imported):
    code = concept(SNOMED, *EPILEPSY, "No medication - epilepsy")
    assert _state(imported(condition(*EPILEPSY, code=code))) is ConditionState.ACTIVE


def test_one_name_that_is_denied_does_not_hide_another(imported):
    case = imported(condition("", "No epilepsy - schizophrenia"))
    assert (_state(case), _state(case, "psychosis")) == (None, ConditionState.ACTIVE)


def test_a_longer_name_hides_the_shorter_within_it(library):
    catalogue = Catalogue(library).conditions
    nested = [
        (longer, shorter)
        for longer, one in catalogue.words
        for shorter, other in catalogue.words
        if one != other and f" {shorter}" in longer
    ]
    for longer, _ in nested:
        found = {one.id for one in names_in({"text": longer}, catalogue)}
        assert found == {one for name, one in catalogue.words if name == longer}, longer


def test_a_code_that_says_history_of_is_past_even_if_the_entry_is_active(imported, library):
    past = [(one.id, code) for one in library.conditions.values() for code in one.coding.snomed_past]
    for name, code in past:
        assert _state(imported(condition(code.code, code.name)), name) is ConditionState.PAST


def test_every_code_of_the_knowledge_finds_its_condition(imported, library):
    for one in library.conditions.values():
        for code in one.coding.snomed:
            assert one.id in imported(condition(code.code, code.name)).given.conditions
        for code in one.coding.icd10:
            assert one.id in imported(condition(code.code, code.name, ICD10)).given.conditions
        for code in one.coding.icd10_past:
            assert _state(imported(condition(code.code, code.name, ICD10)), one.id) is ConditionState.PAST


def test_every_name_of_the_knowledge_finds_its_condition(imported, library):
    for one in library.conditions.values():
        for name in one.names:
            if len(name) > 3:
                case = imported(condition("", name))
                assert one.id in case.given.conditions, (one.id, name, case.skipped)


# The condition to be treated


def test_the_painful_condition_that_has_been_there_longest_is_taken_and_others_are_said(imported):
    case = imported(
        condition("239872002", "Osteoarthritis of hip", onsetDateTime="2019-01-01"),
        condition("278860009", "Chronic low back pain", onsetDateTime="2012-01-01"),
        condition("82423001", "Chronic pain", onsetDateTime="2001-01-01"),
    )
    assert case.given.indication.condition == "low-back-pain"
    assert any("osteoarthritis-pain" in line for line in case.skipped)
    assert "indication" not in case.questions


@pytest.mark.parametrize(
    "changes",
    [
        {"clinicalStatus": concept("", "resolved")},
        {"verificationStatus": concept("", "provisional")},
        {"verificationStatus": concept("", "entered-in-error")},
    ],
)
def test_only_a_confirmed_present_pain_is_taken_as_the_one_to_treat(imported, changes):
    case = imported(condition("278860009", "Chronic low back pain", **changes))
    assert case.given.indication is None
    assert "indication" in case.questions


def test_nothing_in_the_record_is_no_answer(imported, library):
    case = imported()
    assert not case.given.conditions
    unconditional = {one.id for one in library.conditions.values() if one.ask and one.ask_when is None}
    assert unconditional <= case.questions.keys()
    assert {"medications", "allergies", "failed_treatments", "goals", "indication", "consent"} <= case.questions.keys()
    required = {n for n, k in library.facts.items() if k.required and k.ask and k.kind.value != "derived"}
    assert required <= case.questions.keys()
