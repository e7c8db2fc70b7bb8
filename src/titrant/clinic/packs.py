"""What the law of the place says to signing, supplying and printing. Pure: pack, facts and day in, faults out.

A pack (knowledge/data/jurisdictions) holds the points with their words and sources; here is how each is judged. A fault
either refuses or warns; where a written reason lifts it, the reason is given under the fault's code and is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct, structs

from titrant.explain.amounts import number_in_words
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.jurisdictions import Jurisdiction, PlaceRule, Point, Proposals
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import Event, Kind
from titrant.record.folding import Record
from titrant.terms.calendar import last_day_within, whole_days
from titrant.terms.canonical import Json
from titrant.terms.errors import KnowledgeError, NotAllowed
from titrant.terms.numbers import parse_decimal, plain
from titrant.terms.reason import Status

Reasons = Mapping[str, str]  # code of a fault to the written reason


class PlaceFault(Struct, frozen=True, kw_only=True):
    """What the law of the place says against an act. ``reason`` is what somebody wrote to lift it."""

    code: str
    refuses: bool
    text: str
    source: str
    status: Status
    takes_reason: bool = False
    reason: str = ""

    @property
    def stands(self) -> bool:
        """Whether the act must not be done."""
        return self.refuses and not self.reason


def pack_of(settings: ClinicSettings, library: Library) -> Jurisdiction:
    """The pack that the clinic has chosen. Raises KnowledgeError where there is none of that name."""
    found = library.jurisdictions.get(settings.pack)
    if found is None:
        raise KnowledgeError(
            "settings: pack",
            f"There is no pack {settings.pack[:20]!r}.",
            "Without it nobody looks after the points of law.",
            f"Choose one of {', '.join(sorted(library.jurisdictions))}.",
        )
    return found


def check_stands(faults: Sequence[PlaceFault], pack: Jurisdiction, what: str) -> None:
    """Raises NotAllowed where a fault stands."""
    standing = [one for one in faults if one.stands]
    if standing:
        reasons = any(one.takes_reason for one in standing)
        raise NotAllowed(
            what,
            " ".join(one.text for one in standing),
            f"The pack of this clinic is that of: {pack.title}.",
            "Write the reason, or put right what is missing." if reasons else "Put right what is missing.",
        )


def reasons_given(faults: Sequence[PlaceFault]) -> dict[str, str]:
    """The written reasons, for the log."""
    return {one.code: one.reason for one in faults if one.reason}


def emergency_phone(settings: ClinicSettings, pack: Jurisdiction) -> str:
    """What a patient calls at once: the clinic's own number, else that of the place; empty where neither is known."""
    return settings.emergency_phone.strip() or pack.emergency_phone.value


def proposals_refused(settings: ClinicSettings, pack: Jurisdiction) -> str:
    """Why this clinic shows no proposals; empty where it does."""
    if not settings.engine_on:
        return "The clinic has switched proposals off; what is done is recorded."
    if pack.proposals.value is Proposals.NAMED_MANUFACTURER and not _named(settings):
        return (
            f"{pack.title}: software that informs a decision on therapy is a medical device. Proposals stay off until "
            "the clinic's settings name its manufacturer and the number of its certificate."
        )
    return ""


def _named(settings: ClinicSettings) -> bool:
    return bool(settings.manufacturer.strip() and settings.certificate.strip())


def device_line(settings: ClinicSettings) -> str:
    """Manufacturer and certificate, printed on each proposal; empty where none is named."""
    return f"Manufacturer {settings.manufacturer}, certificate {settings.certificate}" if _named(settings) else ""


# Signing


def sign_faults(
    pack: Jurisdiction, record: Record, content: Json, settings: ClinicSettings, on: date, reasons: Reasons
) -> tuple[PlaceFault, ...]:
    """What the place says against signing ``content`` (what would be signed) on ``on``."""
    found = (
        *_consent(pack, record),
        *_in_person(pack, record, on),
        *_how_seen(pack, record, on),
        *_monitoring(pack, record, settings, on),
        *_directions(pack, content),
        *_issued(pack, content, on),
        *_days_supply(pack, int(content["regimen"]["supply_days"])),
    )
    return _with_reasons(found, reasons)


def _consent(pack: Jurisdiction, record: Record) -> Iterator[PlaceFault]:
    rule = pack.rule(Point.CONSENT)
    if rule and _is_first(record) and _answered(record, "consent")[0] != "yes":
        yield _fault(rule, {})


def _in_person(pack: Jurisdiction, record: Record, on: date) -> Iterator[PlaceFault]:
    rule = pack.rule(Point.IN_PERSON_VISIT)
    if rule is None or not _is_first(record) or _seen_in_person(record, on):
        return
    over = rule.until is None or not on <= rule.until
    yield _fault(rule, {"until": str(rule.until)}, refuses=over)


