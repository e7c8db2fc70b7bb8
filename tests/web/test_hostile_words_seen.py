"""Hostile words through every field that people type into, then every page in a real browser: nothing of them runs.

No dialog, no broken policy, no element that the words made, no script fault; and no formula in a table that is saved.
"""

import csv
import io
import re
import uuid

import pytest

from tests.web.phone_cases import client_of, on_plan, phone_of

MARK = "zqx"  # what every payload's own element would carry
SCRIPT = f"<script class={MARK}>alert(1)</script>"
BASE = (
    SCRIPT, f"<img class={MARK} src=x onerror=alert(1)>", f'"><svg class={MARK} onload=alert(1)>',
    f"'><b class={MARK} onmouseover=alert(1)>x</b>", f"</textarea>{SCRIPT}", f"</title>{SCRIPT}",
    f"</script>{SCRIPT}", f"<iframe class={MARK} srcdoc='<script>alert(1)</script>'></iframe>",
    f"<a class={MARK} href=javascript:alert(1)>x</a>", f"<style class={MARK}>*{{display:none}}</style>",
    f"<form class={MARK} action=https://example.invalid><button>x</button></form>", "javascript:alert(1)",
    f"<base class={MARK} href=https://example.invalid>", f"<meta class={MARK} http-equiv=refresh content=0>",
    f"<details class={MARK} open ontoggle=alert(1)>", f"{{{{ request }}}}{{% include 'x' %}}<i class={MARK}>",
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "=HYPERLINK(\"https://example.invalid\")", "=cmd|'/c calc'!A0",
    "\t=1+1", " =1+1", "<!--", "-->", "]]>", "&lt;script&gt;alert(1)&lt;/script&gt;", "\\u003cscript\\u003e",
    "`${alert(1)}`",
)  # fmt: skip
MORE = tuple(f"{around[0]}{one}{around[1]}" for one in BASE for around in (("", ""), ("Ada ", " (synthetic)")))
_FIELDS = re.compile(r'<(?:input|textarea)[^>]*?name="([^"]+)"[^>]*>')
_FIXED = re.compile(r'type="(?:hidden|checkbox|radio|number|date|time|submit|file|password)"')


def typed_fields(page):
    """The names of the fields of a page that take words."""
    found = re.finditer(r'<(?:input|textarea)[^>]*?name="([^"]+)"[^>]*>', page)
    return {one[1] for one in found if not _FIXED.search(one[0])}


def forms(page):
    """Each form of a page: its address, what it sends anyway, and the fields that take words."""
    for found in re.finditer(r"<form([^>]*)>(.*?)</form>", page, re.DOTALL):
        action = re.search(r'action="([^"]*)"', found[1])
        fixed = {}
        for tag in re.findall(r"<(?:input|button)[^>]*>", found[2]):
            name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
            if name and value and name[1] not in fixed:
                fixed[name[1]] = value[1]
        for name, first in re.findall(r'<select[^>]*name="([^"]+)".*?<option value="([^"]+)"', found[2], re.DOTALL):
            fixed[name] = first
        fixed.pop("csrfmiddlewaretoken", None)
        if 'method="post"' in found[1].lower():
            yield action[1] if action else "", fixed, typed_fields(found[2])


def addresses(case, role):
    """The pages of a role that show one patient, and those of the clinic."""
    from titrant.record.events import Role
    from titrant.web.policy import ROUTES

    for route in ROUTES:
        left = re.sub(r"<uuid:case>", case, route.path)
        if Role(role) in route.roles and "GET" in route.methods and "<" not in left and not left.endswith(".pdf"):
            yield f"/{left}"


_NOT_WRITTEN = ("copy.zip", "record.fhir", "clinic.zip", "research", "logout", "suspend", "refuse", "/account/")


def write_everywhere(client, case, role, payload):
    """``payload`` into every field of every form that ``role`` can reach. How many forms took it."""
    taken = 0
    for address in addresses(case, role):
        page = client.get(address)
        if not page.headers.get("Content-Type", "").startswith("text/html"):
            continue
        for action, fixed, names in forms(page.content.decode()):
            where = action or address
            if names and not any(one in where for one in _NOT_WRITTEN):
                answer = client.post(where, fixed | dict.fromkeys(names, payload))
                assert answer.status_code < 500, (where, payload)
                taken += 1
    return taken


