"""Texts that people read: evidence, comparisons, education, expectations, wording, sources."""

from msgspec import Struct

from titrant.knowledge.shapes.common import Code, Header, Text
from titrant.terms.reason import Status


class Source(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One cited work. ``read`` says how much of it was seen."""

    title: str
    read: str
    doi: str = ""
    pmid: str = ""
    where: str = ""


class Sources(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    sources: dict[str, Source]


class Evidence(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known for one painful condition: the banner that is always shown."""

    banner: str
    parenteral: str
    oral: str
    sources: tuple[str, ...]
    status: Status
    snomed: tuple[Code, ...] = ()
    icd10: tuple[Code, ...] = ()
    names: tuple[str, ...] = ()
    neuropathic: bool = False


class Disagreement(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the articles and the literature disagree (D1 to D18), and how it is shown."""

    article: str
    literature: str
    shown: str
    sources: tuple[str, ...]
    status: Status


class Disagreements(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    disagreements: dict[str, Disagreement]


class Texts(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page of short texts: education, expectations, routes, a multimodal plan."""

    texts: tuple[Text, ...]


class Sentence(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a reason is told. ``{name}`` stands for a fact of the reason."""

    clinician: str
    patient: str = ""


class Wording(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    language: str
    sentences: dict[str, Sentence]