def _seen_in_person(record: Record, on: date) -> bool:
    word, day = _answered(record, "seen_in_person")
    return word == "yes" and day is not None and day <= on


_HOW_SEEN = {
    "seen_how": "how the person was seen", "seen_where": "where the person was",
    "identity_checked": "whether the identity was checked",
}  # fmt: skip


def _how_seen(pack: Jurisdiction, record: Record, on: date) -> Iterator[PlaceFault]:
    """What is kept of a first plan for somebody who was not seen in person."""
    rule = pack.rule(Point.HOW_SEEN)
    if rule is None or not _is_first(record) or _seen_in_person(record, on):
        return
    left = [said for name, said in _HOW_SEEN.items() if not _answered(record, name)[0]]
    if left:
        yield _fault(rule, {"open": ", ".join(left)})


def _monitoring(pack: Jurisdiction, record: Record, settings: ClinicSettings, on: date) -> Iterator[PlaceFault]:
    rule = pack.rule(Point.MONITORING_CHECK)
    if rule is None or rule.value is None:
        return
    word, day = _answered(record, "prescription_monitoring")
    within = timedelta(days=whole_days(rule.value))
    checked = word.startswith("checked") and day is not None and on - within <= day <= on
    if not checked:
        facts = {"last": str(day or "never, as far as is recorded"), "within": str(rule.value)}
        yield _fault(rule, facts, refuses=settings.check_monitoring)


def _directions(pack: Jurisdiction, content: Json) -> Iterator[PlaceFault]:
    rule = pack.rule(Point.PLAIN_DIRECTIONS)
    text = " ".join(str(content.get("text", "")).casefold().split())
    said = [word for word in rule.words if word in text] if rule else []
    if rule and said:
        yield _fault(rule, {"words": " and ".join(f'"{word}"' for word in said)})


def _issued(pack: Jurisdiction, content: Json, on: date) -> Iterator[PlaceFault]:
    """A plan may begin later than it is signed, never earlier."""
    rule = pack.rule(Point.ISSUED_TODAY)
    starts = str(content.get("starts", ""))
    if rule and starts and not on.isoformat() <= starts:
        yield _fault(rule, {"issued": starts, "today": on.isoformat()})


def _days_supply(pack: Jurisdiction, days: int) -> Iterator[PlaceFault]:
    rule = pack.rule(Point.SUPPLY_ADVISED)
    if rule and rule.value and not days <= whole_days(rule.value):
        yield _fault(rule, {"days": str(days), "most": str(whole_days(rule.value))})


def _is_first(record: Record) -> bool:
    return not record.of(Kind.SIGNED)


def _answered(record: Record, name: str) -> tuple[str, date | None]:
    """The word of an answer on record and its day; an answer without a day of its own has that of all answers."""
    given = record.tree["given"]
    written = (given.get("answers") or {}).get(name)
    word = written.get("answer", "") if isinstance(written, dict) else written or ""
    day = (written.get("on") if isinstance(written, dict) else None) or given.get("answered_on")
    return str(word), date.fromisoformat(str(day)) if day else None


# Supplying


class Fills(Struct, frozen=True, kw_only=True):
    """What was supplied on one signature, and until when the place lets it be filled."""

    issued: date
    supplies: int
    refills_used: int  # supplies after the first
    refills_most: int | None  # None: the place says nothing
    last_day: date | None


def fills_of(pack: Jurisdiction, issued: date, supplies: int) -> Fills:
    refills, within = pack.rule(Point.REFILLS), pack.rule(Point.FILL_WITHIN)
    return Fills(
        issued=issued,
        supplies=supplies,
        refills_used=max(supplies - 1, 0),
        refills_most=int(refills.value.value) if refills and refills.value else None,
        last_day=last_day_within(issued, within.value) if within and within.value else None,
    )


def supplies_on(record: Record, plan: Event) -> tuple[Event, ...]:
    """The supplies handed out on one signature; a line that was corrected to nothing does not count."""
    undone = {one.body["corrects"] for one in record.of(Kind.SUPPLY_CORRECTED) if one.body["pieces"] == "0"}
    return tuple(
        event
        for event in record.of(Kind.SUPPLIED)
        if event.body.get("plan", plan.number) == plan.number and event.number > plan.number
        if event.number not in undone
    )


def supply_faults(pack: Jurisdiction, fills: Fills, days: int, on: date, reasons: Reasons) -> tuple[PlaceFault, ...]:
    """What the place says against one more supply for ``days`` on ``on``."""
    return _with_reasons((*_refills(pack, fills), *_fill_within(pack, fills, on), *_days_supply(pack, days)), reasons)


def _refills(pack: Jurisdiction, fills: Fills) -> Iterator[PlaceFault]:
    rule, most = pack.rule(Point.REFILLS), fills.refills_most
    if rule and most is not None and fills.supplies and not fills.refills_used + 1 <= most:
        yield _fault(rule, {"used": str(fills.refills_used), "most": str(most)})


