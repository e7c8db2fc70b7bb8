"""Which records have messages, newest first: read by the index of kinds, without opening a record."""

from titrant.record.events import Kind
from titrant.storage.models import CaseTeam, Fact

_LOOKED_AT = 600  # newest messages of the clinic that are looked through for the records of these teams


def recent_threads(teams: tuple[str, ...] | None, most: int) -> list[str]:
    """The records of ``teams`` in which somebody wrote lately."""
    newest = Fact.objects.filter(kind=Kind.MESSAGE_SENT.value).order_by("-seq").values_list("case", flat=True)
    cases = list(dict.fromkeys(newest[:_LOOKED_AT]))
    if teams is not None:
        own = set(CaseTeam.objects.filter(team__in=teams, case_id__in=cases).values_list("case_id", flat=True))
        cases = [case for case in cases if case in own]
    return cases[:most]