def by_phone(client, payload):
    day, at = "2026-11-20", "2026-11-20T21:00:00+01:00"
    entry = {"day": day, "entered": at, "reason": payload, "doses": [{"what": "missed", "reason": payload}],
             "rescue": [{"drug": payload}], "pain": {"average": 4}}  # fmt: skip
    body = {"id": str(uuid.uuid4()), "entry": entry}
    client.post("/p/entries/", body, content_type="application/json")
    form = client.get("/p/messages/").context
    client.post("/p/messages/", {"id": form["id"], "case": form["case"], "text": payload or "x"})


def case_with(office, signed_in, payloads, writing):
    """A patient whose record holds each payload in every place that takes words."""
    from tests.web.conftest import actor
    from titrant.clinic.acts import recording, signing, supply

    case = on_plan(office, activity=payloads[0], phone=payloads[1], address=payloads[2])
    token = phone_of(office, case).token
    for one in payloads:
        by_phone(client_of(token), one)
        version = office.store.summary(case).version
        if one.strip() == one:
            recording.add_drug(office, actor("nurse"), case, {"name": one}, expected=version)
        recording.add_allergy(office, actor("nurse"), case, one, one, expected=office.store.summary(case).version)
        supply.ask(office, case, one, actor("pharmacist"), holds=False)
    supply.hold(office, case, payloads[0], actor("pharmacist"))
    for role in writing:
        for one in payloads[: len(writing)]:
            assert write_everywhere(signed_in(role), case, role, one)
    signing.suspend(office, case, payloads[1], actor("nurse", payloads[0]))
    return case, token


def formulas(text):
    """Cells of a saved table that a spreadsheet would run."""
    cells = [cell for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))) for cell in row]
    plain = re.compile(r"[+-]?[0-9.]*%?")
    return [one for one in cells if one.lstrip("\t\r\n ")[:1] in ("=", "+", "-", "@") and not plain.fullmatch(one)]


def watch(page, dialogs):
    page.on("dialog", lambda one: (dialogs.append(one.message), one.dismiss()))


def seen(page, addresses_of, dialogs):
    """Opens each page; the pages on which an element of the words stands."""
    found = []
    for address in addresses_of:
        if address.endswith((".ics", ".csv", ".svg", ".json")):
            continue
        page.goto(address)
        if page.locator(f".{MARK}, [onerror], [onload], [ontoggle]").count():
            found.append(address)
    return found


def check(office, signed_in, page_as, live, payloads, writing, reading):
    case, token = case_with(office, signed_in, payloads, writing)
    dialogs = []
    for role in reading:
        page = page_as(role)
        watch(page, dialogs)
        assert seen(page, [*addresses(case, role), f"/patients/{case}/timeline/"], dialogs) == []
    phone = page_as("", "phone")
    watch(phone, dialogs)
    phone.context.add_cookies([{"name": "phone", "value": token, "url": live}])
    own = ("/p/", "/p/plan/", "/p/trend/", "/p/messages/", "/p/reminder/", "/p/phone/")
    assert seen(phone, own, dialogs) == []
    assert dialogs == []
    auditor = signed_in("auditor")
    saved = auditor.post("/audit/export/", {"case": case}).content.decode()
    assert case in saved
    assert formulas(saved) == []
    assert formulas(signed_in("nurse").get("/report/table.csv").content.decode()) == []


def test_hostile_words_are_words(office, signed_in, page_as, live) -> None:
    check(office, signed_in, page_as, live, (BASE[1], "".join(BASE[:4]), BASE[16]), ("pharmacist",), ("nurse",))


@pytest.mark.release
def test_sixty_hostile_words_are_words(office, signed_in, page_as, live) -> None:
    for first in range(0, len(MORE), 12):
        writing, reading = ("nurse", "pharmacist"), ("nurse", "prescriber", "pharmacist", "auditor")
        check(office, signed_in, page_as, live, MORE[first : first + 12], writing, reading)


def test_a_page_that_lets_words_through_is_found(page_as) -> None:
    page, dialogs = page_as(""), []
    watch(page, dialogs)
    page.route("**/planted", lambda one: one.fulfill(body=f"<html>{BASE[1]}</html>", content_type="text/html"))
    assert seen(page, ["/planted"], dialogs) == ["/planted"]
    assert formulas('a,"=1+1"\n') == ["=1+1"]
