"""The client for asyncio: carries out the steps of the flows with httpx2, and decides nothing itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, BinaryIO, Self, TypeVar

from openaddons.client import _flows as flows
from openaddons.client import _http as http
from openaddons.client import _management as management
from openaddons.client._package import Progress, package_of, sent_bytes_async
from openaddons.client._session import Flow, Pause, Reply, Send, Session
from openaddons.client.models import Credentials, Operation, OperationKind
from openaddons.client.products import (
    CredentialsCheck,
    Key,
    KeyKind,
    NewKey,
    ProductState,
    Release,
    Submission,
)

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Awaitable, Callable
    from types import TracebackType

    import httpx2

    from openaddons.client._core import Answer, Lost

T = TypeVar("T")


class AsyncEdgeAddons:
    """``EdgeAddons`` for asyncio: the same methods with the same meaning, which that class explains; awaited.

    Use it as ``async with``, or await ``close``. Tasks may share one. A call that is cancelled sends nothing
    more, closes its connection and leaves nothing running; what the store has accepted goes on there.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str | None = None,
        timeout_seconds: float = 600.0,
        transport: httpx2.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] | None = None,
    ) -> None:
        import asyncio
        import random

        import httpx2

        self._session = Session(
            credentials, base_url=http.chosen_base_url(base_url), clock=clock, jitter=random.random
        )
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep or asyncio.sleep
        self._http = httpx2.AsyncClient(transport=transport, limits=http.limits(), follow_redirects=False)

    def __repr__(self) -> str:
        """Where the store is, and whose credentials; never the credentials."""
        return f"AsyncEdgeAddons{repr(self._session).removeprefix('Session')}"

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def upload(
        self,
        product_id: str,
        path_or_file: str | os.PathLike[str] | BinaryIO,
        *,
        progress: Progress | None = None,
        timeout_seconds: float | None = None,
    ) -> str:
        """Upload a package and give the operation ID; the store has the bytes, and checks them from now on."""
        package = package_of(path_or_file, progress=progress)
        limit = self._limit(timeout_seconds)
        return await self._run(flows.upload(self._session, product_id, package, timeout_seconds=limit))

    async def upload_status(self, product_id: str, operation_id: str) -> Operation:
        """The upload as it is now. A failed one is returned, not raised; ``failure_of`` explains it."""
        return await self._status(product_id, operation_id, OperationKind.UPLOAD)

    async def wait_upload(
        self, product_id: str, operation_id: str, *, timeout_seconds: float | None = None
    ) -> Operation:
        """Wait until the package is the draft."""
        return await self._wait(product_id, operation_id, OperationKind.UPLOAD, timeout_seconds)

    async def publish(
        self,
        product_id: str,
        *,
        notes: str = "",
        notes_as_text: bool = False,
        timeout_seconds: float | None = None,
    ) -> str:
        """Publish the draft and give the operation ID. ``notes`` are for the people who certify it.

        ``notes_as_text`` sends them bare, not as JSON.
        """
        limit = self._limit(timeout_seconds)
        return await self._run(
            flows.publish(
                self._session, product_id, notes=notes, notes_as_text=notes_as_text, timeout_seconds=limit
            )
        )

    async def publish_status(self, product_id: str, operation_id: str) -> Operation:
        """The publish as it is now. A failed one is returned, not raised; ``failure_of`` explains it."""
        return await self._status(product_id, operation_id, OperationKind.PUBLISH)

    async def wait_publish(
        self, product_id: str, operation_id: str, *, timeout_seconds: float | None = None
    ) -> Operation:
        """Wait until there is a submission."""
        return await self._wait(product_id, operation_id, OperationKind.PUBLISH, timeout_seconds)

    async def check_credentials(self, product_id: str) -> CredentialsCheck:
        """Find out whether the store takes the credentials; nothing is changed."""
        limit = self._timeout_seconds
        return await self._run(flows.check_credentials(self._session, product_id, timeout_seconds=limit))

    async def product(self, product_id: str) -> ProductState:
        """What is in the store, in the draft and in certification."""
        return await self._manage(management.product(product_id))

    async def products(self) -> AsyncIterator[ProductState]:
        """Every product that the credentials open, asked for by the page."""
        page = await self._manage(management.products(after=None))
        for product in page.products:
            yield product
        while page.next is not None:
            page = await self._manage(management.products(after=page.next))
            for product in page.products:
                yield product

    async def wait_in_store(
        self, product_id: str, version: str, *, timeout_seconds: float | None = None
    ) -> ProductState:
        """Wait until a submitted version has passed certification and browsers get it."""
        limit = self._limit(timeout_seconds)
        return await self._run(flows.wait_in_store(self._session, product_id, version, timeout_seconds=limit))

    async def submissions(self, product_id: str) -> tuple[Submission, ...]:
        """The newest submissions of a product, at most 50, the newest first."""
        return await self._manage(management.submissions(product_id))

    async def cancel(self, product_id: str, submission_id: str, *, reason: str = "") -> Submission:
        """Take a submission back that is not in the store yet. The draft is kept."""
        return await self._manage(management.cancel(product_id, submission_id, reason=reason))

    async def hold(self, product_id: str, submission_id: str) -> Submission:
        """Keep a submission out of the store when it has been approved, until ``release``."""
        return await self._manage(management.hold(product_id, submission_id))

    async def release(self, product_id: str, submission_id: str) -> Submission:
        """Let a submission that is held into the store, as soon as it is approved."""
        return await self._manage(management.release(product_id, submission_id))

    async def roll_back(
        self, product_id: str, *, reason: str, to: str | None = None, as_version: str | None = None
    ) -> Submission:
        """Give browsers older content as a new release with a higher version; it needs no review."""
        return await self._manage(
            management.roll_back(product_id, to=to, as_version=as_version, reason=reason)
        )

    async def unpublish(self, product_id: str) -> ProductState:
        """Take a product out of the store. Browsers that have it keep it."""
        return await self._manage(management.unpublish(product_id))

    async def releases(self, product_id: str) -> tuple[Release, ...]:
        """The signed versions of a product and who is offered them, the newest first."""
        return await self._manage(management.releases(product_id))

    async def keys(self) -> tuple[Key, ...]:
        """The publisher's API keys and client secrets, without their secrets."""
        return await self._manage(management.keys())

    async def create_key(self, *, kind: KeyKind = KeyKind.API_KEY, days: int | None = None) -> NewKey:
        """Make an API key or a client secret that is good for ``days`` (if not given, as the store has it)."""
        return await self._manage(management.create_key(kind=kind, days=days))

    async def revoke_key(self, key_id: str) -> None:
        """Make a key worthless at once."""
        await self._manage(management.revoke_key(key_id))

    async def rotate_key(self, key_id: str, *, overlap_hours: int = 24) -> NewKey:
        """Make a key in place of another one, which goes on for ``overlap_hours``."""
        return await self._manage(management.rotate_key(key_id, overlap_hours=overlap_hours))

    async def _status(self, product_id: str, operation_id: str, kind: OperationKind) -> Operation:
        limit = self._timeout_seconds
        return await self._run(
            flows.status(self._session, product_id, operation_id, kind=kind, timeout_seconds=limit)
        )

    async def _wait(
        self, product_id: str, operation_id: str, kind: OperationKind, timeout_seconds: float | None
    ) -> Operation:
        limit = self._limit(timeout_seconds)
        return await self._run(
            flows.wait(self._session, product_id, operation_id, kind=kind, timeout_seconds=limit)
        )

    async def _manage(self, call: management.Call[T]) -> T:
        return await self._run(flows.manage(self._session, call, timeout_seconds=self._timeout_seconds))

    def _limit(self, timeout_seconds: float | None) -> float:
        return self._timeout_seconds if timeout_seconds is None else timeout_seconds

    async def _run(self, flow: Flow[T]) -> T:
        reply: Reply = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Pause):
                await self._sleep(step.seconds)
                reply = None
            else:
                reply = await self._send(step)

    async def _send(self, step: Send) -> Answer | Lost:
        import httpx2

        request = step.request
        body = bytearray()
        try:
            async with self._http.stream(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body if isinstance(request.body, bytes) else sent_bytes_async(request.body),
                timeout=http.timeout_of(step),
            ) as response:
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > http.LARGEST_ANSWER_BYTES:
                        return http.answer_of(response, b"")
                return http.answer_of(response, bytes(body))
        except httpx2.RequestError as error:
            return http.lost_of(error)
        except BaseException as error:
            raise http.without_frames(error)  # noqa: B904 - the same exception
