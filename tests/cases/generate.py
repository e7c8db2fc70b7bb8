"""Random cases: one seed, one case. Most are complete and calm, so that doses are proposed and there is much to see.

``Maker(library).case(rng)`` draws a case. A share of ``calm`` is only varied in what lowers or shapes a start (age,
weight, frailty, liver, drugs, products, what is asked for); the rest is spoilt in one to four ways: facts dropped, old,
at a boundary, unknown drugs, grave conditions, slips of the hand.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from tests.cases.calm import born, calm_answers, calm_readings, number_between, reading
from tests.cases.knowledge import GRADES, Drawable
from tests.cases.sketch import WHO, Sketch
from titrant.knowledge.drugs import Drug
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.knowledge.shapes.interactions import Counts
from titrant.pathway.case import (
    Allergy,
    Answer,
    Asked,
    Case,
    Choice,
    Course,
    HandCheck,
    Indication,
    Level,
    Medication,
    Parenteral,
    ProductChoice,
)
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Bar, Severity

FIRST_DAY = date(2026, 11, 22)
DAYS = 340  # decisions fall between the review of the knowledge and its next review
EDGE_AGES = (17, 18, 59, 60, 63, 64, 65, 66)
ROUTES = ("intravenous", "subcutaneous", "intramuscular")
CALM = 0.75


def mg(amount: str) -> Quantity:
    return Quantity(Decimal(amount), "mg")


class Maker:
    """Draws cases from what the knowledge speaks of."""

    def __init__(self, library: Library, calm: float = CALM) -> None:
        self.library, self.calm = library, calm
        self.drawable = Drawable(library)
        self.protocols = sorted(library.protocols)

    def case(self, rng: Random, name: str = "drawn") -> Case:
        sketch = self.sketch(rng)
        if self.calm <= rng.random():
            for _ in range(rng.randint(1, 4)):
                rng.choice(SPOILS)(self, rng, sketch)
        return sketch.case(name)

    def cases(self, seed: int, count: int) -> Iterator[Case]:
        for place in range(count):
            yield self.case(Random(seed * 1_000_000 + place), f"{seed}-{place}")

    def sketch(self, rng: Random) -> Sketch:
        """A complete, calm case with what lowers or shapes a start."""
        on = FIRST_DAY + timedelta(rng.randrange(DAYS))
        age = rng.choice(EDGE_AGES[3:]) if rng.random() < 0.2 else rng.randint(19, 95)
        birth_date = born(on, age, rng.choice((0, 1, rng.randint(0, 364))))
        sketch = Sketch(
            on,
            birth_date,
            rng.choice(self.protocols),
            calm_readings(rng, on),
            {},
            {},
            on - timedelta(rng.randint(0, 6)),
        )
        sketch.answers = calm_answers(rng, sketch.age)
        sketch.conditions = dict.fromkeys(self.drawable.asked_conditions, "no")
        sketch.drugs_reviewed, sketch.allergies_reviewed = (
            sketch.ago(rng.randint(0, 30)),
            sketch.ago(rng.randint(0, 30)),
        )
        sketch.indication = Indication(condition="crps")
        self._choices(rng, sketch)
        self._person(rng, sketch)
        return sketch

    def _choices(self, rng: Random, sketch: Sketch) -> None:
        protocol = self.library.protocols[sketch.protocol]
        if protocol.explicit_choice:
            sketch.choice = Choice(reason="synthetic", by="Dr Drawn (synthetic)", on=sketch.on)
        if protocol.from_parenteral or rng.random() < 0.05:
            sketch.sessions = [self._session(rng, sketch) for _ in range(rng.choice((1, 1, 1, 2)))]
            sketch.answers["earlier_ketamine"] = rng.choice(("helped", "no_effect"))
        if rng.random() < 0.8:
            sketch.product = self._product(rng, sketch, small=rng.random() < 0.75)
        if rng.random() < 0.35:
            sketch.asked = self._asked(rng, sketch)

    def _session(self, rng: Random, sketch: Sketch) -> Parenteral:
        dose = mg(number_between(rng, 20, 400, rng.choice((0, 0, 1))))
        return Parenteral(dose_24h=dose, route=rng.choice(ROUTES), on=sketch.ago(rng.randint(1, 14)), tolerated="yes")

    def _product(self, rng: Random, sketch: Sketch, *, small: bool) -> ProductChoice:
        family = rng.choice(self.library.protocols[sketch.protocol].products)
        strengths = self.library.products[family].strengths.values
        strength = rng.choice([one for one in strengths if one.value <= 20] or strengths if small else strengths)
        content = rng.choice(("", "", "base", "hydrochloride"))
        return ProductChoice(family=family, strength=strength, content=content)

    def _asked(self, rng: Random, sketch: Sketch) -> Asked:
        """What a prescriber may well ask for."""
        protocol = self.library.protocols[sketch.protocol]
        times = rng.choice((None, None, *range(1, protocol.bounds.times_per_day.value + 1)))
        days = rng.choice((None, None, None, rng.randint(1, 7)))
        setting = rng.choice(("home", "home", "observed"))
        tier = rng.choice(protocol.tiers).id if protocol.tiers and rng.random() < 0.3 else ""
        if tier and rng.random() < 0.6:
            return Asked(setting=setting, tier=tier)
        dose = None
        if rng.random() < 0.6:
            dose = mg(number_between(rng, 3, 40, rng.choice((0, 1, 3))))
        elif rng.random() < 0.5:
            dose = Quantity(Decimal(number_between(rng, 8, 60, 1)) / 100, "mg/kg")
        return Asked(dose=dose, times_per_day=times, days_per_week=days, setting=setting, tier=tier)

    def _person(self, rng: Random, sketch: Sketch) -> None:
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
            self._state(rng, sketch, Bar.NONE)
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3, 6))):
            bar = rng.choices((Bar.NONE, Bar.UNTIL_SETTLED), (5, 1))[0]
            self.take(rng, sketch, rng.choice(self.drawable.drugs[bar]))
        if rng.random() < 0.08:
            self._state(rng, sketch, Bar.UNTIL_SETTLED)

    def _state(self, rng: Random, sketch: Sketch, bar: Bar) -> None:
        name, state, grade = rng.choice(self.drawable.states[bar])
        since = rng.choice((None, sketch.ago(rng.choice((1, 182, 183, 400, 3000)))))
        sketch.state(name, state, grade, since)
        if bar is Bar.UNTIL_SETTLED and rng.random() < 0.85:
            self._settle(rng, sketch, [rule.code for rule in self.library.conditions[name].rules])

    def _settle(self, rng: Random, sketch: Sketch, codes: list[str]) -> None:
        for code in codes:
            sketch.review(code, "may_start", rng.choice((0, 1, 30, 92)))

    def take(self, rng: Random, sketch: Sketch, drug: Drug) -> None:
        """``drug`` on the list, as somebody may write it, with what it makes necessary."""
        sketch.drugs.append(self.medication(rng, drug))
        found = self.drawable.interactions(drug) if drug.classes else []
        codes = [one.rule.code for one in found if one.rule.severity is Severity.SPECIALIST]
        if any(Counts.OPIOID in one.counts for one in found) or any(
            Counts.BENZODIAZEPINE in one.counts for one in found
        ):
            codes.append("opioid_and_benzodiazepine")
        if codes and rng.random() < 0.85:
            self._settle(rng, sketch, codes)

    def medication(self, rng: Random, drug: Drug, until: date | None = None) -> Medication:
        unit = self.drawable.opioid_units.get(drug.name)
        dose = Quantity(Decimal(rng.randint(5, 60)), "mg") if unit == "mg/day" else None
        if unit == "µg/h":
            dose = Quantity(Decimal(rng.choice((12, 25, 50))), "µg/h")
        written = ["words on a box"] if drug.rxcui else []
        name = rng.choice((drug.name, drug.name, drug.name.upper(), f"{drug.name} 10 mg tablet", *written))
        rxnorm = drug.rxcui if name in written or rng.random() < 0.3 else ""
        return Medication(name=name, rxnorm=rxnorm, dose=dose, times_per_day="2" if dose else "", until=until)


# Spoiling: each makes one thing less sure, graver, odder or wrong


def _drop(maker: Maker, rng: Random, sketch: Sketch) -> None:
    parts = [part for part in (sketch.readings, sketch.answers, sketch.conditions) if part]
    part = rng.choice(parts)
    del part[rng.choice(list(part))]


def _drop_other(maker: Maker, rng: Random, sketch: Sketch) -> None:
    what = rng.choice(("drugs_reviewed", "allergies_reviewed", "indication", "choice", "product"))
    setattr(sketch, what, None)
    if rng.random() < 0.3:
        setattr(sketch, *rng.choice((("goals", ()), ("failed", ()), ("sessions", []), ("reviews", []))))


def _old(maker: Maker, rng: Random, sketch: Sketch) -> None:
    """A reading or an answer at the limit of its age, or one day past it."""
    days = rng.choice((7, 8, 14, 15, 28, 30, 31, 90, 91, 92, 93, 184, 185, 366, 367))
    if rng.random() < 0.6:
        name = rng.choice(list(sketch.readings) or ["weight"])
        sketch.readings[name] = [_redated(one, sketch.ago(days)) for one in sketch.readings.get(name, [])]
    else:
        name = rng.choice(list(sketch.answers) or ["frail"])
        word = sketch.answers.get(name, "no")
        word = word.answer if isinstance(word, Answer) else word
        if word in maker.library.facts[name].words:
            sketch.answers[name] = Answer(answer=word, on=sketch.ago(days))


def _redated(text: str, day: date) -> str:
    return f"{text.rpartition(' on ')[0]} on {day.isoformat()}"


def _edge(maker: Maker, rng: Random, sketch: Sketch) -> None:
    """A reading at a number where some rule changes its mind, or a notch beside it."""
    bounds = maker.drawable.bounds
    name = rng.choice(list(bounds))
    bound = rng.choice(bounds[name]) + rng.choice((-1, Decimal("-0.1"), 0, Decimal("0.1"), 1))
    if name == "age":
        sketch.birth_date = born(sketch.on, rng.choice(EDGE_AGES), rng.choice((-1, 0, 1)))
    elif name.startswith("blood_pressure."):
        whole = int(bound)
        pair = f"{whole}/70" if name.endswith("systolic") else f"{max(whole + 40, 60)}/{whole}"
        sketch.readings["blood_pressure"] = [reading(pair, "mmHg", sketch.on)] * 2
    elif name.endswith("_x_uln"):
        fact = rng.choice(("alt", "ast", "alp", "ggt")) if name.startswith("liver") else name.removesuffix("_x_uln")
        unit = maker.library.facts[fact].unit
        value = max(bound * 40, Decimal(5))
        sketch.readings[fact] = [reading(f"{value:f}", unit, sketch.on, rng.choice(("", f"40 {unit}")))]
    elif name.endswith("_change"):
        _edge_of_change(sketch, name.removesuffix("_change"), bound, maker)
    elif name in maker.drawable.numbers:
        sketch.readings[name] = [reading(f"{max(bound, Decimal(0)):f}", maker.library.facts[name].unit, sketch.on)]


def _edge_of_change(sketch: Sketch, fact: str, change: Decimal, maker: Maker) -> None:
    unit = maker.library.facts[fact].unit
    before = Decimal(10) if unit == "points" else Decimal(100)
    newest = reading(f"{before + change:f}", unit, sketch.ago(1))
    sketch.readings[fact] = [reading(f"{before:f}", unit, sketch.ago(20)), newest]


def _number(maker: Maker, rng: Random, sketch: Sketch) -> None:
    """Any believable value of any reading, now and then written in another unit."""
    name = rng.choice(maker.drawable.numbers)
    kind = maker.library.facts[name]
    low, high = int(kind.plausible.lo.value), int(kind.plausible.hi.value)
    value, unit = number_between(rng, low, min(high, 400), rng.choice((0, 1))), kind.unit
    other = {"kg": ("lb", 2.2), "U/L": ("µkat/L", 0.01667), "cm": ("in", 0.3937)}.get(unit)
    if other and rng.random() < 0.5:
        value, unit = f"{float(value) * other[1]:.3f}", other[0]
    sketch.readings[name] = [reading(value, unit, sketch.ago(rng.randint(0, 5)))]


def _word(maker: Maker, rng: Random, sketch: Sketch) -> None:
    name = rng.choice(maker.drawable.words)
    sketch.answers[name] = rng.choice(maker.library.facts[name].words)


def _illness(maker: Maker, rng: Random, sketch: Sketch) -> None:
    name = rng.choice(list(maker.library.conditions))
    state = rng.choice(list(ConditionState))
    sketch.state(name, state, rng.choice(GRADES), rng.choice((None, sketch.ago(rng.randint(0, 400)))))
    if rng.random() < 0.2:
        says = rng.choice(("may_start", "must_not_start"))
        for rule in maker.library.conditions[name].rules:
            sketch.review(rule.code, says, rng.choice((0, 92, 93)))


def _drug(maker: Maker, rng: Random, sketch: Sketch) -> None:
    """Any drug of the tables, taken or stopped some time ago."""
    drug = rng.choice(list(maker.library.drugs.drugs.values()))
    until = rng.choice((None, sketch.ago(rng.choice((0, 1, 2, 3, 4, 7, 8, 14, 15, 28, 42, 90, 91)))))
    sketch.drugs.append(maker.medication(rng, drug, until))


def _odd_drug(maker: Maker, rng: Random, sketch: Sketch) -> None:
    """A drug that nobody knows, whose code contradicts its name, or that somebody checked by hand."""
    drugs = list(maker.library.drugs.drugs.values())
    one, other = rng.choice(drugs), rng.choice(drugs)
    checked = HandCheck(by=WHO, on=sketch.ago(rng.randint(-1, 3)), treat_as=rng.choice(((), one.classes)))
    sketch.drugs.append(
        rng.choice((
            Medication(name=f"unheard-of {rng.randint(1, 999)}"),
            Medication(name=one.name, rxnorm=other.rxcui),
            Medication(name="unheard-of", atc=rng.choice((*other.atc, "Z99"))),
            Medication(name="unheard-of", checked_by_hand=checked),
            Medication(name="unheard-of", until=sketch.ago(3)),
        ))
    )  # fmt: skip


def _slip(maker: Maker, rng: Random, sketch: Sketch) -> None:
    """Something asked for that is far off, too often, or in another way of counting."""
    unit = rng.choice(("mg", "mg", "mg", "g", "µg", "mg/kg", "mL"))
    highest = rng.choice((1, 10, 60, 61, 100, 101, 1000))
    value = max(Decimal(number_between(rng, 0, highest, rng.choice((0, 1, 3)))), Decimal("0.001"))
    sketch.asked = Asked(
        dose=Quantity(value, unit),
        times_per_day=rng.choice((None, 0, 1, 4, 5, 10)),
        days_per_week=rng.choice((None, 0, 1, 7, 8)),
        setting=rng.choice(("home", "observed")),
        tier=rng.choice(("", "", "starter", "intensive")),
    )


def _odd_product(maker: Maker, rng: Random, sketch: Sketch) -> None:
    family = rng.choice(list(maker.library.products))
    strength = rng.choice(maker.library.products[rng.choice((family, "capsule"))].strengths.values)
    sketch.product = ProductChoice(family=family, strength=strength)


def _odd_session(maker: Maker, rng: Random, sketch: Sketch) -> None:
    dose = Quantity(Decimal(number_between(rng, 1, 900, 1)), rng.choice(("mg", "mg", "g")))
    days, tolerated = rng.choice((-1, 0, 14, 15, 40)), rng.choice(("yes", "no", ""))
    sketch.sessions.append(Parenteral(dose_24h=dose, route="intravenous", on=sketch.ago(days), tolerated=tolerated))


def _odd_course(maker: Maker, rng: Random, sketch: Sketch) -> None:
    if rng.random() < 0.3:
        sketch.course = Course(levels=(Level(since=sketch.ago(20), dose=mg("10"), times_per_day=3),))
    elif rng.random() < 0.5:
        sketch.allergies.append(Allergy(substance=rng.choice(("ketamine", "penicillin", "Ketaminum"))))
    else:
        sketch.on += timedelta(rng.choice((-400, 400)))


SPOILS: tuple[Callable[[Maker, Random, Sketch], None], ...] = (
    _drop, _drop, _drop_other, _old, _old, _edge, _edge, _edge, _number, _word, _illness, _illness, _drug, _drug, _drug,
    _odd_drug, _slip, _slip, _odd_product, _odd_session, _odd_course,
)  # fmt: skip
