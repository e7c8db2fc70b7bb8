"""Whatever is handed to the last gate, nothing over the absolute limits passes (T08, the engine's part).

Controls H05, H07 and H10. Contents are made by chance: sound ones with one, two or many values altered, and rubbish.
What the gate lets pass is judged again, in plain arithmetic, from the limits as they are written.
"""

import json
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.properties.figures import none_of, record
from tests.properties.hard_bounds import absolutes, limits_file
from titrant.record import gate

CONTENTS, RELEASE_CONTENTS = 20_000, 100_000
LEAST_PASSED = 0.05
ODD = (
    None, True, False, 0, 1, 10, 10.0, float("nan"), float("inf"), -1, "", " ", "NaN", "Infinity", "-1", "+5", "1e2",
    "0x10", "5_0", ".5", "5.", "2,5", "007", "0", "0.0", "0.0001", "99999", "100000", "１０", "٣",
    "10 mg", "ten", [], {},
    ["10"], {"value": "10"}, "10\n", "\u00a010", "10\x00", "1" * 5000,
)  # fmt: skip


def sound(rng: Random) -> dict[str, Any]:
    """A regimen whose parts agree with one another; now and then it is over a limit all the same."""
    unit = rng.choice(("capsule", "troche", "mL"))
    piece = Decimal(rng.choice((5, 10, 20, 25, 50, 100, 150, 300)))
    pieces = Decimal(rng.randint(1, 120)) / 10 if unit == "mL" else Decimal(rng.randint(1, 20)) / 4
    times, days = rng.randint(1, 8), rng.randint(1, 7)
    dose = (piece * pieces).quantize(Decimal("0.001")).normalize()
    return {
        "route": rng.choice(("oral", "troche")),
        "product": "drawn",
        "piece_unit": unit,
        "piece_mg": f"{piece:f}",
        "pieces_per_dose": f"{pieces:f}",
        "dose_mg": f"{dose:f}",
        "times_per_day": str(times),
        "daily_mg": f"{dose * times:f}",
        "days_per_week": str(days),
        "weekly_mg": f"{dose * times * days:f}",
        "supply_days": str(rng.choice((1, 7, 28, 29, 99))),
    }


def drawn(rng: Random) -> Any:
    regimen = sound(rng)
    way = rng.random()
    if way < 0.35:
        return {"regimen": regimen}
    for _ in range(rng.choice((1, 1, 2, 5))):
        _alter(regimen, rng)
    if way < 0.9:
        return {"regimen": regimen, "kind": rng.choice(ODD)}
    return rng.choice((regimen, rng.choice(ODD), {"regimen": rng.choice(ODD)}, {}, [regimen], {"regimen": [regimen]}))


def _alter(regimen: dict[str, Any], rng: Random) -> None:
    name = rng.choice((*regimen, "extra"))
    if rng.random() < 0.15:
        regimen.pop(name, None)
    elif rng.random() < 0.5 and isinstance(regimen.get(name), str) and regimen[name][:1].isdigit():
        factor = rng.choice((Decimal(10), Decimal("0.1"), Decimal(2), Decimal(-1), Decimal("1.001")))
        try:
            regimen[name] = f"{Decimal(regimen[name]) * factor:f}"
        except ArithmeticError:
            regimen[name] = rng.choice(ODD)
    else:
        regimen[name] = rng.choice(ODD)


def over(content: Any) -> list[str]:
    """What of a content that passed is over a written limit, or does not add up."""
    limits, one = absolutes(), content["regimen"]
    number = {name: Decimal(value) for name, value in one.items() if name not in ("route", "product", "piece_unit")}
    most = limits["ml" if one["piece_unit"] == "mL" else "pieces"]
    checks = {
        "finite": all(value.is_finite() for value in number.values()),
        "text": all(isinstance(value, str) for value in one.values()),
        "single": 0 < number["dose_mg"] <= limits["single_mg"],
        "daily": number["dose_mg"] * number["times_per_day"] <= limits["daily_mg"],
        "weekly": number["dose_mg"] * number["times_per_day"] * number["days_per_week"] <= limits["weekly_mg"],
        "times": 1 <= number["times_per_day"] <= limits["times_per_day"],
        "days": 1 <= number["days_per_week"] <= 7,
        "pieces": 0 < number["pieces_per_dose"] <= most,
        "held": abs(number["pieces_per_dose"] * number["piece_mg"] - number["dose_mg"]) < Decimal("0.01"),
        "supply": 1 <= number["supply_days"] <= limits["supply_days"],
        "said": (number["daily_mg"], number["weekly_mg"])
        == (
            number["dose_mg"] * number["times_per_day"],
            number["dose_mg"] * number["times_per_day"] * number["days_per_week"],
        ),
    }
    return [name for name, met in checks.items() if not met]


def passed_over(seed: int, count: int) -> tuple[list[str], int]:
    """Contents that passed and should not have, and how many passed."""
    rng, faults, passed = Random(seed), [], 0
    for place in range(count):
        content = drawn(rng)
        if gate.faults(content, limits_file()):
            continue
        passed += 1
        wrong = over(content)
        if wrong:
            faults.append(f"{seed}-{place}: {wrong} in {json.dumps(content)[:200]}")
    return faults, passed


def test_nothing_over_the_absolute_limits_passes() -> None:
    faults, passed = passed_over(121, CONTENTS)
    assert passed >= LEAST_PASSED * CONTENTS, f"only {passed} of {CONTENTS} passed: nothing was looked at"
    record(
        "T08", f"{CONTENTS} contents to the gate, {passed} passed, over a limit", none_of(faults), "0", met=not faults
    )


@pytest.mark.release
def test_nothing_over_the_absolute_limits_passes_at_length() -> None:
    faults, passed = passed_over(122, RELEASE_CONTENTS)
    record(
        "T08",
        f"{RELEASE_CONTENTS} contents to the gate, {passed} passed, over a limit",
        none_of(faults),
        "0",
        met=not faults,
    )


def test_limits_that_were_altered_let_nothing_pass() -> None:
    """One byte of the limits file changed, anywhere: the gate lets nothing through."""
    rng, whole = Random(123), limits_file()
    content = next(one for one in (drawn(rng) for _ in range(1000)) if not gate.faults(one, whole))
    let = 0
    for place in rng.sample(range(len(whole)), 300):
        altered = bytearray(whole)
        altered[place] ^= 1 << rng.randrange(8)
        let += not gate.faults(content, bytes(altered))
    record("T08", "300 altered limits files with which something passed", let, "0", met=not let)


@pytest.mark.parametrize("forgotten", ["_beyond", "_sums"])
def test_a_gate_that_forgets_its_limits_is_caught(forgotten: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, forgotten, lambda *_: [])
    assert passed_over(121, 4_000)[0]
