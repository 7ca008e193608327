"""Who is asking: both generations of credentials, checked once and then remembered for a moment."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
import structlog

from openaddons.clock import Clock
from openaddons.errors import CredentialsInvalid
from openaddons.ids import read_guid
from openaddons.store.hot import FoundCredential, HotReads
from openaddons.store.publishers import CredentialKind, Principal, digest_of, is_well_formed, note_uses
from openaddons.store.session import Changes, Database

log = structlog.get_logger()

TOKEN_SECONDS: Final = 3599  # as Microsoft's
# A revocation in this process takes effect at once, one by another process after this time at the latest.
_REMEMBER_SECONDS: Final = 2.0
_REMEMBER_LIMIT: Final = 10_000
_NOTE_USES_SECONDS: Final = 60.0
_HEADER_CHARACTERS_LIMIT: Final = 4096
_ALGORITHM: Final = "HS256"

Headers = Iterable[tuple[bytes, bytes]]


class Gate:
    """Tells principals from strangers."""

    def __init__(self, reads: HotReads, clock: Clock, token_key: bytes) -> None:
        self._reads = reads
        self._clock = clock
        self._token_key = token_key
        self._remembered: dict[tuple[bytes, bytes], tuple[float, Principal]] = {}
        self._last_uses: dict[str, datetime] = {}

    def remembered(self, headers: Headers) -> Principal | None:
        """The principal of credentials that were found good a moment ago: no database, no hashing."""
        entry = self._remembered.get(_credentials(headers))
        if entry is None or entry[0] < time.monotonic() or entry[1].expires_time <= self._clock.now():
            return None
        return entry[1]

    async def admit(self, headers: Headers) -> Principal:
        """The principal of a request. Raises `CredentialsInvalid`, which says which scheme and what is wrong."""
        key = authorization, client_id = _credentials(headers)
        principal = self.remembered(headers)
        if principal is not None:
            return principal
        remembered = self._remembered
        if len(authorization) > _HEADER_CHARACTERS_LIMIT:
            raise CredentialsInvalid(scheme="", reason="The Authorization header is too long.")
        scheme, _, value = authorization.decode("latin-1").partition(" ")
        if scheme.lower() == "apikey":
            principal = await self._by_api_key(value.strip(), client_id.decode("latin-1"))
        elif scheme.lower() == "bearer":
            principal = await self._by_token(value.strip())
        else:
            raise CredentialsInvalid(
                scheme="",
                reason="Credentials are missing. Send Authorization: ApiKey and X-ClientID, or Authorization: Bearer.",
            )
        self._last_uses[principal.credential_id] = self._clock.now()
        if len(remembered) >= _REMEMBER_LIMIT:
            remembered.clear()
        # After a revocation since the look-up this is no longer the dictionary in use, and so without effect.
        remembered[key] = (time.monotonic() + _REMEMBER_SECONDS, principal)
        return principal

    def forget(self, changes: Changes) -> None:
        """Listens to commits: a revocation in this process takes effect with the next request."""
        if changes.credentials_changed:
            self._remembered = {}

    @asynccontextmanager
    async def noting_uses(self, database: Database) -> AsyncIterator[None]:
        """Write down when credentials were last used, once a minute and at the end of the block."""
        noting = asyncio.create_task(self._note_uses(database))
        try:
            yield
        finally:
            noting.cancel()
            await self._write_uses(database)

    async def _note_uses(self, database: Database) -> None:
        while True:
            await asyncio.sleep(_NOTE_USES_SECONDS)
            await self._write_uses(database)

    async def _write_uses(self, database: Database) -> None:
        last_uses, self._last_uses = self._last_uses, {}
        if last_uses:
            try:
                await database.run_async(note_uses, last_uses=last_uses)
            except Exception:
                log.exception("credentials.uses-not-noted")

    async def _by_api_key(self, key: str, client_id: str) -> Principal:
        found = None
        if is_well_formed(key, CredentialKind.API_KEY):
            found = await self._reads.credential(column="digest", value=digest_of(key))
        # One sentence for "no such key" and "not this client's key": neither tells what exists.
        if (
            found is None
            or found.kind != CredentialKind.API_KEY
            or found.principal.client_id != read_guid(client_id)
        ):
            raise CredentialsInvalid(
                scheme="ApiKey",
                reason="The API key is not valid for this client ID. Check X-ClientID and the key.",
            )
        self._check_life(found, "ApiKey", "The API key")
        return found.principal

    async def _by_token(self, token: str) -> Principal:
        try:
            claims = jwt.decode(
                token,
                self._token_key,
                algorithms=[_ALGORITHM],
                options={"require": ["exp", "cid"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            raise CredentialsInvalid(
                scheme="Bearer", reason="Invalid JWT. Ask the token endpoint for a new access token."
            ) from None
        if claims["exp"] <= self._clock.now().timestamp():
            raise CredentialsInvalid(
                scheme="Bearer", reason="Invalid JWT. The access token has expired; ask for a new one."
            )
        found = await self._reads.credential(column="id", value=str(claims["cid"]))
        if found is None or found.kind != CredentialKind.CLIENT_SECRET:
            raise CredentialsInvalid(scheme="Bearer", reason="Invalid JWT. Its client secret is not known.")
        self._check_life(found, "Bearer", "Invalid JWT. The client secret behind it")
        return found.principal

    def _check_life(self, found: FoundCredential, scheme: str, subject: str) -> None:
        if found.revoked:
            raise CredentialsInvalid(scheme=scheme, reason=f"{subject} was revoked. Use another one.")
        if found.principal.expires_time <= self._clock.now():
            raise CredentialsInvalid(
                scheme=scheme,
                reason=f"{subject} expired on {found.principal.expires_time:%Y-%m-%d}. Make a new one.",
            )


def _credentials(headers: Headers) -> tuple[bytes, bytes]:
    authorization = client_id = b""
    for name, value in headers:
        if name == b"authorization":
            authorization = value
        elif name == b"x-clientid":
            client_id = value
    return authorization, client_id


def make_token(principal: Principal, *, key: bytes, now: datetime, tenant_id: str) -> str:
    """An access token for a principal that proved itself by its client secret. Lives `TOKEN_SECONDS`."""
    claims: dict[str, Any] = {
        "iss": tenant_id,
        "appid": principal.client_id,
        "cid": principal.credential_id,
        "iat": now,
        "exp": now + timedelta(seconds=TOKEN_SECONDS),
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM)
