"""Questionnaires: the free ones in full with scoring and bands, the licensed ones by score only."""

from enum import StrEnum

from msgspec import Struct

from titrant.knowledge.shapes.common import Code, Header
from titrant.terms.reason import Status


class Scoring(StrEnum):
    SINGLE = "single"  # one item is the score
    SUM = "sum"
    MEAN = "mean"
    SCORE_ONLY = "score_only"  # the instrument is licensed; only its total is recorded


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    value: int
    text: str


class Item(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    text: str
    lo: int
    hi: int
    anchors: tuple[Answer, ...] = ()
    loinc: Code | None = None
    red_flag_above: int | None = None  # an answer above this is acted on whatever the total


class ScoreBand(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    lo: str  # closed range, exact decimals
    hi: str
    label: str
    source: str
    status: Status


class Questionnaire(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``score`` names the fact that the total becomes. A missing item gives no score, never a zero."""

    scoring: Scoring
    score: str
    lo: str
    hi: str
    licence: str
    source: str
    status: Status
    items: tuple[Item, ...] = ()
    bands: tuple[ScoreBand, ...] = ()
    preface: str = ""
    recall: str = ""
    panel: Code | None = None
    total: Code | None = None
