"""Large JSON files of a package, read quickly.

``browser_json`` answers everything about a text, and pays for it with a call for every object. Catalogues and
rulesets are large and nearly always plain, so they are read by the standard library's scanner alone; what that
refuses, or takes and should not, is left to ``browser_json``.
"""

import json
import math
import re
from typing import Any, Final

from openaddons.packages import browser_json
from openaddons.packages.browser_json import NotJson, Place
from openaddons.packages.regexes import regex

# Half a character beyond 16 bits. Nearly all texts have none, and this is found much faster than a lone one.
_SURROGATE = regex(r"\\u[dD][89a-fA-F]")
# One without its other half; where a backslash may be escaped, any half.
_LONE_SURROGATE = regex(
    r"\\\\u[dD][89a-fA-F]"
    r"|\\u[dD][89abAB](?![0-9a-fA-F]{2}\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)
# Longer texts are not read by the slow scanner, which knows exactly what is wrong with one.
_READ_CLOSELY_BYTES: Final = 1 << 20
_STRING = regex(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
# Without an escape that JSON has not, or the end of a line before the end of the string.
_STRICT_STRING = regex(r'"(?:[^\\\n\r]|\\[^x])*"')
# What CPython takes for an object of few members, a list, and any other value with its place in one of them.
_OBJECT_BYTES, _LIST_BYTES, _VALUE_BYTES = 200, 80, 64
# A double has no more digits before the point.
_LONGEST_INTEGER = 309


def plain_value(data: bytes) -> Any:
    """The value of a text of plain JSON, with or without a byte order mark. Of equal keys, the last counts.

    How deep it is nested, the caller must see.

    Raises:
        ValueError: it is none, or has something that needs a closer look.
    """
    text = data.decode("utf-8-sig")
    if _SURROGATE.search(text) and _LONE_SURROGATE.search(text):
        raise ValueError("surrogates")
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def strict_value(data: bytes, max_depth: int) -> Any:
    """The value of a strict JSON text: in rulesets the browser takes a byte order mark, but no comments.

    Raises:
        NotJson: it is none. Of a long text, the place may not be known.
    """
    try:
        return plain_value(data)
    except UnicodeDecodeError:
        pass
    except ValueError as fault:
        if len(data) > _READ_CLOSELY_BYTES:
            at = (fault.lineno, fault.colno) if isinstance(fault, json.JSONDecodeError) else (1, 1)
            raise NotJson("not strict JSON", Place(*at)) from None
    parsed = browser_json.parse(data, max_depth=max_depth)
    strings = (match[0] for match in _STRING.finditer(parsed.text))
    if parsed.has_comments or not all(map(_STRICT_STRING.fullmatch, strings)):
        raise NotJson("comments, line breaks in strings and \\x are not for rulesets", Place(1, 1))
    return parsed.value


def memory_bytes(data: bytes) -> int:
    """About how much memory the values of a JSON text take, known before any is made.

    Three bytes of text can be an object of two hundred. Brackets and commas in strings count too.
    """
    return data.count(b"{") * _OBJECT_BYTES + data.count(b"[") * _LIST_BYTES + data.count(b",") * _VALUE_BYTES


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
