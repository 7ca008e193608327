"""The token endpoint of the reference's credentials: OAuth 2.0 client credentials (RFC 6749 section 4.4).

Errors have the form of RFC 6749 section 5.2 with the numbers of Microsoft Entra
(learn.microsoft.com/entra/identity-platform/reference-error-codes), which scripts look for.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

import sqlalchemy as sa
from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from openaddons.clock import Clock
from openaddons.errors import TooManyRequests
from openaddons.ids import new_guid, read_guid
from openaddons.settings import Settings
from openaddons.store.hot import FoundCredential, HotReads
from openaddons.store.publishers import CredentialKind, digest_of, is_well_formed
from openaddons.store.session import Database, Transaction
from openaddons.store.tables import clients, publishers
from openaddons.surfaces.gate import TOKEN_SECONDS, make_token
from openaddons.surfaces.http import JSON_TYPE, ClientGone, correlation_id, read_body, respond
from openaddons.surfaces.throttle import Throttle

_BODY_BYTES_LIMIT: Final = 16_384
_NO_STORE: Final = (b"cache-control", b"no-store"), (b"pragma", b"no-cache")


class TokenRefused(Exception):  # noqa: N818 - an answer of the protocol
    """A token request that is answered with an OAuth error."""

    def __init__(
        self,
        error: str,
        number: int,
        text: str,
        *,
        status: int = 400,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.error, self.number, self.text, self.status = error, number, text, status
        self.headers = headers
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A well-formed request for a token."""

    client_id: str
    client_secret: str


class TokenSurface:
    """Gives access tokens for client secrets."""

    def __init__(
        self,
        *,
        database: Database,
        reads: HotReads,
        throttle: Throttle,
        clock: Clock,
        token_key: bytes,
        settings: Settings,
    ) -> None:
        self._database = database
        self._reads = reads
        self._throttle = throttle
        self._clock = clock
        self._token_key = token_key
        self._settings = settings

    def routes(self) -> list[BaseRoute]:
        """The endpoint, for every tenant."""
        return [Route("/{tenant}/oauth2/v2.0/token", self, methods=["POST"])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._grant(scope, receive)
        except TokenRefused as refused:
            await self._refuse(scope, send, refused)
        except ClientGone:
            return
        else:
            await respond(scope, send, 200, json.dumps(answer).encode(), [JSON_TYPE, *_NO_STORE])

    async def _grant(self, scope: Scope, receive: Receive) -> dict[str, object]:
        form = await self._read_form(receive)
        request = read_request(form, Headers(scope=scope))
        tenant_id = await self._check_tenant(scope["path_params"]["tenant"], request.client_id)
        try:
            self._throttle.check("token", read_guid(request.client_id) or "")
        except TooManyRequests as refusal:
            raise TokenRefused(
                "temporarily_unavailable", 50196, refusal.message, status=429, headers=refusal.headers
            ) from None
        found = await self._find(request)
        token = make_token(found.principal, key=self._token_key, now=self._clock.now(), tenant_id=tenant_id)
        return {
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "ext_expires_in": TOKEN_SECONDS,
            "access_token": token,
        }

    async def _read_form(self, receive: Receive) -> dict[str, str]:
        body = bytearray()
        idle_seconds = self._settings.upload_idle_seconds
        async for piece in read_body(receive, idle_seconds=idle_seconds, total_seconds=2 * idle_seconds):
            body += piece
            if len(body) > _BODY_BYTES_LIMIT:
                raise TokenRefused("invalid_request", 90100, "The request body is too long.", status=413)
        try:
            return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=32))
        except ValueError:
            raise TokenRefused("invalid_request", 90100, "The request body is not a form.") from None

    async def _check_tenant(self, tenant: str, client_id: str) -> str:
        """The tenant's id. Raises `TokenRefused` for an unknown tenant or a client of another one."""
        tenant_id = read_guid(tenant)
        if tenant_id is None:
            raise TokenRefused("invalid_request", 90002, f"Tenant '{tenant[:64]}' not found.")
        known, member = await asyncio.to_thread(self._database.read, _tenant_and_client, tenant_id, client_id)
        if not known:
            raise TokenRefused("invalid_request", 90002, f"Tenant '{tenant_id}' not found.")
        if not member:
            raise TokenRefused(
                "unauthorized_client", 700016, f"Application '{client_id[:64]}' was not found in the tenant."
            )
        return tenant_id

    async def _find(self, request: TokenRequest) -> FoundCredential:
        found = None
        if is_well_formed(request.client_secret, CredentialKind.CLIENT_SECRET):
            found = await self._reads.credential(column="digest", value=digest_of(request.client_secret))
        if (
            found is None
            or found.kind != CredentialKind.CLIENT_SECRET
            or found.principal.client_id != read_guid(request.client_id)
            or found.revoked
        ):
            raise TokenRefused("invalid_client", 7000215, "Invalid client secret provided.", status=401)
        if found.principal.expires_time <= self._clock.now():
            raise TokenRefused(
                "invalid_client",
                7000222,
                "The provided client secret has expired. Make a new one.",
                status=401,
            )
        return found

    async def _refuse(self, scope: Scope, send: Send, refused: TokenRefused) -> None:
        now = self._clock.now()
        trace_id = new_guid()
        answer = {
            "error": refused.error,
            "error_description": f"AADSTS{refused.number}: {refused.text} Trace ID: {trace_id} "
            f"Correlation ID: {correlation_id(scope)} Timestamp: {now:%Y-%m-%d %H:%M:%SZ}",
            "error_codes": [refused.number],
            "timestamp": f"{now:%Y-%m-%d %H:%M:%SZ}",
            "trace_id": trace_id,
            "correlation_id": correlation_id(scope),
        }
        headers = [JSON_TYPE, *_NO_STORE, *refused.headers]
        if refused.status == 401:
            headers.append((b"www-authenticate", b'Basic realm="token"'))
        await respond(scope, send, refused.status, json.dumps(answer).encode(), headers)


def read_request(form: Mapping[str, str], headers: Headers) -> TokenRequest:
    """The client's id and secret, from the form or from basic authentication. Raises `TokenRefused`."""
    client_id, client_secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise TokenRefused(
                "invalid_client", 90023, "The Authorization header is malformed.", status=401
            ) from None
        # RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
        client_id, _, client_secret = (unquote_plus(part) for part in text.partition(":"))
    grant_type = form.get("grant_type", "")
    required = {"grant_type": grant_type, "client_id": client_id, "client_secret": client_secret}
    for name, given in (required | {"scope": form.get("scope", "")}).items():
        if not given:
            raise TokenRefused(
                "invalid_request",
                900144,
                f"The request body must contain the following parameter: '{name}'.",
            )
    if grant_type != "client_credentials":
        raise TokenRefused(
            "unsupported_grant_type",
            70003,
            "The app requested an unsupported grant type. Use client_credentials.",
        )
    if not form["scope"].endswith("/.default"):
        raise TokenRefused("invalid_scope", 70011, "The scope is not valid. It must end in /.default.")
    return TokenRequest(client_id=client_id, client_secret=client_secret)


def _tenant_and_client(tx: Transaction, tenant_id: str, client_id: str) -> tuple[bool, bool]:
    publisher_id = tx.execute(
        sa.select(publishers.c.id).where(publishers.c.tenant_id == tenant_id)
    ).scalar_one_or_none()
    if publisher_id is None:
        return False, False
    member = tx.execute(
        sa.select(clients.c.id).where(
            clients.c.publisher_id == publisher_id, clients.c.id == (read_guid(client_id) or "")
        )
    ).scalar_one_or_none()
    return True, member is not None
