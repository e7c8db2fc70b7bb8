"""The synthetic staff of the demo, one of every role, in two care teams, and how they sign in."""

from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct

from titrant.record.events import Actor, Role

TEAMS = ("North team (synthetic)", "South team (synthetic)")


class Member(Struct, frozen=True):
    """A member of staff of the demo."""

    email: str
    name: str
    role: Role
    teams: tuple[str, ...]

    @property
    def id(self) -> UUID:
        return uuid5(NAMESPACE_URL, f"titrant/demo/{self.email}")

    @property
    def actor(self) -> Actor:
        return Actor(str(self.id), self.name, self.role)


CAST = (
    Member("prescriber@demo.invalid", "Dr Petra Salt (synthetic)", Role.PRESCRIBER, TEAMS),
    Member("second@demo.invalid", "Dr Samir Stone (synthetic)", Role.PRESCRIBER, TEAMS),
    Member("nurse@demo.invalid", "Nora Kettle, nurse (synthetic)", Role.NURSE, TEAMS),
    Member("south-nurse@demo.invalid", "Sven Ladle, nurse (synthetic)", Role.NURSE, (TEAMS[1],)),
    Member("pharmacist@demo.invalid", "Phil Mortar, pharmacist (synthetic)", Role.PHARMACIST, TEAMS),
    Member("administrator@demo.invalid", "Adele Ledger (synthetic)", Role.ADMINISTRATOR, TEAMS),
    Member("auditor@demo.invalid", "Otto Ruler (synthetic)", Role.AUDITOR, TEAMS),
)


def member(role: Role) -> Actor:
    """The first of that role."""
    return next(one.actor for one in CAST if one.role is role)
