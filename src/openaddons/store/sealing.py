"""Sealing: what must be secret at rest is encrypted with the master key, which the database never sees."""

import base64
import contextlib
import os
import secrets
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openaddons.errors import KeyUnusable, ValueRefused

_KEY_BYTES = 32
_NONCE_BYTES = 12


class MasterKey:
    """32 bytes that seal signing keys (AES-256-GCM, NIST SP 800-38D) and from which token keys are derived."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueRefused(name="master_key", problem=f"must be base64 of {_KEY_BYTES} bytes.")
        self._key = key
        self.key_id = sha256(b"openaddons master key id" + key).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"MasterKey({self.key_id})"

    def seal(self, secret: bytes, *, context: str) -> bytes:
        """The secret, encrypted and bound to ``context``: it opens under the same context alone."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, secret, context.encode())

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """The secret again. Raises `KeyUnusable` when another key sealed it."""
        try:
            return AESGCM(self._key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except InvalidTag:
            raise KeyUnusable(product_id=context, key_id="unknown") from None

    def derive(self, purpose: str) -> bytes:
        """A key for another purpose (HKDF, RFC 5869), so that no key serves two."""
        return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose.encode()).derive(self._key)


def read_master_key(text: str) -> MasterKey:
    """The master key from its base64 form. Raises `ValueRefused`."""
    try:
        return MasterKey(base64.b64decode(text.strip(), validate=True))
    except ValueError:
        raise ValueRefused(name="master_key", problem=f"must be base64 of {_KEY_BYTES} bytes.") from None


def keep_master_key(path: Path) -> MasterKey:
    """The master key in the file at ``path``, made there (mode 0600, durable) when there is none yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: of two processes that start together, one key wins and both read that one.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
        directory = os.open(path.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
    return read_master_key(path.read_text(encoding="ascii"))
