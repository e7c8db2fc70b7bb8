"""A case as plain Python data: text, whole numbers, lists and objects. All that the second reading gets to see."""

from typing import Any

import msgspec

from titrant.pathway.case import Case


def plain_case(case: Case) -> dict[str, Any]:
    return msgspec.to_builtins(case, enc_hook=str)
