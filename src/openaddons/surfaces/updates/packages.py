"""Downloads of signed packages, at URLs that name their bytes.

A browser takes a one-click installation only with this content type, and only where the page that links here
sends a referrer (chrome/browser/download/download_crx_util.cc); here nothing stands against it.
"""

import asyncio
import re
from typing import BinaryIO, Final

from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from openaddons.errors import NotFound, RangeUnsatisfiable
from openaddons.objects import PIECE_BYTES, Objects
from openaddons.settings import Settings
from openaddons.store.hot import HotReads
from openaddons.surfaces.http import SEND_FILE, correlation_id, plain_route
from openaddons.surfaces.ranges import Part, Unsatisfiable, read_range
from openaddons.surfaces.updates.snapshot import PACKAGES_PATH
from openaddons.surfaces.updates.tokens import Tokens

CONTENT_TYPE: Final = b"application/x-chrome-extension"

_NAMES: Final = re.compile(r"([a-p]{32})/([0-9a-f]{64})\.crx")


class PackagesSurface:
    """``/packages/<CRX ID>/<SHA-256>.crx``: GET, HEAD, one range, conditional requests (RFC 9110)."""

    def __init__(self, *, reads: HotReads, objects: Objects, settings: Settings) -> None:
        self._reads = reads
        self._objects = objects
        self._tokens = Tokens(settings)

    def routes(self) -> list[BaseRoute]:
        """The one path."""
        return [plain_route(PACKAGES_PATH + "/{crx_id}/{name}", "GET", self.download)]

    async def download(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the package, unless it is not offered any more: then `NotFound`."""
        self._tokens.check(scope["query_string"])
        match = _NAMES.fullmatch("{crx_id}/{name}".format(**scope["path_params"]))
        if match is None:
            raise NotFound
        crx_id, digest = match.groups()
        package = await self._reads.offered_package(crx_id=crx_id, digest=digest)
        if package is None:
            raise NotFound
        etag = f'"{digest}"'
        asked = Headers(scope=scope)
        if _names(asked.get("if-none-match", ""), etag):
            await _begin(scope, send, 304, etag)
            await send({"type": "http.response.body"})
            return
        part = None
        # HEAD knows no ranges (section 14.2), and a range of other bytes is of no use (section 13.1.5).
        if scope["method"] == "GET" and asked.get("if-range", etag) == etag:
            part = _read_part(asked.get("range"), package.size_bytes)
        start, end = part or Part(0, package.size_bytes)
        more = [(b"content-length", b"%d" % (end - start))]
        if part is not None:
            more.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, package.size_bytes)))
        if scope["method"] == "HEAD":
            await _begin(scope, send, 200, etag, *more)
            await send({"type": "http.response.body"})
            return
        # Opened before the head is sent: what is missing must still become an error.
        with await self._open(package.object_key) as file:
            await _begin(scope, send, 200 if part is None else 206, etag, *more)
            if SEND_FILE in scope:
                await scope[SEND_FILE](file, start, end)
            else:
                await _send_pieces(send, file, start, end)
        await send({"type": "http.response.body"})

    async def _open(self, key: str) -> BinaryIO:
        if self._objects.opens_at_once:
            return self._objects.open(key)
        return await asyncio.to_thread(self._objects.open, key)


def _read_part(header: str | None, size_bytes: int) -> Part | None:
    try:
        return read_range(header, size_bytes)
    except Unsatisfiable:
        raise RangeUnsatisfiable(size_bytes=size_bytes) from None


async def _begin(scope: Scope, send: Send, status: int, etag: str, *more: tuple[bytes, bytes]) -> None:
    """Send the head of an answer about the package that has the tag."""
    headers = [
        (b"content-type", CONTENT_TYPE),
        (b"etag", etag.encode()),
        (b"accept-ranges", b"bytes"),
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-correlation-id", correlation_id(scope).encode()),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _send_pieces(send: Send, file: BinaryIO, start: int, end: int) -> None:
    await asyncio.to_thread(file.seek, start)
    for left in range(end - start, 0, -PIECE_BYTES):
        piece = await asyncio.to_thread(file.read, min(left, PIECE_BYTES))
        await send({"type": "http.response.body", "body": piece, "more_body": True})


def _names(if_none_match: str, etag: str) -> bool:
    """Whether the client has these bytes (RFC 9110 section 13.1.2)."""
    listed = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in listed or listed == ["*"]
