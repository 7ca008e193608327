"""Ids: how they are made and how they are read from outside."""

import os
import re
import secrets
from itertools import count

NOBODYS_GUID = "00000000-0000-0000-0000-000000000000"
"""Names nothing: it is looked up where an id is malformed, so that the answer takes as long as for any other."""

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_guid() -> str:
    """A fresh random GUID: lower case, hyphens, 36 characters."""
    try:
        return _spare_guids.pop()
    except IndexError:
        made = _make_guids()
        _spare_guids.extend(made[1:])
        return made[0]


_spare_guids: list[str] = []  # made in one go: the system's randomness costs more than all the rest
os.register_at_fork(after_in_child=_spare_guids.clear)


def _make_guids(count: int = 64) -> list[str]:
    entropy = os.urandom(16 * count).hex()
    each = (entropy[start : start + 32] for start in range(0, 32 * count, 32))
    # Version 4 of RFC 9562: its number, and two bits of "variant", stand in the 122 random ones.
    return [f"{d[:8]}-{d[8:12]}-4{d[13:16]}-{'89ab'[int(d[16], 16) & 3]}{d[17:20]}-{d[20:]}" for d in each]


class _Series:
    """GUIDs that differ in their last twelve digits, which count."""

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        """Begin a series of one's own, somewhere with room above it."""
        self._prefix = new_guid()[:24]
        self._numbers = count(secrets.randbits(47))

    def following(self) -> str:
        """The next one."""
        return f"{self._prefix}{next(self._numbers):012x}"


new_correlation_id = _Series().following
"""A GUID that no other request has. Unlike `new_guid`'s it can be guessed from the one before, and costs a tenth."""


def read_guid(text: str) -> str | None:
    """The GUID in ``text``, trimmed and in lower case, or None if it is none.

    Microsoft's PowerShell sample puts a blank before the id, other clients send capitals.
    """
    if len(text) > 64:
        return None
    folded = text.strip().lower()
    return folded if _GUID.fullmatch(folded) else None


def new_submission_id() -> str:
    """A fresh submission id: 19 decimal digits, as Microsoft's (``1152921505701822265``)."""
    return str(10**18 + secrets.randbelow(9 * 10**18))
