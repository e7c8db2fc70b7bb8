"""What the patient's phone may show: each day's signed dose, what was written of the last days, what is asked, whom to
call. Everything is taken from signatures whose seals were just checked; nothing here works out a dose."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from titrant.clinic.acts.verifying import SignedPlan, sealed_content, verified_plan
from titrant.clinic.office import Office
from titrant.clinic.signs import told_from
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.phone import PhoneWords
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import Event, Kind, Role, instant_text
from titrant.record.folding import Record
from titrant.record.seal import Broken, check
from titrant.record.states import State
from titrant.record.steps import CHANGING, Step, laid, step_on
from titrant.record.summary import Person
from titrant.terms.calendar import whole_days
from titrant.terms.canonical import Json
from titrant.terms.errors import TitrantError
from titrant.terms.numbers import parse_decimal, plain
from titrant.terms.quantity import Quantity

_ONE_DAY = timedelta(days=1)
_PARTS = {Decimal("0.25"): "0.25", Decimal("0.5"): "0.5", Decimal("0.75"): "0.75"}


class Standing(Struct, frozen=True, kw_only=True):
    """Whether there is a plan to follow: its status as a word of the wording files (plan_NAME), and its facts."""

    status: str  # on_plan, none, suspended, ended, over, not_begun, broken
    facts: dict[str, str]
    plan: SignedPlan | None = None


def local_day(office: Office, person: Person) -> date:
    """The day where the patient lives."""
    return office.now().astimezone(zone_of(office, person)).date()


def local_now(office: Office, case: str) -> datetime:
    """The time where the patient of ``case`` lives."""
    return office.now().astimezone(zone_of(office, office.store.summary(case).person))


def zone_of(office: Office, person: Person) -> ZoneInfo:
    return ZoneInfo(person.zone or office.settings.zone)


def standing(office: Office, record: Record, on: date) -> Standing:
    """Where the plan of ``record`` stands on a day. A plan that is not what was signed is none."""
    state = record.summary.state
    if state in (State.SUSPENDED, State.ENDED):
        return Standing(status=state.value, facts={})
    if not record.summary.plan:
        return Standing(status="none", facts={})
    try:
        plan = verified_plan(office, record)
    except Broken:
        return Standing(status="broken", facts={})
    except TitrantError:
        return Standing(status="none", facts={})
    if plan.ends and not on < date.fromisoformat(plan.ends):
        return Standing(status="over", facts={"day": plan.ends})
    if dose_on(office, record, on) is None and on < date.fromisoformat(plan.starts):
        return Standing(status="not_begun", facts={"day": plan.starts}, plan=plan)
    return Standing(status="on_plan", facts={}, plan=plan)


def dose_on(office: Office, record: Record, day: date) -> Step | None:
    """The signed dose of ``day``, by the newest signature that had begun; None on a day without one."""
    return _of_day(signed_steps(office, record), day)


def _of_day(steps: tuple[Step, ...], day: date) -> Step | None:
    step = step_on(steps, day)
    return step if step is not None and step.takes_dose(day) else None


def signed_steps(office: Office, record: Record) -> tuple[Step, ...]:
    """What may be followed from which day to which, of signatures whose seals hold now.

    Each signature overtakes what was signed for its days before it; a suspension and an end cut off what they find;
    only what is signed after them begins again.
    """
    return next(reversed([steps for _, steps in steps_at(office, record, *CHANGING)]), ())


def steps_at(office: Office, record: Record, *kinds: Kind) -> Iterator[tuple[Event, tuple[Step, ...]]]:
    """Each event of ``kinds`` with what was signed for which days when it happened, itself included."""
    steps: tuple[Step, ...] = ()
    for event in record.of(*CHANGING, *kinds):
        if event.kind in CHANGING and (event.kind is not Kind.SIGNED or _holds(office, event)):
            steps = laid(steps, event, office.day_of(event.at))
        if event.kind in kinds:
            yield event, steps


def _holds(office: Office, event: Event) -> bool:
    try:
        check(sealed_content(event), event.body["seal"], office.keys)
    except (Broken, KeyError, TypeError):
        return False
    return True


# In words


def pieces_words(words: PhoneWords, pieces: Decimal, unit: str) -> str:
    """``0.25, troche`` as "a quarter of a troche", in the patient's language."""
    single, many = words.say(f"unit_{unit}"), words.say(f"units_{unit}")
    whole, part = divmod(pieces, 1)
    if unit == "mL" or (part and part not in _PARTS):
        return words.say("part_many", n=plain(pieces), units=many)
    if part and not whole:
        return words.say(f"part_{_PARTS[part]}", unit=single)
    if part:
        units = words.say(f"units_one_and_{unit}") if whole == 1 else many
        return words.say(f"part_and_{_PARTS[part]}", n=plain(whole), units=units)
    return words.say("part_one", unit=single) if whole == 1 else words.say("part_many", n=plain(whole), units=many)