def _fill_within(pack: Jurisdiction, fills: Fills, on: date) -> Iterator[PlaceFault]:
    rule = pack.rule(Point.FILL_WITHIN)
    if rule and fills.last_day and not on <= fills.last_day:
        yield _fault(rule, {"issued": str(fills.issued), "last": str(fills.last_day)})


# Printing


def quantity_words(pieces: str, unit: str) -> str:
    """A quantity in figures and words: ``21 (twenty-one) troches``, ``31.5 (thirty-one point five) mL``."""
    return f"{number_in_words(parse_decimal(pieces))} {unit if unit == 'mL' or pieces == '1' else f'{unit}s'}"


def paper_fields(
    pack: Jurisdiction, record: Record, content: Json, settings: ClinicSettings, prescriber: Mapping[str, str]
) -> dict[str, str]:
    """The fields of a prescription, as they would be printed.

    Args:
        prescriber: name, registration and address of whoever signs.
    """
    person, regimen = record.summary.person, content["regimen"]
    quantity = content.get("quantity") or {}
    unit = str(quantity.get("unit", ""))
    each = plain(Decimal(regimen["piece_mg"]))
    return {
        "patient": person.name,
        "address": person.address,
        "drug": "ketamine",
        "strength": f"{each} mg/mL" if unit == "mL" else f"{each} mg of ketamine base a piece",
        "form": unit if unit != "mL" else "oral solution",
        "quantity": quantity_words(str(quantity["pieces"]), unit) if quantity.get("pieces") else "",
        "directions": str(content.get("text", "")),
        "prescriber": str(prescriber.get("name", "")),
        "prescriber address": str(prescriber.get("address", "")) or settings.address,
        "registration": str(prescriber.get("registration", "")),
        "issued": str(content.get("signed_on", "") or content.get("starts", "")),
        "schedule": pack.schedule.value,
        "transmits": pack.transmits.value,
    }


def paper_faults(pack: Jurisdiction, fields: Mapping[str, str]) -> tuple[PlaceFault, ...]:
    """What the place says against printing a prescription with these fields."""
    return (*_empty_fields(pack, fields), *_quantity_faults(pack, fields))


def _empty_fields(pack: Jurisdiction, fields: Mapping[str, str]) -> Iterator[PlaceFault]:
    rule = pack.rule(Point.PAPER_FIELDS)
    for name in rule.words if rule else ():
        if rule and not fields.get(name, "").strip():
            yield _fault(rule, {"field": name})


def _quantity_faults(pack: Jurisdiction, fields: Mapping[str, str]) -> Iterator[PlaceFault]:
    in_words, liquid = pack.rule(Point.QUANTITY_IN_WORDS), pack.rule(Point.ML_FOR_LIQUID)
    quantity = fields.get("quantity", "").strip()
    figures, _, rest = quantity.partition(" ")
    if in_words and quantity and not _says_the_same(figures, rest):
        yield _fault(in_words, {"quantity": quantity})
    if liquid and "solution" in fields.get("form", "") and quantity and not quantity.endswith("mL"):
        yield _fault(liquid, {})


def _says_the_same(figures: str, rest: str) -> bool:
    """Whether the words behind the figures are those of the figures."""
    try:
        return f"{figures} {rest}".startswith(number_in_words(parse_decimal(figures)))
    except ValueError:
        return False


# For people


def pack_data(pack: Jurisdiction, settings: ClinicSettings, on: date) -> dict[str, Any]:
    """The pack as a page shows it: each area with its source, and the rules that end on a day."""
    return {
        "id": pack.id,
        "title": pack.title,
        "about": pack.about,
        "schedule": pack.schedule.value,
        "transmits": pack.transmits.value,
        "emergency_phone": emergency_phone(settings, pack),
        "proposals_refused": proposals_refused(settings, pack),
        "device": device_line(settings),
        "past_review": not on <= pack.next_review,
        "areas": [
            {
                "title": one.title, "show": one.show, "log": one.log, "refuse": one.refuse,
                "source": one.source, "status": one.status.value, "until": str(one.until or ""),
                "days_left": (one.until - on).days if one.until else None,
            }
            for one in pack.areas
        ],
    }  # fmt: skip


def _fault(rule: PlaceRule, facts: Mapping[str, str], refuses: bool | None = None) -> PlaceFault:
    text = rule.clinician
    for name, value in facts.items():
        text = text.replace("{" + name + "}", value)
    stops = rule.act == "refuse" if refuses is None else refuses
    return PlaceFault(
        code=rule.code.value, refuses=stops, text=text, source=rule.source, status=rule.status,
        takes_reason=rule.takes_reason,
    )  # fmt: skip


def _with_reasons(faults: Sequence[PlaceFault], reasons: Reasons) -> tuple[PlaceFault, ...]:
    return tuple(
        structs.replace(one, reason=reasons.get(one.code, "").strip()) if one.takes_reason else one for one in faults
    )
