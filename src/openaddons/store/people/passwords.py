"""Passwords: argon2id (RFC 9106), which takes time and memory, so it is never done inside a transaction."""

import secrets
import threading
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from openaddons.errors import ValueRefused

# OWASP's Password Storage Cheat Sheet: 46 MiB, one pass, one lane. Older hashes are renewed at the next sign-in.
_ARGON2ID: Final = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
# Anybody may ask for a hash: so many at a time bound the memory that strangers can make us use.
_AT_ONCE: Final = threading.BoundedSemaphore(4)
_SHORTEST_CHARACTERS: Final = 12
_LONGEST_CHARACTERS: Final = 200


def hash_password(password: str, *, email: str) -> str:
    """How a new password is kept. Raises `ValueRefused` when it is short, long or the e-mail address.

    No rules about kinds of characters: length is what counts (NIST SP 800-63B-4, section 3.1.1.2).
    """
    normal = _normal(password)
    if not _SHORTEST_CHARACTERS <= len(normal) <= _LONGEST_CHARACTERS:
        problem = (
            f"must have {_SHORTEST_CHARACTERS} to {_LONGEST_CHARACTERS} characters; several words are good."
        )
        raise ValueRefused(name="password", problem=problem)
    if len(set(normal)) <= 3 or normal.lower() in {email, email.partition("@")[0]}:
        raise ValueRefused(name="password", problem="is too easy to guess; take several words.")
    with _AT_ONCE:
        return _ARGON2ID.hash(normal)


def check_password(password: str, *, kept: str | None) -> bool:
    """Whether it is the password that is kept so. None takes as long as any other: who asks learns nothing."""
    with _AT_ONCE:
        try:
            _ARGON2ID.verify(kept or _nobodys_hash(), _normal(password))
        except VerifyMismatchError:
            return False
    return kept is not None


def needs_rehash(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _ARGON2ID.check_needs_rehash(kept)


@cache
def _nobodys_hash() -> str:
    return _ARGON2ID.hash(secrets.token_hex())


def _normal(password: str) -> str:
    """One form for what keyboards compose differently (NFC; NIST SP 800-63B-4, section 3.1.1.2). No character goes."""
    return unicodedata.normalize("NFC", password[: _LONGEST_CHARACTERS + 1])
