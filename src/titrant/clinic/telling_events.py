"""What happened to a case, in words: one sentence for each kind of event. One table, and nothing left without words."""

from collections.abc import Callable, Mapping

from titrant.clinic.dose_now import day_before
from titrant.record.events import Event, Kind
from titrant.terms.canonical import Json

Say = Callable[[Json], str]
Label = Callable[[str], str]
_IN_ONE_SENTENCE = 8


def spaced(name: str) -> str:
    return name.replace("_", " ")


def sentence(event: Event, label: Label = spaced) -> str:
    """``event`` as a sentence; who and when stand beside it. ``label``: what people call a fact of this name."""
    if event.kind is Kind.FACTS_RECORDED:
        text = _facts(event.body, label)
    else:
        text = (SENTENCES.get(event.kind) or _plain(spaced(event.kind.value)))(event.body)
    return text[:1].upper() + text[1:] if text[:2].islower() else text


def _plain(text: str) -> Say:
    return lambda _body: text


def _why(text: str, *names: str) -> Say:
    """``text`` and after it what the body says under ``names``."""

    def said(body: Json) -> str:
        told = [str(body[name]) for name in names if body.get(name) not in (None, "", [], {})]
        return f"{text}: {', '.join(told)}" if told else text

    return said


def _facts(body: Json, label: Label) -> str:
    listed = {path.removesuffix(".list").rpartition(".")[2]: one for path, one in (body.get("add") or {}).items()}
    added = [f"{label(name)} {_shown(one)}".strip() for name, one in listed.items()]
    given = (body.get("set") or {}).get("given") or {}
    changed = [f"{label(place)}: {', '.join(_few(_named(value, label)))}" for place, value in given.items() if value]
    return "; ".join([*added, *changed]) or "facts recorded"


def _shown(values: object) -> str:
    listed = values if isinstance(values, list) else [values]
    return ", ".join(_few([_one(value) for value in listed]))


def _few(words: list[str]) -> list[str]:
    """As many as are read in one sentence, and how many more there are."""
    more = len(words) - _IN_ONE_SENTENCE
    return [*words[:_IN_ONE_SENTENCE], f"and {more} more"] if more > 0 else words


_NAMES = ("name", "substance", "treatment", "dose", "of")


def _one(value: object) -> str:
    """An entry of a list by what names it, how it ended, and its day."""
    if not isinstance(value, Mapping):
        return str(value)
    name = next((value[each] for each in _NAMES if value.get(each)), "")
    day = value.get("on") or value.get("since") or value.get("reviewed_on") or ""
    told = (name, f"({spaced(value['result'])})" if value.get("result") else "", f"on {day}" if day else "")
    return " ".join(str(part) for part in told if part) or "one entry"


def _named(value: object, label: Label) -> list[str]:
    if isinstance(value, list):
        return [_one(one) for one in value]
    if not isinstance(value, Mapping):
        return [str(value)[:60]]
    return [f"{label(key)} {_word(one)}".strip() for key, one in value.items()]


def _word(value: object) -> str:
    if isinstance(value, Mapping):
        return spaced(str(value.get("answer") or value.get("state") or ""))
    if isinstance(value, list):
        return ", ".join(_one(one) for one in value) or "none"
    return spaced(str(value)[:60]) if isinstance(value, str | int) else ""


def _diary(body: Json) -> str:
    entry = (body.get("add") or {}).get("diary", [{}])[0]
    pain = (entry.get("pain") or {}).get("average")
    told = [f"pain {pain}"] if pain is not None else []
    told += [f"taken {entry['taken']}"] if entry.get("taken") else []
    told += [f"RED FLAG {flag.replace('_', ' ')}" for flag in entry.get("flags") or ()]
    until = f" to {entry['through']}" if entry.get("through") else ""
    return f"diary of {entry.get('day', '')}{until}{': ' if told else ''}{', '.join(told)}"


def _session(body: Json) -> str:
    lines = (body.get("add") or {}).get("parenteral") or [{}]
    one = lines[0]
    amount = " = ".join(filter(None, (one.get("dose_24h", ""), body.get("volume", ""))))
    tolerated = {"yes": "tolerated", "no": "NOT tolerated"}.get(one.get("tolerated", ""), "tolerance not recorded")
    severe = ", SEVERE DISSOCIATION" if "severe" in (one.get("dissociation"), body.get("dissociation")) else ""
    return f"clinic session on {one.get('on', '')}: {amount} {one.get('route', '')}, {tolerated}{severe}"


def _signed(body: Json) -> str:
    unchanged = " again, unchanged" if body.get("unchanged") else ""
    content = body.get("content") or {}
    why = (body.get("legal") or {}).get("another_person", "")
    last = f", last day {day_before(content.get('ends', ''))}" if content.get("regimen") else ""
    return (
        f"signed{unchanged}: {body.get('dose_text', '')} from {content.get('starts', '')}{last}"
        f"{f', and not the person of another record: {why}' if why else ''}"
    )


def _supplied(body: Json) -> str:
    return f"supplied on {body.get('on', '')}: {_amount(body)}, lot {body.get('lot') or 'not recorded'}"


def _amount(body: Json) -> str:
    many, unit = str(body.get("quantity") or body.get("pieces") or ""), str(body.get("unit") or "")
    return f"{many} {unit if unit in ('', 'mL') or many == '1' else f'{unit}s'}".strip()


