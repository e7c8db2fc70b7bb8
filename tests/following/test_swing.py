"""The change after a step against the own swing, recomputed by hand."""

from decimal import Decimal
from math import isclose, sqrt
from random import Random
from statistics import mean, variance

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.following import Swing
from titrant.pathway.swing import change


def swing(library: Library) -> Swing:
    following = library.protocols["oral-guideline"].following
    assert following is not None
    return following.swing


def decimals(values: list[int]) -> list[Decimal]:
    return [Decimal(value) for value in values]


def test_too_few_days_say_nothing(library: Library) -> None:
    assert change(decimals([7] * 4), decimals([3] * 7), swing(library)) is None
    assert change([], [], swing(library)) is None


def test_the_interval_is_that_of_the_formula(library: Library) -> None:
    random = Random(1)
    for _ in range(200):
        before = [random.randrange(11) for _ in range(random.randrange(5, 15))]
        after = [random.randrange(11) for _ in range(random.randrange(5, 15))]
        found = change(decimals(before), decimals(after), swing(library))
        assert found is not None
        one, other = len(before), len(after)
        pooled = sqrt(((one - 1) * variance(before) + (other - 1) * variance(after)) / (one + other - 2))
        reach = 2.2 * max(pooled, sqrt(1 / 12)) * sqrt(1.3 / 0.7 * (1 / one + 1 / other))
        fall = mean(before) - mean(after)
        assert isclose(float(found.fall), fall, abs_tol=0.006)
        assert isclose(float(found.lo), fall - reach, abs_tol=0.006)
        assert isclose(float(found.hi), fall + reach, abs_tol=0.006)
        assert found.clear is (found.lo > 0)


def test_a_diary_that_never_changes_still_has_the_swing_of_its_scale(library: Library) -> None:
    found = change(decimals([7] * 7), decimals([7] * 7), swing(library))
    assert found is not None
    assert found.lo < 0 < found.hi
    assert not found.clear


def test_false_effects_are_rare_where_there_is_none(library: Library) -> None:
    """Simulated weeks without any effect, day-to-day carry-over 0.3: at most 5 % look like a clear fall."""
    random = Random(7)
    clear = 0
    for _ in range(2000):
        clear += _clear_by_chance(random, swing(library))
    assert clear / 2000 <= 0.05


def _clear_by_chance(random: Random, own: Swing) -> bool:
    noise, values = random.gauss(0, 1.2), []
    for _ in range(14):
        values.append(Decimal(max(0, min(10, round(6 + noise)))))
        noise = 0.3 * noise + random.gauss(0, 1.2 * sqrt(1 - 0.09))
    found = change(values[:7], values[7:], own)
    assert found is not None
    return found.clear
