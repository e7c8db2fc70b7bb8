"""Sentences for reason codes, from the wording file and from the rules' own texts."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property, lru_cache
from types import MappingProxyType

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import Rule, Text
from titrant.knowledge.shapes.texts import Sentence
from titrant.terms.reason import Status

_PLACE = re.compile(r"\{([a-z0-9_.]+)\}")
_NO_FACTS: Mapping[str, str] = MappingProxyType({})
_FIRST = re.compile(r"(?<=\.) ")  # the end of a first sentence


class Reader(StrEnum):
    CLINICIAN = "clinician"
    PATIENT = "patient"


class Words:
    """All sentences of a library, by code."""

    def __init__(self, library: Library) -> None:
        self._library = library

    @cached_property
    def sentences(self) -> dict[str, Sentence]:
        """Every code that has words. The wording file goes before a rule's own text."""
        found = dict(_of_rules(self._library))
        for protocol in self._library.protocols.values():
            found |= {one.code: Sentence(clinician=one.clinician) for one in protocol.start.reductions}
            found |= {
                one.code: Sentence(clinician=one.clinician, patient=one.patient)
                for one in protocol.stop_rules
                if one.code not in found
            }
            rules = protocol.following.rules if protocol.following else ()
            found |= {
                rule.code: Sentence(clinician=rule.clinician, patient=rule.patient)
                for rule in rules
                if rule.code not in found
            }
        for name, one in self._library.disagreements.disagreements.items():
            found[name] = Sentence(clinician=f"{name}: {one.literature} {one.shown}")
        return {**found, **self._library.wording.sentences}

    def say(self, code: str, facts: Mapping[str, str], reader: Reader = Reader.CLINICIAN) -> str:
        """The sentence for ``code`` with its facts filled in. A code without words says so; it is never dropped."""
        sentence = self.sentences.get(code)
        if sentence is None:
            return f"{code} ({', '.join(f'{name}: {value}' for name, value in sorted(facts.items()))})"
        text = sentence.clinician if reader is Reader.CLINICIAN else sentence.patient or sentence.clinician
        said = self._filled(text, facts)
        return said + (self._basis(code, facts) if reader is Reader.CLINICIAN else "")

    def say_rule(self, place: str, code: str, facts: Mapping[str, str]) -> str:
        """The sentence of a rule of following with its days and numbers; ``place`` as its reason names it.

        A stop rule of the same code speaks of what would stop, before there is a day to name.
        """
        own = self._following.get(place)
        if own is None or code in self._library.wording.sentences:
            return self.say(code, facts)
        return self._filled(own, facts)

    def _filled(self, text: str, facts: Mapping[str, str]) -> str:
        """``text`` with its facts; a finding that it rests on speaks with its own sentence, never with its code."""
        finding = facts.get("finding", "")
        if "{finding}" in text and finding in self.sentences:
            without = {name: value for name, value in facts.items() if name != "finding"}
            facts = {**facts, "finding": self.say(finding, without).rstrip(".")}
        return _PLACE.sub(lambda place: facts.get(place[1], "—"), text)

    @cached_property
    def _following(self) -> dict[str, str]:
        return {
            f"{protocol.id}@{protocol.version}/following/{rule.code}": rule.clinician
            for protocol in self._library.protocols.values()
            for rule in (protocol.following.rules if protocol.following else ())
        }

    def _basis(self, code: str, facts: Mapping[str, str]) -> str:
        """The numbers or the state on which a finding of the person rests, and their day."""
        if code not in self._of_the_person:
            return ""
        known = self._library.facts
        parts = [f"{known[name].label.lower()} {value}" for name, value in facts.items() if name in known]
        parts += [f"recorded as {facts['state']}"] if "state" in facts else []
        parts += [f"{name} {facts[name]}" for name in ("grade", "since", "on") if name in facts]
        return f" [{', '.join(parts)}]" if parts else ""

    @cached_property
    def _of_the_person(self) -> set[str]:
        return {rule.code for rule in findings_of_the_person(self._library)}

    def label(self, fact: str, facts: Mapping[str, str] = _NO_FACTS) -> str:
        """How a fact, an illness or a finding is called before people; a name without a label stays as it is.

        ``facts`` fill the sentence of a finding.
        """
        if fact in self._library.facts:
            return self._library.facts[fact].label
        if fact in self._library.conditions:
            return self._library.conditions[fact].title
        sentence = self.sentences.get(fact)
        return self._filled(_FIRST.split(sentence.clinician, maxsplit=1)[0].rstrip("."), facts) if sentence else fact

    def marked(self, text: str, status: Status) -> str:
        """``text`` with its mark, where the value behind it was not read in a source."""
        return f"{text}{status.mark}"

    def text(
        self, page: str, name: str, reader: Reader = Reader.CLINICIAN, facts: Mapping[str, str] | None = None
    ) -> str:
        """One text of a page of texts, e.g. ``education`` / ``driving``, with its facts filled in."""
        one = self._text(page, name)
        text = one.text if reader is Reader.CLINICIAN else one.patient or one.text
        return _PLACE.sub(lambda place: (facts or {}).get(place[1], "—"), text)

    def title(self, page: str, name: str) -> str:
        """The title of a text, else its id in words."""
        return self._text(page, name).title or name.replace("-", " ")

    def _text(self, page: str, name: str) -> Text:
        return self._texts[page, name]

    @cached_property
    def _texts(self) -> dict[tuple[str, str], Text]:
        return {(page.id, one.id): one for page in self._library.texts.values() for one in page.texts}


@lru_cache(maxsize=4)
def words_of(library: Library) -> Words:
    """The sentences of ``library``, gathered once and not at each desk: there are hundreds of rules."""
    return Words(library)


def _of_rules(library: Library) -> Iterator[tuple[str, Sentence]]:
    for rule in rules(library):
        yield rule.code, Sentence(clinician=rule.clinician, patient=rule.patient)
    # What to do about an illness or a result stands beside it; a drug's own sentence already says what to do.
    for rule in findings_of_the_person(library):
        yield rule.code, Sentence(clinician=f"{rule.clinician} {rule.do}".strip(), patient=rule.patient)


def findings_of_the_person(library: Library) -> Iterator[Rule]:
    """The rules over illnesses, circumstances and results."""
    for condition in library.conditions.values():
        yield from condition.rules
        yield from condition.bands
    for row in library.checks.values():
        yield from row.thresholds


def rules(library: Library) -> Iterator[Rule]:
    """Every rule that can become a finding."""
    yield from findings_of_the_person(library)
    for interaction in library.interactions.values():
        yield interaction.rule
    for combination in library.combinations.values():
        yield combination.rule