def _of_product(body: Json) -> str:
    """Of which earlier product, where a count names one."""
    product = body.get("product") or {}
    return f" of what was handed out before ({product.get('family', '')} {product.get('strength', '')})" * bool(product)


def _suspended(body: Json) -> str:
    one = ((body.get("add") or {}).get("course.suspensions") or [{}])[0]
    return f"SUSPENDED from {one.get('since', '')} by {one.get('by', '')}: {one.get('reason') or 'no reason given'}"


def _person(body: Json) -> str:
    return f"personal record: {', '.join(name.replace('_', ' ') for name in body.get('person') or {})}"


def _message(body: Json) -> str:
    text = str(body.get("text") or body.get("code") or "")
    return f"message: {text[:160]}{'…' if len(text) > 160 else ''}"


SENTENCES: dict[Kind, Say] = {
    Kind.CASE_OPENED: _plain("record opened"),
    Kind.PERSON_RECORDED: _person,
    Kind.TEAMS_SET: lambda body: f"care teams: {', '.join(body.get('teams') or ())}",
    Kind.FACTS_RECORDED: lambda body: _facts(body, spaced),
    Kind.IMPORTED: _why("imported from another record", "source", "sha256"),
    Kind.ASSESSED: _plain("assessed"),
    Kind.SCREENED: _plain("screened"),
    Kind.PLANNED: _why("plan worked out", "outcome"),
    Kind.DRAFTED: _why("drafted for signature", "dose_text", "action"),
    Kind.DRAFT_DROPPED: _why("draft dropped", "words"),
    Kind.SECONDED: _why("second prescriber stands behind it", "why", "reason"),
    Kind.SIGNED: _signed,
    Kind.WITHDRAWN: _why("signed plan withdrawn", "reason", "words"),
    Kind.DELIVERED: _plain("signed dose delivered to the patient"),
    Kind.PLAN_READ: _plain("signed dose confirmed as read"),
    Kind.REVIEWED: _why("reviewed", "outcome", "why", "note"),
    Kind.ADJUSTED: _why("adjustment worked out", "action", "outcome"),
    Kind.REFUSED: _why("proposal refused", "action", "reason", "words"),
    Kind.SESSION_GIVEN: _session,
    Kind.SUPPLIED: _supplied,
    Kind.SUPPLY_CORRECTED: _why("supply corrected", "on", "pieces", "why"),
    Kind.COUNTED: lambda body: f"counted on {body.get('on', '')}: {body.get('left', '')} left{_of_product(body)}",
    Kind.RETURNED: lambda body: f"taken back on {body.get('on', '')}: {_amount(body)}, lot {body.get('lot', '')}",
    Kind.HOLD_PLACED: _why("supply put on hold", "why"),
    Kind.HOLD_LIFTED: _why("hold lifted", "why"),
    Kind.DIARY_KEPT: _diary,
    Kind.MESSAGE_SENT: _message,
    Kind.MESSAGE_READ: _plain("messages read"),
    Kind.TASK_OPENED: _why("task opened", "grade", "why"),
    Kind.TASK_TAKEN: lambda body: "task tried, nobody reached: alarms go on" if body.get("until") else "task taken",
    Kind.TASK_RELEASED: _why("task is nobody's again", "why"),
    Kind.TASK_CLOSED: _why("task closed", "outcome", "why", "note"),
    Kind.CONTACT_PLANNED: lambda body: f"next contact on {body.get('on', '')}: {body.get('why', '')}",
    Kind.SUSPENDED: _suspended,
    Kind.RESUMED: _why("suspension lifted", "on", "by"),
    Kind.STOPPED: _why("STOPPED", "reason", "words"),
    Kind.DEVICE_INVITED: _plain("phone invited"),
    Kind.DEVICE_ENROLLED: _plain("phone enrolled"),
    Kind.DEVICE_REVOKED: _why("phone revoked", "why"),
    Kind.EXPORTED: _why("exported", "what", "format"),
    # of the clinic itself
    Kind.SETTINGS_CHANGED: lambda body: f"settings changed: {', '.join(body.get('changes') or ())}",
    Kind.PROTOCOL_APPROVED: _why("protocol approved", "protocol", "version"),
    Kind.PROTOCOL_SECONDED: _why("protocol approved by the second person", "protocol", "version"),
    Kind.STOCK_RECEIVED: _why("stock received", "lot", "quantity"),
    Kind.STOCK_SUPPLIED: _why("stock handed out", "lot", "quantity"),
    Kind.STOCK_RETURNED: _why("stock returned by a patient", "lot", "quantity"),
    Kind.STOCK_WASTED: _why("stock destroyed", "lot", "quantity", "witness", "why"),
    Kind.STOCK_CORRECTED: _why("stock line corrected", "lot", "quantity", "why"),
    Kind.PROTOCOL_WITHDRAWN: _why("protocol withdrawn", "protocol", "version", "why"),
    Kind.STAFF_INVITED: _why("staff invited", "role"),
    Kind.STAFF_CHANGED: _why("staff changed", "what"),
    Kind.SIGNED_IN: _plain("signed in"),
    Kind.SIGN_IN_FAILED: _plain("sign-in failed"),
    Kind.EMERGENCY_ACCESS: _why("EMERGENCY ACCESS to this record", "why", "reason"),
    Kind.BACKED_UP: _plain("backed up"),
    Kind.RESTORED: _plain("restored"),
}
