"""Posting to webhooks: signed (Standard Webhooks), to public addresses alone, with limits.

A publisher chooses the URL, and the store stands inside of a network. So a name is resolved here, all its addresses
are judged, and the connection goes to one of those that were: what the name says a moment later does not matter.
Redirects are not followed, proxies of the environment not used.
"""

import asyncio
import base64
import hmac
import json
import socket
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import httpcore2

from openaddons import __version__
from openaddons.store.telling.deliveries import Try
from openaddons.store.telling.webhooks import SECRET_PREFIX, is_public

_TRY_SECONDS: Final = 15.0
_CONNECT_SECONDS: Final = 5.0
_ANSWER_BYTES: Final = 4096
_AT_ONCE: Final = 32


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """A signature (Standard Webhooks, "Signature scheme"): ``v1``, a comma, HMAC-SHA256 in base64."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, sha256)).decode()


class AddressRefused(Exception):  # noqa: N818 - told to the publisher as the answer of a try
    """The name has an address that is not public."""


class Poster:
    """Posts messages. Belongs to one event loop; the caller closes it."""

    def __init__(self, *, private_addresses: bool) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpcore2.default_ssl_context(),
            max_connections=_AT_ONCE,
            max_keepalive_connections=0,
            network_backend=_Guarded(private_addresses=private_addresses),
        )

    async def close(self) -> None:
        """End every connection."""
        await self._pool.aclose()

    async def post(
        self, url: str, message: dict[str, Any], *, message_id: str, now: datetime, secrets: Sequence[str]
    ) -> Try:
        """Post a message, signed with each of the secrets. Returns within `_TRY_SECONDS`."""
        body = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
        timestamp = int(now.timestamp())
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "user-agent": f"OpenAddons/{__version__}",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(
                sign(each, message_id=message_id, timestamp=timestamp, body=body) for each in secrets
            ),
        }
        try:
            async with asyncio.timeout(_TRY_SECONDS):
                return await self._exchange(url, list(headers.items()), body)
        except (TimeoutError, httpcore2.TimeoutException):
            return Try(delivered=False, status=None, answer=f"No answer within {_TRY_SECONDS:.0f} seconds.")
        except AddressRefused as refusal:
            return Try(delivered=False, status=None, answer=str(refusal))
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            return Try(delivered=False, status=None, answer=f"{type(error).__name__}: {error}")

    async def _exchange(self, url: str, headers: list[tuple[str, str]], body: bytes) -> Try:
        async with self._pool.stream("POST", url, headers=headers, content=body) as response:
            answer = b""
            async for piece in response.aiter_stream():
                answer += piece
                if len(answer) >= _ANSWER_BYTES:
                    break
            return Try(
                delivered=200 <= response.status < 300,
                status=response.status,
                answer=answer[:_ANSWER_BYTES].decode("utf-8", "replace"),
                receiver_gone=response.status == 410,
            )


class _Guarded(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that were judged, and to nothing else."""

    def __init__(self, *, private_addresses: bool) -> None:
        self._private_addresses = private_addresses
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first of the name's addresses that answers. Raises `AddressRefused`."""
        failure: Exception | None = None
        for address in await self._addresses(host, port):
            try:
                return await self._plain.connect_tcp(
                    address, port, _CONNECT_SECONDS, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"{host} has no address.")

    async def _addresses(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} has no address: {error}.") from None
        addresses = [str(each[4][0]) for each in found]
        if not self._private_addresses:
            for address in addresses:
                if not is_public(address):
                    raise AddressRefused(f"{host} has the address {address}, which is not public.")
        return addresses
