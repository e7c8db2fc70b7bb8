"""Canonical JSON (RFC 8785) and its SHA-256: the same content always has the same bytes and the same name.

Only text, whole numbers, truth values, lists and objects with text keys are accepted. Doses travel as text, so the
number formatting of RFC 8785, the part that implementations get wrong, is never needed.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn

import msgspec

Json = Any
_SAFE_INTEGER = 2**53 - 1


def canonical_json(content: Json) -> bytes:
    """``content`` as RFC 8785 bytes. Raises TypeError for floats, decimals and anything else that is not plain."""
    written = _at_once(content)
    return _with_care(content) if written is None else written


def _at_once(content: Json) -> bytes | None:
    """The bytes as msgspec writes them, where they are certainly those of RFC 8785; None where only care can tell.

    What is read back as equal and without a float was plain. Numbers that may be too long, and characters that UTF-16
    sorts otherwise, are left to care.
    """
    try:
        written = _ENCODER.encode(content)
        in_doubt = _LONG_NUMBER.search(written) or not (written.isascii() or _SORTED_OTHERWISE.search(written) is None)
        return None if in_doubt or _DECODER.decode(written) != content else written
    except (TypeError, ValueError, RecursionError):
        return None


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text} is a float")


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(float_hook=_no_float)
_LONG_NUMBER = re.compile(rb"(?:^|[:,\[])-?[0-9]{16}")
_SORTED_OTHERWISE = re.compile(rb"[\xee-\xff]")  # U+E000 and above


def _with_care(content: Json) -> bytes:
    try:
        ordered = _ordered(content)
    except _NotPlainError:
        _check(content, "$")  # walks again, to name the place
        raise
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def sha256_of(content: Json) -> str:
    """Hexadecimal SHA-256 of the canonical JSON of ``content``."""
    return hashlib.sha256(canonical_json(content)).hexdigest()


def _check(content: Json, path: str) -> None:
    if content is None or isinstance(content, str | bool):
        return
    if isinstance(content, int):
        if not -_SAFE_INTEGER <= content <= _SAFE_INTEGER:
            raise TypeError(f"{path}: {content} is too large for an exact JSON number; write it as text")
        return
    if isinstance(content, list | tuple):
        for place, item in enumerate(content):
            _check(item, f"{path}[{place}]")
        return
    if isinstance(content, dict) and all(isinstance(key, str) for key in content):
        for key, item in content.items():
            _check(item, f"{path}.{key}")
        return
    raise TypeError(f"{path}: {type(content).__name__} has no canonical form; write amounts as text")


class _NotPlainError(TypeError):
    """Something in the content has no canonical form; ``_check`` says where."""


def _ordered(content: Json) -> Json:
    """``content`` with the keys of every object in order. Raises _NotPlainError for what has no canonical form."""
    if content is None or isinstance(content, str | bool):
        return content
    if isinstance(content, dict):
        return {key: _ordered(content[key]) for key in _sorted(content)}
    if isinstance(content, list | tuple):
        return [_ordered(item) for item in content]
    if isinstance(content, int) and -_SAFE_INTEGER <= content <= _SAFE_INTEGER:
        return content
    raise _NotPlainError


def _sorted(keys: Iterable[Any]) -> list[str]:
    """RFC 8785 sorts by UTF-16 code units, which differs from code points beyond the basic plane."""
    try:
        if "".join(keys).isascii():
            return sorted(keys)
        return sorted(keys, key=lambda key: key.encode("utf-16-be"))
    except TypeError:
        raise _NotPlainError from None
