"""The sheet with which a patient enrols a phone: a code to scan, the short code, and what to do, in their language."""

import io

import segno
from msgspec import Struct

from titrant.documents.paper import Desk, envelope, phones, put
from titrant.documents.shown import line, sections
from titrant.terms.canonical import Json


class Invited(Struct, frozen=True):
    """What an invitation has told once and keeps only as a hash."""

    link: str
    code: str
    expires: str  # as the clinic says it


def invitation_sheet(desk: Desk, invited: Invited) -> bytes:
    return put(desk, "invitation", invitation_data(desk, invited))


def invitation_data(desk: Desk, invited: Invited) -> Json:
    speech = desk.speech
    steps = [speech.say(f"i-step-{number}") for number in range(1, 6)]
    return {
        **envelope(desk, speech.say("invitation-title")), "qr": qr_svg(invited.link), "qr_alt": speech.say("i-qr"),
        "name": line(desk.record.summary.person.name), "code_word": speech.say("i-code"),
        "expires": speech.say("i-expires", until=line(invited.expires, 60)), "code": line(invited.code, 40),
        "link": line(invited.link, 200, 90), "steps_word": speech.say("i-steps"), "steps": steps,
        "sections": sections((speech.say("i-know"), [speech.text("education", "who-reads"), *phones(desk)])),
        "notes": speech.notes,
    }  # fmt: skip


def qr_svg(text: str) -> str:
    """A QR code as SVG. Made here; nothing is sent anywhere."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=4, border=2, xmldecl=False, svgns=True)
    return out.getvalue().decode()
