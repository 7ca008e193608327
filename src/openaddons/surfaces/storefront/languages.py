"""Which languages a visitor reads: ``Accept-Language`` (RFC 9110, section 12.5.4)."""

import re
from typing import Final

_LANGUAGES_LIMIT: Final = 20
_ENTRY: Final = re.compile(r"\s*([A-Za-z0-9-]{1,40})\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")


def accepted_languages(header: str) -> tuple[str, ...]:
    """The languages of the header, the dearest first. What is no language in it is passed over."""
    weighed: list[tuple[float, str]] = []
    for entry in header.split(",", _LANGUAGES_LIMIT)[:_LANGUAGES_LIMIT]:
        found = _ENTRY.fullmatch(entry)
        weight = float(found[2] or 1) if found else 0.0
        if found and weight:
            weighed.append((weight, found[1]))
    return tuple(language for _, language in sorted(weighed, key=lambda each: -each[0]))
