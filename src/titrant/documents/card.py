"""The wallet card: two sides of 85.6 x 54 mm on one sheet with marks to cut. It names nobody beyond its bearer."""

from titrant.documents.paper import Desk, envelope, phones, put, whose
from titrant.documents.plan_in_hand import protocol_of
from titrant.documents.plan_paper import dose_today, product_of
from titrant.documents.shown import line
from titrant.knowledge.shapes.products import Form
from titrant.terms.canonical import Json


def wallet_card(desk: Desk) -> bytes:
    return put(desk, "card", card_sheet(desk))


def card_sheet(desk: Desk) -> Json:
    speech, plan = desk.speech, desk.plan
    assert plan is not None, "a card is printed from a plan"
    product = product_of(desk, plan, protocol_of(plan, desk.office))
    held = [_held(desk)] if product is not None and product.form is Form.TROCHE else []
    driving = [speech.text("education", "driving-card")] if desk.settings.pack == "uk" else []
    dose, last = dose_today(desk), speech.day(plan.last_day)
    back = [*held, speech.text("papers", "card-rules"), *driving]
    return {
        **envelope(desk, speech.say("card-title")), "cut": speech.say("cut"), "front_word": speech.say("front"),
        "back_word": speech.say("back"), "who_am_i": speech.text("papers", "card-who"), "who": whose(desk),
        "dose": dose, "product": dose["product"],
        "valid": speech.say("valid", last=last), "back": back, "emergency": speech.text("papers", "card-emergency"),
        "phones": phones(desk), "clinic": line(desk.settings.name, 60), "notes": speech.notes,
        "checked": [speech.say("card-seal", seal=plan.seal)],
    }  # fmt: skip


def _held(desk: Desk) -> str:
    """How the clinic set it; lines to fill in by hand where it has not."""
    person, speech = desk.record.summary.person, desk.speech
    if person.hold_minutes and person.how_to_take in ("swallow", "spit"):
        return f"{speech.say('hold', minutes=str(person.hold_minutes))} {speech.say(person.how_to_take)}"
    return speech.say("swallow-or-spit")
