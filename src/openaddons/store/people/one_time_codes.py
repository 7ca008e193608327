"""One-time codes of an authenticator app (TOTP, RFC 6238), and the recovery codes for whoever lost theirs."""

import base64
import secrets
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from openaddons.errors import ValueRefused
from openaddons.store.publishers import digest_of

_STEP_SECONDS: Final = 30
_DIGITS: Final = 6
_SECRET_BYTES: Final = 20  # RFC 4226 section 4 recommends 160 bits
_RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10  # 80 bits: a plain SHA-256 of it cannot be searched


def make_totp_secret() -> bytes:
    """A fresh secret for an authenticator app."""
    return secrets.token_bytes(_SECRET_BYTES)


def show_totp_secret(secret: bytes) -> str:
    """The secret as people type it into an app: base32 in groups of four."""
    return _in_groups(base64.b32encode(secret).decode())


def read_totp_secret(text: str) -> bytes:
    """The secret that `show_totp_secret` shows. Raises `ValueRefused`."""
    try:
        secret = base64.b32decode(text.replace(" ", ""))
    except ValueError:
        secret = b""
    if len(secret) != _SECRET_BYTES:
        raise ValueRefused(name="secret", problem="is not the one of this page. Begin again.")
    return secret


def totp_uri(secret: bytes, *, email: str, issuer: str) -> str:
    """What an app reads from the QR code (Google's key URI format)."""
    return _totp(secret).get_provisioning_uri(email, issuer)


def find_step(secret: bytes, *, code: str, now: datetime) -> int | None:
    """The time step that the code belongs to: this one or, for clocks that differ, one beside it; else None."""
    given = code.replace(" ", "").encode("utf-8", "replace")
    this = int(now.timestamp()) // _STEP_SECONDS
    for step in (this, this - 1, this + 1):
        if constant_time.bytes_eq(_totp(secret).generate(step * _STEP_SECONDS), given):
            return step
    return None


def make_recovery_codes() -> list[str]:
    """Fresh recovery codes, to be shown once."""
    made = (base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(_RECOVERY_CODES))
    return [_in_groups(code.lower(), "-") for code in made]


def recovery_digest(code: str) -> str:
    """How a recovery code is kept, however it was typed."""
    return digest_of("".join(character for character in code.lower() if character.isalnum()))


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, _DIGITS, SHA1(), _STEP_SECONDS)  # noqa: S303 - what authenticator apps speak


def _in_groups(text: str, between: str = " ") -> str:
    return between.join(text[start : start + 4] for start in range(0, len(text), 4))
