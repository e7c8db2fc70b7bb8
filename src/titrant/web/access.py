"""Who may open what: the shape of the policy table's rows, and who is asking."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from titrant.record.events import Actor, Role
from titrant.terms.errors import NotAllowed


class Reach(StrEnum):
    """Whose record an address shows."""

    NONE = "none"  # nobody's: the clinic's own pages
    TEAM = "team"  # one of a care team that the member of staff belongs to
    ANY = "any"  # any record of the clinic (auditor)
    OWN = "own"  # the patient's own, by their device


STAFF = frozenset({Role.PRESCRIBER, Role.NURSE, Role.PHARMACIST, Role.ADMINISTRATOR, Role.AUDITOR})
CLINICAL = frozenset({Role.PRESCRIBER, Role.NURSE, Role.PHARMACIST})
CARING = frozenset({Role.PRESCRIBER, Role.NURSE})
PRESCRIBERS = frozenset({Role.PRESCRIBER})
PHARMACISTS = frozenset({Role.PHARMACIST})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
AUDITORS = frozenset({Role.AUDITOR})
PATIENTS = frozenset({Role.PATIENT})
EVERYBODY: frozenset[Role] = frozenset()  # without a session: only what shows nothing of anybody


class Route(Struct, frozen=True):
    """One row: an address, who may open it, and whose record it shows.

    ``path`` is Django's; an address with ``<uuid:case>`` shows a record. ``writes`` are the methods that change
    something; every such call and every view of a record leaves a line in the log.
    """

    path: str
    view: Callable[..., Any]
    name: str
    roles: frozenset[Role]
    reach: Reach = Reach.NONE
    methods: tuple[str, ...] = ("GET",)
    # What stays open to somebody whom nothing but an emergency lets in: what helps now, and nothing that lasts longer.
    # None unless the row says so, so that a new address is closed to them.
    in_emergency: tuple[str, ...] = ()
    logged: bool = True  # False only where the call itself appends a fact that says who and when, and shows nothing


class Visitor(Struct, frozen=True):
    """Who is asking, read from the database at each request."""

    actor: Actor
    teams: tuple[str, ...] = ()
    case: str = ""  # a patient's own
    opened: tuple[str, ...] = ()  # records opened in an emergency, outside the care team, for a few hours

    @property
    def sees_teams(self) -> tuple[str, ...] | None:
        """The teams whose records this person may list; None: all of them."""
        return None if self.actor.role is Role.AUDITOR else self.teams


def in_by_emergency(visitor: Visitor | None, case_teams: tuple[str, ...] | None, case: str) -> bool:
    """Whether nothing but an emergency opens the record of ``case`` to ``visitor``."""
    if visitor is None or case not in visitor.opened:
        return False
    return not set(case_teams or ()) & set(visitor.teams)


def belongs_to_the_team() -> NotAllowed:
    """What somebody who came in by an emergency alone is told where an act would last longer than the emergency."""
    return NotAllowed(
        "emergency access", "This belongs to the patient's care team; an emergency does not open it.",
        "You are let in for four hours. A phone, a paper, a copy, a supply, a rise or a closed task would last longer.",
        "Care for the person now: read, record what you measure or give, suspend or lower the plan. "
        "For anything else call the care team.",
    )  # fmt: skip


def may(route: Route, visitor: Visitor | None, case_teams: tuple[str, ...] | None, case: str = "") -> bool:
    """Whether ``visitor`` may open ``route`` for a case of ``case_teams`` (None: there is no such case)."""
    if not route.roles:
        return True
    if visitor is None or visitor.actor.role not in route.roles:
        return False
    match route.reach:
        case Reach.NONE:
            return True
        case Reach.OWN:
            return bool(visitor.case) and case in ("", visitor.case)
        case Reach.TEAM:
            return case_teams is not None and (bool(set(case_teams) & set(visitor.teams)) or case in visitor.opened)
        case Reach.ANY:
            return case_teams is not None
