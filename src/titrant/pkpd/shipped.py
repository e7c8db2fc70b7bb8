"""The parameter sets that ship with Titrant, by name. The one module of this room that opens files."""

from functools import lru_cache
from importlib.resources import files

from titrant.pkpd.faults import UnusableNumbers
from titrant.pkpd.parameters import ParameterSet, parameter_set
from titrant.pkpd.response.parameters import ResponseSet, response_set
from titrant.terms.errors import KnowledgeError
from titrant.terms.reading import Unreadable, read_yaml

NAMES = (
    "racemic", "racemic-k1", "racemic-k2", "perez-ruixo-2021", "simons-2022", "kamp-2020", "clements-1981",
    "domino-1982", "herd-2007",
)  # fmt: skip


@lru_cache(maxsize=32)
def model(name: str) -> ParameterSet:
    """The shipped set ``name``. Raises UnusableNumbers for an unknown name, KnowledgeError for a damaged file."""
    if name not in NAMES:
        raise UnusableNumbers(
            f"model {name!r}",
            "there is no such model",
            "Each name stands for one published source.",
            f"Known are: {', '.join(NAMES)}.",
        )
    return parameter_set(tree(f"{name}.yaml"), f"{name}.yaml")


@lru_cache(maxsize=1)
def response() -> ResponseSet:
    """The numbers of the response model. Raises KnowledgeError for a damaged file."""
    return response_set(tree("response.yaml", "response"))


@lru_cache(maxsize=32)
def tree(file: str, folder: str = "pk") -> dict:
    """The parsed tree of one shipped file of numbers."""
    raw = files("titrant").joinpath("knowledge", "data", folder, file).read_bytes()
    try:
        return read_yaml(raw).tree
    except Unreadable as error:
        raise KnowledgeError(
            f"{file}, line {error.line}", error.fault, "Its numbers cannot be trusted.", error.repair
        ) from None
