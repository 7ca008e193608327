"""The client for asyncio: carries out the steps of the flows with httpx2, and decides nothing itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeVar

from openaddons.client import _flows as flows
from openaddons.client import _http as http
from openaddons.client._later import Later
from openaddons.client._package import Progress, package_of, sent_bytes_async
from openaddons.client._session import Flow, Pause, Reply, Send, Session
from openaddons.client._surroundings import chosen_base_url
from openaddons.client.models import Credentials, KeyKind, Operation, OperationKind

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
    from types import TracebackType

    import httpx2

    from openaddons.client import _drafts as drafts
    from openaddons.client import _management as management
    from openaddons.client import _webhooks as webhooks
    from openaddons.client._calls import Call, Page
    from openaddons.client._core import Answer, Lost
    from openaddons.client.drafts import DraftContent, Image, ListingLanguage, ModuleContent
    from openaddons.client.products import (
        CredentialsCheck,
        Event,
        Key,
        NewKey,
        ProductState,
        Release,
        Rings,
        Submission,
    )
    from openaddons.client.webhooks import Delivery, NewWebhook, Webhook
else:
    drafts = Later("openaddons.client._drafts")
    management = Later("openaddons.client._management")
    webhooks = Later("openaddons.client._webhooks")

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
        ca_file: str | os.PathLike[str] | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] | None = None,
    ) -> None:
        import asyncio

        import httpx2

        self._session = Session(credentials, base_url=chosen_base_url(base_url), clock=clock)
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep or asyncio.sleep
        self._http = httpx2.AsyncClient(
            transport=transport,
            verify=http.verification(ca_file),
            limits=http.limits(),
            follow_redirects=False,
        )

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

    def products(self) -> AsyncIterator[ProductState]:
        """Every product that the credentials open, asked for by the page."""
        return self._pages(lambda after: management.products(after=after))

    async def create_product(self, name: str, *, key: str | None = None) -> ProductState:
        """Make a product in draft, with a fresh signing key or with yours: the text of its PEM file."""
        return await self._manage(management.create_product(name, key=key))

    async def wait_in_store(
        self, product_id: str, version: str, *, timeout_seconds: float | None = None
    ) -> ProductState:
        """Wait until a submitted version has passed certification and browsers get it."""
        limit = self._limit(timeout_seconds)
        return await self._run(flows.wait_in_store(self._session, product_id, version, timeout_seconds=limit))

    async def submissions(self, product_id: str) -> tuple[Submission, ...]:
        """The newest submissions of a product, at most 50, the newest first."""
        return await self._manage(management.submissions(product_id))

    async def submission(self, product_id: str, submission_id: str) -> Submission:
        """One submission: where it stands, and what reviewers asked."""
        return await self._manage(management.submission(product_id, submission_id))

    async def cancel(self, product_id: str, submission_id: str, *, reason: str = "") -> Submission:
        """Take a submission back that is not in the store yet. The draft is kept."""
        return await self._manage(management.cancel(product_id, submission_id, reason=reason))

    async def hold(self, product_id: str, submission_id: str) -> Submission:
        """Keep a submission out of the store when it has been approved, until ``release``."""
        return await self._manage(management.hold(product_id, submission_id))

    async def release(self, product_id: str, submission_id: str) -> Submission:
        """Let a submission that is held into the store, as soon as it is approved."""
        return await self._manage(management.release(product_id, submission_id))

    async def answer(self, product_id: str, submission_id: str, text: str) -> Submission:
        """Answer the question of a reviewer that is open. Then the review goes on."""
        return await self._manage(management.answer(product_id, submission_id, text=text))

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

    async def offer(
        self, product_id: str, version: str, *, rings: Iterable[str] | None = None
    ) -> tuple[Release, ...]:
        """Offer a release to rings, or to all where none are named; the releases as they are then."""
        return await self._manage(management.offer(product_id, version, rings=rings))

    async def withdraw(self, product_id: str, version: str, *, reason: str) -> tuple[Release, ...]:
        """Offer a release no longer, to anybody; the releases as they are then."""
        return await self._manage(management.withdraw(product_id, version, reason=reason))

    async def rings(self, product_id: str) -> Rings:
        """The rings of the store, and those that get a product's next releases first."""
        return await self._manage(management.rings(product_id))

    async def set_first_rings(
        self, product_id: str, names: Iterable[str], *, instead_of: Iterable[str] | None = None
    ) -> Rings:
        """Choose the rings that get a product's next releases first; with ``instead_of`` in place of those alone."""
        return await self._manage(management.set_first_rings(product_id, names, instead_of=instead_of))

    async def operations(
        self, product_id: str, *, kind: OperationKind | None = None
    ) -> tuple[Operation, ...]:
        """The newest uploads and publishes of a product, at most 50, the newest first."""
        return await self._manage(management.operations(product_id, kind=kind))

    def events(self, product_id: str | None = None) -> AsyncIterator[Event]:
        """What was done with a product, or with all that is yours, the newest first; asked for by the page."""
        return self._pages(lambda before: management.events(product_id, before=before))

    async def draft(self, product_id: str) -> DraftContent:
        """The draft with the content of its modules."""
        return await self._manage(drafts.draft(product_id))

    async def set_module(
        self, product_id: str, name: str, content: Mapping[str, Any], *, if_tag: str | None = None
    ) -> ModuleContent:
        """Replace the content of a module of the draft: ``availability``, ``properties`` or ``privacy``."""
        return await self._manage(drafts.set_module(product_id, name, content=content, if_tag=if_tag))

    async def language(self, product_id: str, language: str) -> ListingLanguage:
        """The listing in a language, such as ``en`` or ``pt-BR``."""
        return await self._manage(drafts.language(product_id, language))

    async def set_language(
        self, product_id: str, language: str, content: Mapping[str, Any], *, if_tag: str | None = None
    ) -> ListingLanguage:
        """Replace a language of the listing, or add it; ``if_tag`` as for ``set_module``."""
        return await self._manage(drafts.set_language(product_id, language, content=content, if_tag=if_tag))

    async def remove_language(self, product_id: str, language: str) -> None:
        """Take a language out of the listing."""
        await self._manage(drafts.remove_language(product_id, language))

    async def add_image(self, product_id: str, image: bytes) -> Image:
        """Add an image for the listing, which names it by its key: the bytes of a PNG, JPEG or WebP."""
        return await self._manage(drafts.add_image(product_id, image))

    async def keys(self) -> tuple[Key, ...]:
        """The publisher's API keys and client secrets, without their secrets."""
        return await self._manage(management.keys())

    async def create_key(
        self, *, kind: KeyKind = KeyKind.API_KEY, days: int | None = None, product_id: str | None = None
    ) -> NewKey:
        """Make an API key or a client secret that is good for ``days`` (if not given, as the store has it)."""
        return await self._manage(management.create_key(kind=kind, days=days, product_id=product_id))

    async def revoke_key(self, key_id: str) -> None:
        """Make a key worthless at once."""
        await self._manage(management.revoke_key(key_id))

    async def rotate_key(self, key_id: str, *, overlap_hours: int = 24) -> NewKey:
        """Make a key in place of another one, which goes on for ``overlap_hours``."""
        return await self._manage(management.rotate_key(key_id, overlap_hours=overlap_hours))

    async def webhooks(self) -> tuple[Webhook, ...]:
        """The URLs that are told what happens, the oldest first."""
        return await self._manage(webhooks.webhooks())

    async def create_webhook(self, url: str, *, types: Iterable[str] = ()) -> NewWebhook:
        """Have a URL told what happens: of these types (docs/webhooks.md), or everything."""
        return await self._manage(webhooks.create_webhook(url, types=types))

    async def change_webhook(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        types: Iterable[str] | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """Change a webhook, disable it, or enable it again. What is not given stays."""
        return await self._manage(webhooks.change_webhook(webhook_id, url=url, types=types, enabled=enabled))

    async def rotate_webhook_secret(self, webhook_id: str, *, overlap_hours: int = 24) -> NewWebhook:
        """Make a new secret; the former one signs too for ``overlap_hours``."""
        return await self._manage(webhooks.rotate_webhook_secret(webhook_id, overlap_hours=overlap_hours))

    async def try_webhook(self, webhook_id: str) -> str:
        """Have a test event posted, and give the id of its delivery."""
        return await self._manage(webhooks.try_webhook(webhook_id))

    def deliveries(self, webhook_id: str) -> AsyncIterator[Delivery]:
        """What was posted to a webhook and how it went, the newest first; asked for by the page."""
        return self._pages(lambda after: webhooks.deliveries(webhook_id, after=after))

    async def redeliver(self, webhook_id: str, delivery_id: str) -> str:
        """Have an event posted once more, or now if it is pending; the id of that delivery."""
        return await self._manage(webhooks.redeliver(webhook_id, delivery_id))

    async def delete_webhook(self, webhook_id: str) -> None:
        """Forget a webhook and its log."""
        await self._manage(webhooks.delete_webhook(webhook_id))

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

    async def _manage(self, call: Call[T]) -> T:
        return await self._run(flows.manage(self._session, call, timeout_seconds=self._timeout_seconds))

    async def _pages(self, page_after: Callable[[str | None], Call[Page[T]]]) -> AsyncIterator[T]:
        page = await self._manage(page_after(None))
        for item in page.items:
            yield item
        while page.next is not None:
            page = await self._manage(page_after(page.next))
            for item in page.items:
                yield item

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
