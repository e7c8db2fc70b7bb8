"""Making the demo clinic: staff, settings, and patients with their stories, all on the true chain."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from titrant.app.demo.cast import CAST, member
from titrant.app.demo.names import person
from titrant.app.demo.signed import Signer
from titrant.app.demo.stories import Story, stories
from titrant.app.demo.told import Patient, Told, tell
from titrant.clinic.office import Office
from titrant.record.events import CLINIC, Draft, Kind, Role

_SETTINGS = {
    "name": "Demo clinic (synthetic)", "address": "1 Example Street, Nowhere", "phone": "000 0000",
    "read_by": "the clinic's nurses", "read_when": "on working days",
    "red_flag_to": ["on-call@demo.invalid", "prescriber@demo.invalid"],
}  # fmt: skip


def told(count: int, office: Office) -> Iterator[Told]:
    """``count`` patients: each story once, then those that repeat, with other names."""
    all_stories = stories(office.today)
    repeated = cycle([one for one in all_stories if one.filler])
    signer = Signer(office.library, office.key, office.today)
    chosen: list[Story] = [*all_stories, *islice(repeated, max(0, count - len(all_stories)))][:count]
    first: set[str] = set()
    for number, story in enumerate(chosen, 1):
        again = story.id in first
        own = person(number, story.person) if again else story.person
        first.add(story.id)
        yield tell(story, Patient(number, own, swing=again), signer, office.today)


def make_staff() -> None:
    from titrant.storage.models import Staff, TeamMember
    from titrant.storage.people import DEMO_PASSWORD

    for one in CAST:
        staff = Staff(id=one.id, email=one.email, name=one.name, role=one.role.value, synthetic=True)
        staff.set_password(DEMO_PASSWORD)
        staff.save()
        TeamMember.objects.bulk_create(TeamMember(staff=staff, team=team) for team in one.teams)


def make_settings(office: Office) -> None:
    opened = datetime.combine(office.today - timedelta(days=800), datetime.min.time(), UTC)
    change = Draft(Kind.SETTINGS_CHANGED, {"changes": _SETTINGS}, member(Role.ADMINISTRATOR), opened)
    office.store.append(CLINIC, [change], expected=0)


def make_stock(office: Office) -> None:
    """Three lots on the shelf, so that a supply can be entered from the book."""
    came = datetime.combine(office.today - timedelta(days=20), datetime.min.time(), UTC)
    until = (office.today + timedelta(days=160)).isoformat()
    lots = (
        ("oral-solution-10", "10 mg/mL", "mL", "D-1001", "2000"),
        ("troche-quarters", "20 mg", "troche", "D-2001", "600"),
        ("capsule", "10 mg", "capsule", "D-3001", "300"),
    )
    lines = [
        {
            "product": {"family": family, "strength": strength, "content": "base"},
            "lot": lot,
            "quantity": many,
            "unit": unit,
            "beyond_use": until,
            "where": "shelf",
            "on": came.date().isoformat(),
            "why": "maker of the demo (synthetic)",
        }
        for family, strength, unit, lot, many in lots
    ]
    drafts = [Draft(Kind.STOCK_RECEIVED, line, member(Role.PHARMACIST), came) for line in lines]
    office.store.append(CLINIC, drafts, expected=None)


def make(count: int, office: Office) -> int:
    """Fill an empty clinic with ``count`` synthetic patients. How many events that were."""
    from titrant.storage.bulk import append_many

    make_staff()
    make_settings(office)
    make_stock(office)
    return append_many((one.case, one.drafts) for one in told(count, office))
