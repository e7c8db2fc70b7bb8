"""Days of a running course that cannot be: they would switch a check off in silence, so the case is refused."""

from datetime import date

from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.case import Case
from titrant.terms.calendar import days_later
from titrant.terms.errors import CaseFileError


def plan_end(case: Case, protocol: Protocol, on: date) -> date:
    """The day on which the signed plan ends, after every day that it rests on was looked at. Raises CaseFileError."""
    course = case.given.course
    _check_counts(case, on)
    begun = course.plan_from or course.levels[0].since
    if not begun <= on:
        raise _cannot_be(
            "plan_from",
            f"The present plan is said to run from {begun}, after the day of the decision, {on}.",
            "Then its end would never come, and nobody would be asked to sign again.",
        )
    latest = days_later(begun, protocol.trial.plan_ends_after.value)
    if course.ends is not None and not begun <= course.ends <= latest:
        raise _cannot_be(
            "ends",
            f"The plan from {begun} is said to end on {course.ends}; by the protocol it ends by {latest}.",
            "A later end would put off the signature that the protocol asks for.",
        )
    return course.ends or latest


def _check_counts(case: Case, on: date) -> None:
    for place, one in enumerate(case.given.course.supplies):
        if one.counted_on is not None and not one.counted_on <= on:
            raise _cannot_be(
                f"supplies[{place}].counted_on",
                f"It was counted on {one.counted_on}, after the day of the decision, {on}.",
                "A count that is set aside can hide that more was taken than was signed.",
            )


def _cannot_be(field: str, fault: str, why: str) -> CaseFileError:
    return CaseFileError(f"given.course.{field}", fault, why, "Correct the day, or the day given with --on.")
