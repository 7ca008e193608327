"""Keys of objects: made here, and read from outside here."""

import re
import secrets

from openaddons.errors import ValueRefused

_KEY = re.compile(r"[0-9a-f]{64}\.[0-9a-f]{8}")


def new_key(digest: str) -> str:
    """A fresh key for bytes with this SHA-256 (hex)."""
    return f"{digest}.{secrets.token_hex(4)}"


def is_key(text: str) -> bool:
    """Whether ``text`` has the form of a key. One that has is safe in a path: hex digits and one dot."""
    return _KEY.fullmatch(text) is not None


def read_key(text: str) -> str:
    """``text``, if it has the form of a key; raises `ValueRefused`."""
    if not is_key(text):
        raise ValueRefused(name="key", problem="this is not the key of an object.")
    return text
