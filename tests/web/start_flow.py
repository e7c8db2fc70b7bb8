"""A typical synthetic patient for the flow from a new name to a signed plan: what is typed, and what is chosen."""

import re
import uuid
from typing import Any

PASSWORD = "synthetic-and-long-enough"  # noqa: S105 - of synthetic staff
TYPED = {
    "name": "Ada Typical (synthetic)", "birth_date": "1974-05-02", "weight": "70", "phone": "+44 20 7946 0001",
    "blood_pressure": "126/78, 122/76", "heart_rate": "72", "oxygen_saturation": "98",
    "laboratory": "ALT 22 (limit 40); AST 20 (limit 40); ALP 70 (limit 120); GGT 25 (limit 55); bilirubin 9; eGFR 92",
    "goals": "walk to the shop and back", "failed.0": "amitriptyline",
}  # fmt: skip
TYPED_TO_SIGN = {"typed": "30", "password": PASSWORD}
CHOSEN = {
    "frail": "no", "child_pugh": "none", "earlier_ketamine": "never", "tolerance": "naive", "urine_dipstick": "normal",
    "urinary_symptoms": "none", "psychosis_screen": "negative", "urine_drug_test": "expected",
    "prescription_monitoring": "checked_nothing_unexpected", "consent": "yes", "able_to_consent": "yes",
    "safe_storage": "yes", "minors_protected": "yes", "responsible_adult": "yes", "driving_advice": "yes",
    "no_alcohol_agreed": "yes", "specialist_prescriber": "yes", "jurisdiction": "other", "cssrs": "none",
    "ecg": "normal", "seen_in_person": "yes", "pain": "7", "phq9": "6", "phq9_item9": "0", "gad7": "4", "icsi": "2",
    "icpi": "1", "moca": "28", "ort": "2", "dast10": "0", "peg.pain": "7", "peg.enjoyment": "7", "peg.activity": "6",
    "medications.reviewed": "1", "allergies.reviewed": "1",
}  # fmt: skip
_NAMES = re.compile(r'name="([a-z0-9_.]+)"')


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def heading(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", found[1]).split()) if found else ""


def opened(client: Any, **changes: str) -> str:
    """A record of the typical patient, opened on the first page. Its id."""
    person = {name: TYPED[name] for name in ("name", "birth_date", "weight", "phone")}
    person["name"] = f"Ada {uuid.uuid4().hex[:8]} Typical (synthetic)"  # each test opens another person
    chosen = {"sex": "male", "indication": "crps", "do": "open"}
    answer = client.post("/patients/new/", person | chosen | changes)
    assert answer.status_code == 302, answer.content.decode()[:4000]
    return str(answer["Location"].split("/")[2])


def answers_to(page: str, **changes: str) -> dict[str, str]:
    """The answers of the typical patient to every question that ``page`` puts; every condition: no."""
    names = set(_NAMES.findall(page))
    given = {name: value for name, value in (TYPED | CHOSEN).items() if name in names}
    no = dict.fromkeys(re.findall(r'name="([a-z0-9_]+)" value="no"[^>]* data-no', page), "no")
    own = {name: value for name, value in changes.items() if name in names}
    shown = dict(re.findall(r'name="([a-z]+\.shown)" value="([^"]*)"', page))
    return given | no | shown | {"expected": hidden(page, "expected")} | own


def answered(client: Any, case: str, **changes: str) -> None:
    """All questions of the typical patient answered, page after page."""
    address = f"/patients/{case}/start/"
    for _ in range(4):
        page = client.get(address).content.decode()
        if "start-form" not in page or "still open" not in page:
            return
        answer = client.post(address, answers_to(page, **changes))
        assert answer.status_code == 302, re.findall(r"<p><strong>Nothing was kept.*?</p>", answer.content.decode())


def answer_on(page: Any) -> None:
    """In a real browser: everything that the page asks, as the typical patient answers it."""
    if page.locator("button.rest-no:visible").count():
        page.click("button.rest-no")
    for name, value in CHOSEN.items():
        radio, select = page.locator(f'input[name="{name}"][value="{value}"]'), page.locator(f'select[name="{name}"]')
        if radio.count():
            radio.first.check()
        elif select.count():
            select.select_option(value)
    for name, value in TYPED.items():
        if page.locator(f'input[name="{name}"]').count():
            page.fill(f'input[name="{name}"]', value)
