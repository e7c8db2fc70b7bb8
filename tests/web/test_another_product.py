"""A nurse who chooses another product while a plan is in force prepares it, and changes nothing of what is signed."""

from tests.web.test_pharmacy_pages import signed_case, text_of


def test_a_nurse_prepares_another_product_and_the_signed_one_holds(signed_in, office) -> None:
    case = signed_case(office)
    signed = office.store.open(case).tree["product"]
    version = str(office.store.summary(case).version)
    page = signed_in("nurse").post(
        f"/patients/{case}/start/plan/", {"product": "capsule|10 mg|base", "expected": version}, follow=True
    )
    tree = office.store.open(case).tree
    assert tree["product"] == signed
    assert tree["next_product"]["family"] == "capsule"
    said = text_of(page)
    assert "Prepared: Capsule, swallowed 10 mg" in said
    assert "until a prescriber has signed, the signed one holds" in said


def test_a_strength_that_cannot_give_the_signed_dose_is_refused_on_the_page(signed_in, office) -> None:
    case = signed_case(office)
    version = str(office.store.summary(case).version)
    page = signed_in("nurse").post(
        f"/patients/{case}/start/plan/", {"product": "capsule|25 mg|base", "expected": version}, follow=True
    )
    assert page.status_code == 422
    assert "cannot give the signed 10 mg. Choose a strength that can." in text_of(page)
    assert "next_product" not in office.store.open(case).tree
