"""From a drug as it is written to a drug that is known; what matches nothing is not recognised."""

import pytest

from titrant.knowledge.drugs import Drug, DrugTable, Product, plain_name

TABLE = """name,rxcui,atc,classes
morphine,7052,N02AA01,opioid;depressant
St. John's wort,,N06AX25,inducer
sodium oxybate,9899,N07XX04,depressant
valproic acid,11118,N03AG01,
tramadol,10689,N02AX02|N02AX52,opioid
oxybate,99999,,depressant
"""
SECOND = """name,rxcui,atc,classes
morphine,,N02AA51,opioid;extra
ketotifen,6146,R06AX17,sedating
"""
VARIANTS = {
    "morphine": ("ms contin", "morphine sulfate"),
    "St. John's wort": ("hypericum",),
    "no such drug": ("ghost",),
}
PRODUCTS = """product_rxcui,ingredient,strength,dose_form
1000,morphine,10 mg,tablet
2000,tramadol,37.5 mg,tablet
2000,acetaminophen,325 mg,tablet
"""


@pytest.fixture(scope="module")
def drugs():
    return DrugTable((TABLE, SECOND), VARIANTS, PRODUCTS)


def found(match):
    return None if match is None else (match.drug.name, match.how)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"rxnorm": "7052"}, ("morphine", "RxNorm code")),
        ({"atc": "N02AA01"}, ("morphine", "ATC code")),
        ({"atc": "N02AX52"}, ("tramadol", "ATC code")),
        ({"rxnorm": "7052", "atc": "N02AA01"}, ("morphine", "RxNorm code")),
        ({"rxnorm": "7052", "atc": "X"}, ("morphine", "RxNorm code")),
        ({"name": "Morphine"}, ("morphine", "name")),
        ({"name": "  MORPHINE "}, ("morphine", "name")),
        ({"name": "ms-contin"}, ("morphine", "spelling")),
        ({"name": "Morphine (Sulfate)"}, ("morphine", "spelling")),
        ({"name": "hypericum"}, ("St. John's wort", "spelling")),
        ({"name": "St Johns Wort"}, ("St. John's wort", "name")),
        ({"name": "st. john’s wort"}, ("St. John's wort", "name")),
        ({"name": "morphine", "rxnorm": "7052"}, ("morphine", "RxNorm code")),
        ({"name": "morphine", "rxnorm": "1234567"}, ("morphine", "name")),
        ({"name": "unheard of"}, None),
        ({"name": "ghost"}, None),
        ({"name": ""}, None),
        ({"name": " -/ "}, None),
        ({"rxnorm": "0"}, None),
        ({}, None),
        ({"rxnorm": "7052", "atc": "N02AX02"}, None),  # two codes that contradict one another
        ({"name": "tramadol", "rxnorm": "7052"}, None),  # a code and a name that do
        ({"name": "tramadol", "atc": "N02AA01"}, None),
        ({"name": "unheard of", "rxnorm": "7052"}, ("morphine", "RxNorm code")),
    ],
)
def test_a_drug_is_recognised_by_code_name_or_spelling_or_not_at_all(drugs, given, match):
    assert found(drugs.resolve(**given)) == match


@pytest.mark.parametrize(
    ("given", "conflict"),
    [
        ({"name": "tramadol", "rxnorm": "7052"}, True), ({"name": "tramadol", "atc": "N02AA01"}, True),
        ({"name": "MS Contin", "rxnorm": "10689"}, True), ({"name": "morphine", "rxnorm": "7052"}, False),
        ({"name": "unheard of", "rxnorm": "7052"}, False), ({"name": "tramadol", "rxnorm": "0"}, False), ({}, False),
    ],
)  # fmt: skip
def test_a_conflict_is_a_code_that_names_another_drug_than_the_words(drugs, given, conflict):
    assert drugs.conflict(**given) is conflict


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Morphine 10 MG Oral Tablet", ["morphine"]), ("take tramadol, then morphine.", ["morphine", "tramadol"]),
        ("MS-Contin 30 mg", ["morphine"]), ("morphine and MS Contin", ["morphine"]), ("apomorphine 10 mg", []),
        ("morphines", []), ("St. John's Wort tea", ["St. John's wort"]),
        ("sodium oxybate 0.5 g/mL", ["sodium oxybate"]),
        ("sodium oxybate and oxybate", ["sodium oxybate", "oxybate"]), ("ghost", []), ("", []), ("10 mg", []),
    ],
)  # fmt: skip
def test_drugs_are_found_in_words_as_whole_words_the_longest_first(drugs, text, names):
    matches = drugs.in_text(text)
    assert sorted(match.drug.name for match in matches) == sorted(names)
    assert {match.how for match in matches} <= {"matched by name"}


def test_a_drug_of_two_tables_keeps_the_codes_and_classes_of_both(drugs):
    assert drugs.drugs["morphine"] == Drug(
        "morphine", "7052", ("N02AA01", "N02AA51"), ("opioid", "depressant", "extra")
    )
    assert found(drugs.resolve(atc="N02AA51")) == ("morphine", "ATC code")


def test_empty_fields_are_nothing(drugs):
    assert drugs.drugs["valproic acid"].classes == ()
    assert drugs.drugs["oxybate"].atc == ()
    assert drugs.resolve(atc="") is None


def test_a_coded_product_has_every_ingredient(drugs):
    assert drugs.resolve_product("1000") == (Product("morphine", "10 mg", "tablet"),)
    assert [one.ingredient for one in drugs.resolve_product("2000")] == ["tramadol", "acetaminophen"]
    assert drugs.resolve_product("3000") == ()
    assert DrugTable((TABLE,), {}).resolve_product("1000") == ()


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("St. John's Wort", "st johns wort"), ("St John’s-wort", "st johns wort"),
        ("Co-codamol 30/500", "co codamol 30 500"),
        ("  Two   words ", "two words"), ("Lyrica®", "lyrica"), ("A+B (C), [D]; E", "a b c d e"), ("", ""),
        ("ÄTHER", "äther"),
        ("STRASSE ß", "strasse ss"),
    ],
)  # fmt: skip
def test_names_are_compared_without_case_apostrophes_and_separators(name, plain):
    assert plain_name(name) == plain


@pytest.mark.parametrize("name", ["xyzzy", "morphin", "Morphine10", "tramadole", "water", "vitamin c", "?"])
def test_what_is_close_to_a_name_is_still_not_that_drug(drugs, name):
    assert drugs.resolve(name=name) is None
