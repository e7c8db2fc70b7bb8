"""Errors that a person can act on, sorted by who must act.

Each says where, what is wrong, why it matters and what to do. Anything else that is raised is a bug.
"""


class TitrantError(Exception):
    """A message for people: place, fault, reason and repair, each a plain sentence or phrase."""

    exit_code = 1

    def __init__(self, place: str, fault: str, why: str, repair: str) -> None:
        self.place, self.fault, self.why, self.repair = place, fault, why, repair
        super().__init__(f"{place}\n  {fault}\n  {why}\n  {repair}")


class KnowledgeError(TitrantError):
    """A knowledge file is wrong, damaged, missing or out of date: whoever keeps the knowledge must act."""

    exit_code = 10


class CaseFileError(TitrantError):
    """The given case is unreadable, incomplete in form or contradictory: whoever wrote it must act."""

    exit_code = 11


class NotAllowed(TitrantError):
    """This person may not do this."""

    exit_code = 12


class NotNow(TitrantError):
    """This cannot be done in the present state."""

    exit_code = 13


class Stale(TitrantError):
    """Somebody changed the case meanwhile."""

    exit_code = 14
