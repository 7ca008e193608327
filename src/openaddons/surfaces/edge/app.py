"""The four endpoints of the Edge Add-ons API, exact to the header (design/api.md).

Authentication comes first, then the product, then the rest. A 202 is sent only after the bytes and the
operation are durable.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from openaddons.errors import ContentTypeWrong, NotFound, PackageTooLarge, StoreReadOnly, Unavailable
from openaddons.ids import NOBODYS_GUID, new_correlation_id, read_guid
from openaddons.objects import Objects
from openaddons.settings import Settings
from openaddons.store.hot import HotReads
from openaddons.store.operations import Operation, OperationKind, accept_operation
from openaddons.store.publishers import Principal
from openaddons.store.session import Changes, Database
from openaddons.store.states import OperationState
from openaddons.surfaces.edge.notes import read_notes
from openaddons.surfaces.edge.uploading import receive_package
from openaddons.surfaces.edge.waiting import Waiting, preferred_wait, wait_for_end
from openaddons.surfaces.gate import Gate
from openaddons.surfaces.gate import Headers as HeaderList
from openaddons.surfaces.http import JSON_TYPE, correlation_id, plain_route, read_body, respond
from openaddons.surfaces.throttle import Throttle

PREFIXES: Final = ("/v1", "")
UPLOAD_PATH: Final = "/products/{product_id}/submissions/draft/package"
UPLOAD_STATUS_PATH: Final = UPLOAD_PATH + "/operations/{operation_id}"
PUBLISH_PATH: Final = "/products/{product_id}/submissions"
PUBLISH_STATUS_PATH: Final = PUBLISH_PATH + "/operations/{operation_id}"
STATUS_PATHS: Final = {
    OperationKind.UPLOAD: UPLOAD_STATUS_PATH,
    OperationKind.PUBLISH: PUBLISH_STATUS_PATH,
}

_NOTES_BYTES_LIMIT: Final = 1_000_000
_ENDED_LIMIT: Final = 20_000
_DRAIN_RETRY_SECONDS: Final = 5
_READ_ONLY_RETRY_SECONDS: Final = 60
_WAITING_LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class EndedOperation:
    """A finished answer. An operation that has ended never changes, so neither does this."""

    publisher_id: str
    product_id: str
    headers: list[tuple[bytes, bytes]]
    lines: bytes
    """The same headers as they are sent."""
    body: bytes


class Door:
    """Whether new work is let in, and whether what was let in is through."""

    def __init__(self, *, read_only: bool = False) -> None:
        self.open = not read_only
        self._read_only = read_only
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Let a request through. Raises `StoreReadOnly`, and `Unavailable` while the store drains."""
        if self._read_only:
            raise StoreReadOnly(retry_after_seconds=_READ_ONLY_RETRY_SECONDS)
        if not self.open:
            raise Unavailable(retry_after_seconds=_DRAIN_RETRY_SECONDS)
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    async def close(self, *, timeout_seconds: float) -> bool:
        """Let nobody in any more, and wait for those inside. False when the time ran out before."""
        self.open = False
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True


