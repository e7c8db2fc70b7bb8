"""What still has to be asked before a start, as questions with their choices. They come from what a plan is missing, so
nothing is asked twice and nothing is left out; what is not answered stays open and is never taken for passed."""

from collections.abc import Iterator

from msgspec import Struct

from titrant.explain.words import Words
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.facts import FactKind, Kind
from titrant.pathway.plan import Plan
from titrant.terms.reason import Missing

# What each answer is given to; the order is that of a visit.
GROUPS = (
    ("stops", "Yes or no: what may forbid or limit it"),
    ("now", "How it stands now"),
    ("agreed", "Agreed and arranged"),
    ("measured", "Measured today"),
    ("laboratory", "From the laboratory"),
    ("scores", "Questionnaires"),
    ("lists", "Diagnosis, goal, and what was tried"),
    ("drugs", "Medicines and allergies"),
    ("settle", "To be settled first"),
)
_MEASURED = ("weight", "height", "blood_pressure", "heart_rate", "oxygen_saturation")
_AGREED = (
    "consent", "able_to_consent", "safe_storage", "minors_protected", "responsible_adult", "driving_advice",
    "no_alcohol_agreed", "specialist_prescriber", "jurisdiction", "prescription_monitoring",
)  # fmt: skip
_LISTS = {
    "indication": ("indication", "Which painful condition is it for?"),
    "goals": ("goal", "What does the person want to do again?"),
    "failed_treatments": ("failed", "What was tried properly and did not help, or could not be borne?"),
}
_DRUGS = {
    "medications": ("medications", "Which medicines are taken? Go through the list with the person."),
    "allergies": ("allergies", "Any allergies?"),
}
_SHORT_SCORE = 40  # a total with no more choices than this is chosen, not typed


class Question(Struct, frozen=True, kw_only=True):
    """One open question. ``kind`` says how it is answered: words, condition, number, pressure, score, items, ..."""

    name: str
    group: str
    kind: str
    label: str
    ask: str
    said: str  # why it is open, in a sentence
    why: str = ""  # why it matters
    unit: str = ""
    words: tuple[tuple[str, str], ...] = ()  # value and what is shown
    items: tuple[tuple[str, str, tuple[int, ...]], ...] = ()


def open_questions(plan: Plan, library: Library, words: Words) -> tuple[Question, ...]:
    """Every open question of ``plan``, in the order of the groups."""
    order = [name for name, _ in GROUPS]
    found: dict[str, Question] = {}
    for one in plan.missing:
        question = _question(one, library, words.say(one.why, one.facts))
        found.setdefault(question.name if question.group != "settle" else f"{one.fact} {one.why}", question)
    return tuple(sorted(found.values(), key=lambda one: order.index(one.group)))


def _question(one: Missing, library: Library, said: str) -> Question:
    name = one.fact
    if one.why.startswith("settle_"):
        return Question(name=name, group="settle", kind="settle", label=words_of(name), ask="", said=said)
    for group, special in (("lists", _LISTS), ("drugs", _DRUGS)):
        if name in special:
            kind, ask = special[name]
            choices = _conditions(library) if kind == "indication" else ()
            return Question(name=name, group=group, kind=kind, label=words_of(name), ask=ask, said=said, words=choices)
    if name == "choice":
        ask = "Why this protocol, although it departs from the guidelines?"
        return Question(name=name, group="settle", kind="choice", label="Protocol chosen", ask=ask, said=said)
    if name in library.facts:
        return _of_fact(name, library.facts[name], library, said)
    if name in library.conditions:
        return _of_condition(name, library, said)
    return Question(name=name, group="settle", kind="settle", label=words_of(name), ask="", said=said)


def _of_condition(name: str, library: Library, said: str) -> Question:
    row = library.conditions[name]
    # The gravest rule says why it is asked.
    why = next((rule.clinician for rule in row.rules), "") or next((band.clinician for band in row.bands), "")
    states = (("no", "No"), ("active", "Yes, now"), ("controlled", "Yes, controlled"), ("past", "In the past"))
    return Question(
        name=name, group="stops", kind="condition", label=row.title, ask=row.ask, said=said, why=why, words=states
    )


def _of_fact(name: str, kind: FactKind, library: Library, said: str) -> Question:
    items = library.questionnaires["peg"].items if name == "peg" else ()
    choices = tuple(_scores(kind)) or tuple((word, words_of(word)) for word in kind.words)
    return Question(
        name=name, group=_group(name, kind), kind=_kind(name, kind), label=kind.label, ask=kind.ask, said=said,
        why=kind.why, words=choices, unit=kind.unit,
        items=tuple((one.id, one.text, tuple(range(one.lo, one.hi + 1))) for one in items),
    )  # fmt: skip


def _group(name: str, kind: FactKind) -> str:
    if name in _MEASURED:
        return "measured"
    if kind.kind is Kind.WORD:
        return "agreed" if name in _AGREED else "now"
    return "scores" if kind.unit == "points" else "laboratory"


def _kind(name: str, kind: FactKind) -> str:
    if kind.kind is Kind.WORD:
        return "words"
    if name == "peg":
        return "items"
    if any(_scores(kind)):
        return "score"
    return "pressure" if kind.kind is Kind.PRESSURE else "number"


def _scores(kind: FactKind) -> Iterator[tuple[str, str]]:
    """Every total that a short score can have."""
    if kind.unit == "points" and kind.plausible is not None and kind.plausible.hi.value <= _SHORT_SCORE:
        for value in range(int(kind.plausible.lo.value), int(kind.plausible.hi.value) + 1):
            yield str(value), str(value)


def _conditions(library: Library) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(((name, one.title) for name, one in library.evidence.items()), key=lambda one: one[1]))


def words_of(name: str) -> str:
    """The name of a fact in plain words."""
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]
