"""Reasons, grades and marks: what travels with every clinical value to the screen."""

from decimal import Decimal

import pytest

from titrant.terms.dose import Dose
from titrant.terms.errors import CaseFileError, KnowledgeError, NotAllowed, NotNow, Stale, TitrantError
from titrant.terms.reason import Bar, Finding, Missing, Reason, Severity, Status
from titrant.terms.regimen import Regimen


def test_only_what_is_not_sourced_carries_a_mark():
    assert Status.SOURCED.mark == ""
    assert Status.UNVERIFIED.mark == " [unverified]"
    assert Status.PROPOSAL.mark == " [proposal]"


def test_grades_stand_in_order_of_seriousness():
    assert [grade.value for grade in Severity] == ["stop", "specialist", "caution", "note", "not_checked"]


def test_what_a_finding_may_bar():
    assert [bar.value for bar in Bar] == ["refuses", "until_settled", "none"]


def test_a_reason_says_nothing_that_it_was_not_told():
    bare = Reason("code", "rule")
    assert (bare.facts, bare.source, bare.status) == ({}, "", Status.SOURCED)
    found = Finding("code", Severity.STOP, Bar.REFUSES, "rule")
    assert (found.facts, found.source, found.status) == ({}, "", Status.SOURCED)
    assert Missing("weight", "old").facts == {}


def test_a_regimen_counts_the_day_and_the_week():
    regimen = Regimen("oral", "Capsule", Dose(Decimal("12.5")), 3, 5, Decimal(1), "capsule")
    assert regimen.daily == Dose(Decimal("37.5"))
    assert regimen.weekly == Dose(Decimal("187.5"))


def test_an_error_names_place_fault_reason_and_repair():
    error = TitrantError("here", "this is wrong", "it matters", "do that")
    assert (error.place, error.fault, error.why, error.repair) == ("here", "this is wrong", "it matters", "do that")
    assert str(error) == "here\n  this is wrong\n  it matters\n  do that"


def test_each_family_of_errors_has_its_own_exit_code():
    families = (TitrantError, KnowledgeError, CaseFileError, NotAllowed, NotNow, Stale)
    assert [one.exit_code for one in families] == [1, 10, 11, 12, 13, 14]


@pytest.mark.parametrize(
    ("held", "field"),
    [
        (Reason("code", "rule"), "code"),
        (Finding("code", Severity.STOP, Bar.REFUSES, "rule"), "severity"),
        (Missing("weight", "old"), "fact"),
        (Regimen("oral", "Capsule", Dose(Decimal(1)), 3, 5, Decimal(1), "capsule"), "dose"),
    ],
)
def test_what_was_found_does_not_change(held, field):
    with pytest.raises(AttributeError, match="immutable"):
        setattr(held, field, None)