class EdgeSurface:
    """Answers the four endpoints, with and without ``/v1``."""

    def __init__(
        self,
        *,
        database: Database,
        reads: HotReads,
        objects: Objects,
        gate: Gate,
        waiting: Waiting,
        throttle: Throttle,
        door: Door,
        settings: Settings,
    ) -> None:
        self._database = database
        self._reads = reads
        self._objects = objects
        self._gate = gate
        self._waiting = waiting
        self._throttle = throttle
        self._door = door
        self._settings = settings
        self._ended: OrderedDict[bytes, EndedOperation] = OrderedDict()
        self._waiting_clients: dict[str, int] = {}

    def routes(self) -> list[BaseRoute]:
        """The four endpoints under both prefixes."""
        endpoints = (
            (UPLOAD_PATH, "POST", self.upload),
            (UPLOAD_STATUS_PATH, "GET", self.upload_status),
            (PUBLISH_PATH, "POST", self.publish),
            (PUBLISH_STATUS_PATH, "GET", self.publish_status),
        )
        return [
            plain_route(prefix + path, method, handler)
            for prefix in PREFIXES
            for path, method, handler in endpoints
        ]

    async def answer_from_memory(self, scope: Scope, send: Send) -> bool:
        """Answer a status request whose operation has ended, from memory; False when it has to be looked up.

        Decision 4 of the house: this stands before the router and does nothing that it can leave out.
        """
        ended = self._recall(scope["raw_path"], scope["headers"])
        if ended is None:
            return False
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [*ended.headers, (b"x-correlation-id", new_correlation_id().encode())],
            }
        )
        await send({"type": "http.response.body", "body": ended.body})
        return True

    def answer_at_once(self, path: bytes, headers: HeaderList) -> bytes | None:
        """The same answer for whoever writes it himself: its last header lines and its body, or None."""
        ended = self._recall(path, headers)
        if ended is None:
            return None
        return b"%bx-correlation-id: %b\r\n\r\n%b" % (ended.lines, new_correlation_id().encode(), ended.body)

    def _recall(self, path: bytes, headers: HeaderList) -> EndedOperation | None:
        """The operation of a path as it is asked for again and again, for credentials that may see it."""
        ended = self._ended.get(path)
        if ended is None:
            return None
        principal = self._gate.remembered(headers)
        if (
            principal is None
            or principal.publisher_id != ended.publisher_id
            or not principal.may_touch(ended.product_id)
        ):
            return None
        return ended

    def forget(self, changes: Changes) -> None:
        """Listens to commits: what a restored database does not hold must not be answered from memory."""
        if changes.restored:
            self._ended = OrderedDict()

    async def upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Endpoint 1: upload a package."""
        principal = await self._gate.admit(scope["headers"])
        product_id = await self._own_product(scope, principal)
        with self._door.passing():
            limit_bytes = self._settings.package_bytes_limit
            _check_upload_head(Headers(scope=scope), limit_bytes)
            self._throttle.check("upload", principal.client_id)
            with self._throttle.one_of_few("upload", principal.client_id):
                pieces = self._read(receive)
                stored = await receive_package(pieces, self._objects, limit_bytes=limit_bytes)
            operation_id = await self._database.run_async(
                accept_operation,
                kind=OperationKind.UPLOAD,
                product_id=product_id,
                publisher_id=principal.publisher_id,
                actor=principal.actor,
                correlation_id=correlation_id(scope),
                stored=stored,
            )
            await respond(scope, send, 202, headers=[(b"location", operation_id.encode())])

    async def publish(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Endpoint 3: publish the draft."""
        principal = await self._gate.admit(scope["headers"])
        product_id = await self._own_product(scope, principal)
        with self._door.passing():
            self._throttle.check("publish", principal.client_id)
            notes, cut_characters = read_notes(await self._read_notes_body(receive))
            operation_id = await self._database.run_async(
                accept_operation,
                kind=OperationKind.PUBLISH,
                product_id=product_id,
                publisher_id=principal.publisher_id,
                actor=principal.actor,
                correlation_id=correlation_id(scope),
                notes=notes,
                notes_cut_characters=cut_characters,
            )
            await respond(scope, send, 202, headers=[(b"location", operation_id.encode())])

    async def upload_status(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Endpoint 2: the status of an upload."""
        await self._status(scope, receive, send, kind=OperationKind.UPLOAD)

    async def publish_status(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Endpoint 4: the status of a publish request."""
        await self._status(scope, receive, send, kind=OperationKind.PUBLISH)

    async def _status(self, scope: Scope, receive: Receive, send: Send, *, kind: OperationKind) -> None:
        principal = await self._gate.admit(scope["headers"])
        product_id = read_guid(scope["path_params"]["product_id"])
        operation_id = read_guid(scope["path_params"]["operation_id"]) or NOBODYS_GUID
        seconds = preferred_wait(Headers(scope=scope).get("prefer", ""), self._settings.status_wait_seconds)
        with self._waiting.expecting(operation_id) as end:
            operation = await self._reads.operation(operation_id)
            # What does not exist and what is somebody else's are one case, after the same work.
            if (
                operation is None
                or (operation.product_id, operation.kind) != (product_id, kind)
                or operation.publisher_id != principal.publisher_id
                or not principal.may_touch(operation.product_id)
            ):
                raise NotFound
            if operation.state is OperationState.IN_PROGRESS and seconds > 0:
                with self._one_more_waiting(principal.client_id) as may_wait:
                    if may_wait and not await wait_for_end(end, receive, seconds=seconds):
                        return
                operation = await self._reads.operation(operation_id) or operation
        body = operation.to_json()
        if operation.state is not OperationState.IN_PROGRESS:
            self._remember(operation, body)
        await respond(scope, send, 200, body, [JSON_TYPE])

    def _remember(self, operation: Operation, body: bytes) -> None:
        headers = [(b"content-length", str(len(body)).encode()), JSON_TYPE]
        ended = EndedOperation(
            publisher_id=operation.publisher_id,
            product_id=operation.product_id,
            headers=headers,
            lines=b"".join(b"%b: %b\r\n" % header for header in headers),
            body=body,
        )
        path = STATUS_PATHS[operation.kind].format(product_id=operation.product_id, operation_id=operation.id)
        for prefix in PREFIXES:
            self._ended[(prefix + path).encode()] = ended
        while len(self._ended) > _ENDED_LIMIT:
            self._ended.popitem(last=False)

    def _one_more_waiting(self, client_id: str) -> "_Counted":
        return _Counted(self._waiting_clients, client_id, limit=_WAITING_LIMIT)

    async def _own_product(self, scope: Scope, principal: Principal) -> str:
        """The product in the path. Raises `NotFound`, the same for a malformed, unknown or foreign one."""
        product_id = read_guid(scope["path_params"]["product_id"]) or NOBODYS_GUID
        owner = await self._reads.owner(product_id)
        if owner != principal.publisher_id or not principal.may_touch(product_id):
            raise NotFound
        return product_id

    async def _read_notes_body(self, receive: Receive) -> bytes:
        """The beginning of the body: notes are never refused, however long. What is beyond is read and dropped."""
        kept, size_bytes = bytearray(), 0
        async for piece in self._read(receive):
            size_bytes += len(piece)
            if size_bytes > self._settings.package_bytes_limit:
                raise PackageTooLarge(limit_bytes=self._settings.package_bytes_limit)
            kept += piece[: _NOTES_BYTES_LIMIT - len(kept)]
        return bytes(kept)

    def _read(self, receive: Receive) -> AsyncIterator[bytes]:
        return read_body(
            receive,
            idle_seconds=self._settings.upload_idle_seconds,
            total_seconds=self._settings.upload_total_seconds,
        )


def _check_upload_head(headers: Headers, limit_bytes: int) -> None:
    """What can be refused before the body is read."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/zip":
        raise ContentTypeWrong
    if int(headers.get("content-length", "0")) > limit_bytes:
        raise PackageTooLarge(limit_bytes=limit_bytes)


class _Counted:
    """Counts who is inside, by name; says on entry whether the limit allows it."""

    __slots__ = ("_counts", "_limit", "_name")

    def __init__(self, counts: dict[str, int], name: str, *, limit: int) -> None:
        self._counts, self._name, self._limit = counts, name, limit

    def __enter__(self) -> bool:
        self._counts[self._name] = self._counts.get(self._name, 0) + 1
        return self._counts[self._name] <= self._limit

    def __exit__(self, *_: object) -> None:
        self._counts[self._name] -= 1
        if not self._counts[self._name]:
            del self._counts[self._name]
