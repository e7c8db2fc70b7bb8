"""The ``when`` language: true, false or cannot be told; truth tables and every comparison at its boundary."""

from decimal import Decimal

import pytest

from titrant.knowledge.judging import judge, unknown_facts
from titrant.knowledge.shapes.common import COMPARISONS, When
from titrant.terms.quantity import Quantity

T, F, U = "yes", "no", None


def is_yes(name):
    return When(fact=name, comparison="equals", value="yes")


def facts(**values):
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (T, T, True, True), (T, F, False, True), (T, U, None, True),
        (F, T, False, True), (F, F, False, False), (F, U, False, None),
        (U, T, None, True), (U, F, False, None), (U, U, None, None),
    ],
)  # fmt: skip
def test_all_and_any_with_what_is_not_known(a, b, both, either):
    known = facts(a=a, b=b)
    assert judge(When(all=(is_yes("a"), is_yes("b"))), known) is both
    assert judge(When(any=(is_yes("a"), is_yes("b"))), known) is either


@pytest.mark.parametrize(
    ("a", "b", "c", "verdict"),
    [
        (T, T, F, True), (T, F, T, True), (T, F, F, False), (T, F, U, None), (T, T, U, True), (F, U, U, False),
        (U, T, U, None), (U, F, F, False), (T, U, U, None),
    ],
)  # fmt: skip
def test_conditions_inside_conditions(a, b, c, verdict):
    when = When(all=(is_yes("a"), When(any=(is_yes("b"), is_yes("c")))))
    assert judge(when, facts(a=a, b=b, c=c)) is verdict


@pytest.mark.parametrize(
    ("comparison", "below", "at", "over"),
    [("at_least", False, True, True), ("above", False, False, True), ("at_most", True, True, False),
    ("below", True, False, False)],
)  # fmt: skip
def test_every_comparison_at_its_boundary(comparison, below, at, over):
    when = When(fact="weight", comparison=comparison, value="50 kg")
    for number, verdict in (("49.999", below), ("50", at), ("50.001", over)):
        assert judge(when, {"weight": Quantity(Decimal(number), "kg")}) is verdict


@pytest.mark.parametrize("comparison", ["at_least", "above", "at_most", "below"])
def test_a_number_that_is_not_known_cannot_be_told(comparison):
    assert (
        judge(When(fact="weight", comparison=comparison, value="50 kg"), {"height": Quantity(Decimal(2), "m")}) is None
    )


def test_a_comparison_minds_the_unit():
    when = When(fact="weight", comparison="at_most", value="50 kg")
    assert judge(when, {"weight": Quantity.parse("110 lb")}) is True  # 49.9 kg
    assert judge(when, {"weight": Quantity.parse("111 lb")}) is False  # 50.3 kg
    with pytest.raises(ValueError, match="it cannot be read as"):
        judge(when, {"weight": Quantity.parse("50 mg")})


@pytest.mark.parametrize("comparison", ["at_least", "above", "at_most", "below"])
def test_a_word_is_not_compared_with_a_number(comparison):
    with pytest.raises(TypeError, match=f"^the fact weight is a word; it cannot be {comparison} 50 kg$"):
        judge(When(fact="weight", comparison=comparison, value="50 kg"), {"weight": "heavy"})


def test_words_are_compared_as_they_stand():
    equal = When(fact="state", comparison="equals", value="active")
    one_of = When(fact="state", comparison="one_of", values=("active", "unknown"))
    for word, same, among in (
        ("active", True, True),
        ("unknown", False, True),
        ("Active", False, False),
        ("", False, False),
    ):
        assert judge(equal, {"state": word}) is same
        assert judge(one_of, {"state": word}) is among


def test_a_quantity_may_be_compared_as_it_prints():
    when = When(fact="readings", comparison="equals", value="2 times")
    assert judge(when, {"readings": Quantity(Decimal("2.0"), "times")}) is True
    assert judge(when, {"readings": Quantity(Decimal(3), "times")}) is False


def test_the_facts_that_are_not_known_are_named_in_order_and_once():
    when = When(all=(is_yes("b"), When(any=(is_yes("a"), is_yes("b"))), is_yes("c")))
    assert unknown_facts(when, {}) == ("b", "a", "c")
    assert unknown_facts(when, {"b": "no"}) == ("a", "c")
    assert unknown_facts(when, {"a": "x", "b": "x", "c": "x"}) == ()


def test_the_comparisons_are_a_closed_list():
    assert COMPARISONS == ("at_least", "above", "at_most", "below", "equals", "one_of")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "a condition is one comparison of a fact, or a list under 'all', or a list under 'any'"),
        ({"fact": "a", "comparison": "equals", "value": "x", "all": (is_yes("b"),)}, "a condition is one comparison"),
        ({"all": (is_yes("a"),), "any": (is_yes("b"),)}, "a condition is one comparison"),
        ({"fact": "a", "comparison": "over", "value": "1 mg"}, "'is' must be one of at_least, above"),
        ({"fact": "a", "value": "1 mg"}, "'is' must be one of"),
        ({"fact": "a", "comparison": "one_of", "value": "x"}, "'one_of' takes a list"),
        ({"fact": "a", "comparison": "equals", "values": ("x",)}, "'one_of' takes a list"),
        ({"fact": "a", "comparison": "equals"}, "a comparison needs a 'value'"),
    ],
)
def test_a_condition_that_could_mean_two_things_is_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        When(**parts)