def dose_words(words: PhoneWords, said: dict[str, str]) -> str:
    pieces = pieces_words(words, parse_decimal(said["pieces_per_dose"]), said["piece_unit"])
    return words.say("dose_amount", mg=said["dose_mg"], pieces=pieces)


def times_words(words: PhoneWords, times: int) -> str:
    named = f"dose_times_{times}"
    return words.say(named) if named in words.words else words.say("dose_times_many", n=times)


def how_words(words: PhoneWords, person: Person, said: dict[str, str]) -> str:
    """How it is taken, as the clinic set it; where it did not, that is said."""
    if said["piece_unit"] != "troche":
        return words.say("how_swallow")
    if person.how_to_take in ("swallow", "spit") and person.hold_minutes:
        return words.say(f"how_hold_{person.how_to_take}", minutes=person.hold_minutes)
    return words.say("how_ask")


# What the phone keeps


def phone_state(office: Office, case: str) -> Json:
    """Everything that the phone shows and keeps for its owner, encrypted, until it reaches the clinic again."""
    record = office.store.open(case)
    person, form = record.summary.person, office.library.diary_form
    words = office.library.phone.of(person.language)
    today = local_day(office, person)
    back, ahead = whole_days(form.days_back.value), whole_days(form.plan_trusted.value)
    found = standing(office, record, today)
    return {
        "case": case, "checked": instant_text(office.now()), "checked_on": today.isoformat(),
        "status": found.status, "status_text": _status_text(words, found),
        "plan": _plan(office, words, record, found, today),
        "days": _days(office, record, words, found, today, back, ahead),
        "asks": _asks(office, record, person, today), "entries": list(_entries(record, today - _ONE_DAY * back)),
        "clinic": _clinic(office, words), "unread": _unread(record),
    }  # fmt: skip


def _status_text(words: PhoneWords, found: Standing) -> str:
    if found.status == "on_plan":
        return ""
    return words.say(f"plan_{found.status}", **{name: words.date(value) for name, value in found.facts.items()})


def _plan(office: Office, words: PhoneWords, record: Record, found: Standing, today: date) -> Json:
    """The newest signature, by its step that holds today or is the next to begin, and those that follow on it."""
    plan = found.plan
    if plan is None:
        return None
    steps = [{"from": plan.starts, "regimen": plan.regimen}, *(plan.content.get("steps") or ())]
    place = max(sum(one["from"] <= today.isoformat() for one in steps) - 1, 0)
    since, regimen = steps[place]["from"], steps[place]["regimen"]
    later = [
        words.say("plan_later", day=words.date(one["from"]), dose=f"{dose_words(words, one['regimen'])}, "
                  f"{times_words(words, int(one['regimen']['times_per_day']))}")
        for one in steps[place + 1 :]
    ]  # fmt: skip
    return {
        "number": plan.number, "read": record.summary.read, "starts": since, "ends": plan.ends,
        "amount": dose_words(words, regimen), "times": times_words(words, int(regimen["times_per_day"])),
        "how": how_words(words, record.summary.person, regimen), "product": regimen["product"],
        "most": words.say("plan_most", mg=regimen["daily_mg"]), "later": later,
        "signed": words.say("plan_signed", name=plan.printed_name, day=words.date(office.day_of(plan.at).isoformat())),
    }  # fmt: skip


def _days(
    office: Office, record: Record, words: PhoneWords, found: Standing, today: date, back: int, ahead: int
) -> Json:
    """The dose of each day that may be written of, and of the few days for which this answer may be trusted.

    Without a plan in force no dose is shown from today on; what was signed for the days before was taken, or not.
    """
    over = found.status in ("suspended", "ended", "over")
    steps = signed_steps(office, record) if found.plan is not None or over else ()
    sessions = {one["on"] for one in record.tree["given"].get("parenteral") or ()}
    waits = _waits_for_the_clinic(office, record)
    days: dict[str, Json] = {}
    for offset in range(-back, ahead + 1):
        day = today + _ONE_DAY * offset
        step = None if over and not day < today else _of_day(steps, day)
        dose = None if step is None else _dose(words, record.summary.person, step.regimen)
        if dose is not None and day.isoformat() in sessions:
            dose["not_asked"] = words.say("session_day", day=words.date(day.isoformat()))
        if dose is not None and not day < today and waits:
            dose["not_asked"] = words.say("emergency_do")
        days[day.isoformat()] = dose
    return days


def _waits_for_the_clinic(office: Office, record: Record) -> bool:
    """Whether a red flag was told that nobody has dealt with: who was told to take no more is asked for no dose."""
    red = {sign.code for sign in office.library.triage.signs if sign.flags}
    return any(task.code in red for task in record.summary.tasks.values())


