"""A week of the diary to fill in by hand, for patients without a phone. The clinic types it in, marked as late."""

from titrant.documents.paper import Desk, envelope, phones, put, whose
from titrant.documents.plan_paper import dose_today
from titrant.documents.shown import line
from titrant.terms.canonical import Json

_ROWS = ("d-dose", "d-why", "d-pain", "d-worst", "d-activity", "d-sleep", "d-mood")
_EFFECTS = ("d-dizzy", "d-sick", "d-sleepy", "d-detached", "d-other")


def diary_sheet(desk: Desk) -> bytes:
    return put(desk, "diary", sheet_of(desk))


def sheet_of(desk: Desk) -> Json:
    speech, plan, person = desk.speech, desk.plan, desk.record.summary.person
    follows = plan is not None and plan.standing == "in_force"
    dose = dose_today(desk) if follows else None
    often = dose["times"] if dose else 3
    doses = [speech.say("d-taken", number=str(one)) for one in range(1, often + 1)]
    activity = line(person.activity, 60) or speech.say("d-own")
    rows = [*doses, *(speech.say(name, activity=activity) for name in _ROWS[1:])]
    return {
        **envelope(desk, speech.say("diary-title")), "who": whose(desk), "week": speech.say("d-week"),
        "dose": [dose["each"], dose["often"], *dose["later"]] if dose else [speech.say("d-no-plan")],
        "days": speech.weekdays, "rows": rows,
        "effects_word": speech.say("d-effects"), "effects": [speech.say(name) for name in _EFFECTS],
        "end": [speech.say("d-flags"), *phones(desk), speech.say("d-bring")],
        "day_word": speech.say("d-day"), "notes_word": speech.say("d-notes"),
    }  # fmt: skip
