"""Large JSON files of a package, read quickly.

``browser_json`` answers everything about a text, and pays for it with a call for every object. Catalogues and
rulesets are large and nearly always plain, so they are read by the standard library's scanner alone; what that
refuses, or takes and should not, is left to ``browser_json``.
"""

import json
import math
import re
from typing import Any

# Half a character beyond 16 bits, alone or not.
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
# A double has no more digits before the point.
_LONGEST_INTEGER = 309


def plain_value(data: bytes) -> Any:
    """The value of a text of plain JSON, with or without a byte order mark. Of equal keys, the last counts.

    How deep it is nested, the caller must see.

    Raises:
        ValueError: it is none, or has something that needs a closer look.
    """
    text = data.decode("utf-8-sig")
    if _SURROGATE_ESCAPE.search(text):
        raise ValueError("surrogates")
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def is_deep(value: Any, limit: int) -> bool:
    """Whether lists and objects lie inside each other ``limit`` times or more."""
    level, depth = [value], 0
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        if depth == limit:
            return True
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return False


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("number out of range")
    return number


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise ValueError("number out of range")
    return int(text)


def _refuse(word: str) -> Any:
    raise ValueError(word)


_DECODER = json.JSONDecoder(parse_float=_finite, parse_int=_integer, parse_constant=_refuse)