def _dose(words: PhoneWords, person: Person, said: dict[str, str]) -> Json:
    """A dose as it was signed. ``not_asked``: why it is not asked for on its day, though it may be written down."""
    troche = said["piece_unit"] == "troche"
    return {
        "mg": said["dose_mg"], "pieces": said["pieces_per_dose"], "unit": said["piece_unit"],
        "units": words.say(f"units_{said['piece_unit']}"), "times": int(said["times_per_day"]),
        "amount": dose_words(words, said), "times_text": times_words(words, int(said["times_per_day"])),
        "product": said["product"], "how": how_words(words, person, said), "not_asked": "",
        "hold": person.hold_minutes if troche and person.how_to_take in ("swallow", "spit") else 0,
        "then": {"swallow": "swallowed", "spit": "spat"}.get(person.how_to_take, "") if troche else "",
    }  # fmt: skip


def _asks(office: Office, record: Record, person: Person, today: date) -> Json:
    form = office.library.diary_form
    every = whole_days(form.peg_every.value)
    peg = max([*_peg_days(record), record.summary.plan_from or today.isoformat()])
    goals = record.tree["given"].get("goals") or []
    judged = office.store.judged(record.summary.case)
    pressure = office.library.checks["blood_pressure"].title
    due = judged is not None and pressure in judged.overdue
    hours = form.yesterday_until.value.to("hours").value
    return {
        "activity": person.activity or (goals[0] if goals else ""),
        "peg": not today < date.fromisoformat(peg) + _ONE_DAY * every,
        "pressure": due, "pressure_limits": list(_pressure_limits(office.library)), "yesterday_until": int(hours),
        "days_back": whole_days(form.days_back.value), "told_from": told_from(office.library),
    }  # fmt: skip


def _pressure_limits(library: Library) -> Iterator[Json]:
    """From which pressure on the patient is told at once what to do: the bands that open a task for staff."""
    told = {code for sign in library.triage.signs for code in sign.bands}
    for band in library.conditions["blood_pressure"].bands:
        if band.code in told:
            held = {one.fact.rpartition(".")[2]: Quantity.parse(one.value).value for one in band.when.any}
            if {"systolic", "diastolic"} <= held.keys():
                yield {"upper": int(held["systolic"]), "lower": int(held["diastolic"])}


def _peg_days(record: Record) -> Iterator[str]:
    """Days of which the three questions are on record, in the clinic or in the diary."""
    given = record.tree["given"]
    asked = (given.get("questionnaires") or {}).get("peg") or []
    yield from (one["on"] for one in (asked if isinstance(asked, list) else [asked]) if one.get("on"))
    yield from (one["day"] for one in given.get("diary") or () if one.get("peg"))


def _entries(record: Record, first: date) -> Iterator[Json]:
    """What was written of the last days, in short: so that no phone asks for the same dose twice."""
    for one in record.tree["given"].get("diary") or ():
        if first.isoformat() <= one["day"]:
            yield {
                "id": one.get("id", ""), "day": one["day"], "taken": one.get("taken", ""),
                "doses": [{"what": dose["what"], "at": dose.get("at", "")} for dose in one.get("doses") or ()],
                "pain": (one.get("pain") or {}).get("average", -1), "daily": bool(one.get("pain")),
                "bp": bool(one.get("blood_pressure")),
            }  # fmt: skip


def _clinic(office: Office, words: PhoneWords) -> Json:
    own = office.settings
    who, when = readers(own, words)
    return {
        "name": own.name, "phone": own.phone, "emergency": office.emergency_phone, "on_call": own.on_call,
        "read_by": who, "read_when": when,
    }  # fmt: skip


def readers(own: ClinicSettings, words: PhoneWords) -> tuple[str, str]:
    """Who reads entries, when, and on which days the clinic is closed.

    In the clinic's own words; what it has not set, in the patient's language.
    """
    unset = ClinicSettings()
    who = words.say("read_by_nurses") if own.read_by == unset.read_by else own.read_by
    when = words.say("read_on_working_days") if own.read_when == unset.read_when else own.read_when
    closed = ", ".join(words.say(f"weekday_{day}") for day in sorted(own.closed_weekdays))
    return who, words.say("read_but_closed", when=when, days=closed) if closed else when


def _unread(record: Record) -> int:
    """Messages of the clinic that the patient has not opened."""
    seen = max((one.body["up_to"] for one in record.of(Kind.MESSAGE_READ) if one.by.role is Role.PATIENT), default=0)
    return sum(1 for one in record.of(Kind.MESSAGE_SENT) if one.by.role is not Role.PATIENT and seen < one.number)
