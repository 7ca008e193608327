"""Downloads of signed packages, at URLs that name their bytes.

A browser takes a one-click installation only with this content type, and only where the page that links here
sends a referrer (chrome/browser/download/download_crx_util.cc); here nothing stands against it.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from openaddons.errors import NotFound, RangeUnsatisfiable
from openaddons.objects import Objects
from openaddons.settings import Settings
from openaddons.store.offered import OfferedPackage, find_package
from openaddons.store.session import Database
from openaddons.surfaces.http import correlation_id, plain_route, respond
from openaddons.surfaces.ranges import Part, Unsatisfiable, read_range
from openaddons.surfaces.updates.snapshot import PACKAGES_PATH
from openaddons.surfaces.updates.tokens import Tokens

CONTENT_TYPE: Final = b"application/x-chrome-extension"

_NAME: Final = re.compile(r"([0-9a-f]{64})\.crx")
_KEPT_BYTES: Final = 32 << 20
_LARGEST_KEPT_BYTES: Final = 8 << 20


class PackagesSurface:
    """``/packages/<CRX ID>/<SHA-256>.crx``: GET, HEAD, one range, conditional requests."""

    def __init__(self, *, database: Database, objects: Objects, settings: Settings) -> None:
        self._database = database
        self._objects = objects
        self._tokens = Tokens(settings)
        self._kept = _Kept()

    def routes(self) -> list[BaseRoute]:
        """The one path."""
        return [plain_route(PACKAGES_PATH + "/{crx_id}/{name}", "GET", self.download)]

    async def download(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the package, unless it is not offered any more: then `NotFound`."""
        self._tokens.check(scope["query_string"])
        match = _NAME.fullmatch(scope["path_params"]["name"])
        if match is None:
            raise NotFound
        digest, crx_id = match[1], scope["path_params"]["crx_id"]
        package = await asyncio.to_thread(self._database.read, find_package, crx_id=crx_id, digest=digest)
        if package is None:
            raise NotFound
        etag = f'"{digest}"'
        headers = [
            (b"content-type", CONTENT_TYPE),
            (b"etag", etag.encode()),
            (b"accept-ranges", b"bytes"),
            (b"cache-control", b"public, max-age=31536000, immutable"),
            (b"x-content-type-options", b"nosniff"),
        ]
        asked = Headers(scope=scope)
        if _names(asked.get("if-none-match", ""), etag):
            await respond(scope, send, 304, headers=headers)
            return
        part = None
        if asked.get("if-range", etag) == etag:
            try:
                part = read_range(asked.get("range"), package.size_bytes)
            except Unsatisfiable:
                raise RangeUnsatisfiable(size_bytes=package.size_bytes) from None
        await self._send(scope, send, package, part, headers)

    async def _send(
        self,
        scope: Scope,
        send: Send,
        package: OfferedPackage,
        part: Part | None,
        headers: list[tuple[bytes, bytes]],
    ) -> None:
        start, end = part or Part(0, package.size_bytes)
        if part is not None:
            headers.append((b"content-range", f"bytes {start}-{end - 1}/{package.size_bytes}".encode()))
        headers.append((b"content-length", str(end - start).encode()))
        headers.append((b"x-correlation-id", correlation_id(scope).encode()))
        wants_body = scope["method"] != "HEAD"
        whole = None
        pieces: Iterator[bytes] = iter(())
        if wants_body and package.size_bytes <= _LARGEST_KEPT_BYTES:
            whole = self._kept.get(package.object_key)
            if whole is None:
                whole = await asyncio.to_thread(self._read_whole, package)
                self._kept.put(package.object_key, whole)
        elif wants_body:
            # Here, before the head is sent: what is missing must still become an error.
            pieces = await asyncio.to_thread(self._objects.read_range, package.object_key, start, end)
        status = 200 if part is None else 206
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if whole is not None:
            body = whole if part is None else whole[start:end]
            await send({"type": "http.response.body", "body": body})
            return
        while piece := await asyncio.to_thread(next, pieces, b""):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    def _read_whole(self, package: OfferedPackage) -> bytes:
        return b"".join(self._objects.read_range(package.object_key, 0, package.size_bytes))


def _names(if_none_match: str, etag: str) -> bool:
    """Whether the client has these bytes (RFC 9110 section 13.1.2)."""
    listed = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in listed or listed == ["*"]


class _Kept:
    """The packages that were asked for last, up to a number of bytes: a release is fetched by many at once."""

    def __init__(self) -> None:
        self._packages: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> bytes | None:
        data = self._packages.get(key)
        if data is not None:
            self._packages.move_to_end(key)
        return data

    def put(self, key: str, data: bytes) -> None:
        if key in self._packages:
            return
        self._packages[key] = data
        self._bytes += len(data)
        while self._bytes > _KEPT_BYTES:
            self._bytes -= len(self._packages.popitem(last=False)[1])
