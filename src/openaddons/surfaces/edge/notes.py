"""Notes for certification, read by content and never refused (design/api.md, "Notes").

22 clients send them in nine forms; none of them can tell whether it was understood, so every one is.
"""

import json
import re
from typing import Final
from urllib.parse import unquote_plus

NOTES_CHARACTERS_LIMIT: Final = 10_000
# Microsoft's own sample, which is no JSON: { "notes"="text value" }
_SAMPLE: Final = re.compile(r'\s*\{\s*"notes"\s*=\s*"(.*)"\s*\}\s*', re.DOTALL)


def read_notes(body: bytes) -> tuple[str, int]:
    """The notes in a publish request's body, and how many characters beyond the limit were cut."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff").replace("\x00", "\ufffd")
    notes = _extract(text)
    return notes[:NOTES_CHARACTERS_LIMIT], max(0, len(notes) - NOTES_CHARACTERS_LIMIT)


def _extract(text: str) -> str:
    if not text.strip():
        return ""
    if text.lstrip().startswith("{"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            if sample := _SAMPLE.fullmatch(text):
                return sample.group(1)
            return text
        notes = value.get("notes")
        # A JSON object without notes is an empty form ({} is what the most used client sends).
        return "" if notes is None else _clean(notes if isinstance(notes, str) else json.dumps(notes))
    if text.startswith("notes="):
        # The whole rest, not just up to the next "&": some clients do not escape what people write.
        return _clean(unquote_plus(text.removeprefix("notes=")))
    return text


def _clean(notes: str) -> str:
    """Neither database keeps NUL or half a surrogate pair."""
    return notes.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
