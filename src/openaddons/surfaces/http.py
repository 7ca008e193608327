"""What every surface shares: the error body, the correlation ID, and the manners of reading a request."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openaddons.errors import InternalFailure, MethodNotAllowed, NotFound, RequestRefused, UploadTimedOut
from openaddons.ids import new_correlation_id
from openaddons.settings import Network

log = structlog.get_logger()

JSON_TYPE: Final = (b"content-type", b"application/json; charset=utf-8")
SEND_FILE: Final = "openaddons.send_file"
"""In the scope where the connection can do it: what sends the body of the answer from a file (`FileSender`)."""
DROP_CONNECTION: Final = "openaddons.drop_connection"
"""In the scope where the emulator needs it: closes the connection when what was written to it is sent."""
_CORRELATION: Final = "openaddons.correlation_id"
_LINGER_SECONDS: Final = 5.0
_LINGER_BYTES: Final = 16_000_000


def correlation_id(scope: Scope) -> str:
    """The id under which this request is found in answers, events and the log."""
    if _CORRELATION not in scope:
        scope[_CORRELATION] = new_correlation_id()
    return str(scope[_CORRELATION])


def sender_address(scope: Scope, proxies: Iterable[Network]) -> str:
    """The network address that a request comes from; ``unknown`` where the server does not know.

    A proxy that is trusted is asked for the one before it: each adds to the end of ``X-Forwarded-For``, and what
    stands before the first that is not trusted anybody may have written.
    """
    address = str((scope.get("client") or ("unknown", 0))[0])
    claimed = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    while claimed and _is_in(address, proxies):
        former = claimed.pop().strip()
        try:
            address = str(ip_address(former))
        except ValueError:
            break
    return address


def _is_in(address: str, networks: Iterable[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


async def respond(
    scope: Scope, send: Send, status: int, body: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Send a whole answer. ``X-Correlation-ID`` is on every one."""
    start: Message = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (b"content-length", str(len(body)).encode()),
            (b"x-correlation-id", correlation_id(scope).encode()),
            *headers,
        ],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})


def error_body(status: int, message: str) -> bytes:
    """The one shape of an HTTP error (design/api.md, "HTTP errors")."""
    return json.dumps(
        {"statusCode": status, "message": message}, separators=(",", ":"), ensure_ascii=False
    ).encode()


Told = tuple[bytes, tuple[bytes, bytes]]
"""The body of a refusal and its ``Content-Type``."""


def tell_plainly(scope: Scope, refusal: RequestRefused) -> Told:
    """A refusal as nearly every surface tells it."""
    return error_body(refusal.status, refusal.message), JSON_TYPE


class Refusals:
    """Turns what an application raises into answers: refusals as they say, anything else into a 500."""

    def __init__(self, app: ASGIApp, tell: Callable[[Scope, RequestRefused], Told]) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception as error:
            refusal = _refusal(scope, error)
            if started:
                raise  # too late for an answer: the connection is closed, and the client sees a broken one
            body, media_type = self._tell(scope, refusal)
            await _refuse(scope, receive, send, refusal, body=body, headers=[media_type, *refusal.headers])


def _refusal(scope: Scope, error: Exception) -> RequestRefused:
    if isinstance(error, RequestRefused):
        return error
    if isinstance(error, HTTPException) and error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "").split(", ")  # of a set: in no order
        return MethodNotAllowed(method=scope["method"], allow=", ".join(sorted(allowed)))
    if isinstance(error, HTTPException):
        return NotFound()
    log.error(
        "request.failed",
        correlation_id=correlation_id(scope),
        method=scope["method"],
        path=scope["path"],
        exc_info=error,
    )
    return InternalFailure(correlation_id=correlation_id(scope))


async def _refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    refusal: RequestRefused,
    *,
    body: bytes,
    headers: list[tuple[bytes, bytes]],
) -> None:
    """Answer, then read on for a while what the client is still sending.

    A socket that is closed with unread bytes in it is reset, and then the client may never see the answer.
    """
    asked = Headers(scope=scope)
    sends_body = asked.get("content-length", "0") != "0" or "transfer-encoding" in asked
    if not sends_body:
        await respond(scope, send, refusal.status, body, headers)
        return
    await send(
        {
            "type": "http.response.start",
            "status": refusal.status,
            "headers": [
                (b"content-length", str(len(body)).encode()),
                (b"x-correlation-id", correlation_id(scope).encode()),
                (b"connection", b"close"),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if "expect" not in asked and not isinstance(refusal, UploadTimedOut):
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                await _discard(receive)
    await send({"type": "http.response.body", "body": b""})


async def _discard(receive: Receive) -> None:
    size_bytes = 0
    while size_bytes < _LINGER_BYTES:
        message = await receive()
        size_bytes += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return


class ClientGone(Exception):  # noqa: N818 - not an error of ours
    """The client closed the connection before it had sent the whole request."""


async def read_body(receive: Receive, *, idle_seconds: float, total_seconds: float) -> AsyncIterator[bytes]:
    """The pieces of the request body as they come. Raises `UploadTimedOut` or `ClientGone`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + total_seconds
    while True:
        try:
            async with asyncio.timeout_at(min(end, loop.time() + idle_seconds)):
                message = await receive()
        except TimeoutError:
            raise UploadTimedOut from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        if piece := message.get("body"):
            yield piece
        if not message.get("more_body"):
            return


def plain_route(path: str, method: str, handler: ASGIApp) -> Route:
    """A route to a plain ASGI function."""
    return Route(path, _Handler(handler), methods=[method])


class _Handler:
    """Starlette wraps functions in its request and response; an object with ``__call__`` it leaves alone."""

    __slots__ = ("_handler",)

    def __init__(self, handler: ASGIApp) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._handler(scope, receive, send)
        except ClientGone:
            return
