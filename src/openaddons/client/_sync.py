"""The synchronous client: carries out the steps of the flows, and decides nothing itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeVar

from openaddons.client import _flows as flows
from openaddons.client import _http as http
from openaddons.client._later import Later
from openaddons.client._package import Progress, package_of
from openaddons.client._session import Flow, Pause, Reply, Session
from openaddons.client._surroundings import chosen_base_url
from openaddons.client.models import Credentials, KeyKind, Operation, OperationKind

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    import httpx2

    from openaddons.client import _drafts as drafts
    from openaddons.client import _management as management
    from openaddons.client import _webhooks as webhooks
    from openaddons.client._calls import Call, Page
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


class EdgeAddons:
    """A client of one store that speaks the Edge Add-ons API: Microsoft's own, or one that you run.

    Use it as a context manager, or call ``close``. Threads may share one. Every method raises a subclass
    of ``EdgeAddonsError``, which says what to do next; ValueError for an id that is none.

    Requests are repeated where that is safe (429, 503 and refused connections; an upload also when its answer
    is lost; what only asks, on any server error), with growing pauses and as long as the store asks.
    ``timeout_seconds`` is how long one call may take with its pauses, unless the call is given its own; a
    transfer that makes progress is not cut off.

    The methods from ``product`` on ask for more than the reference has: OpenAddons answers them, any other
    store is ``NotSupported``, and Microsoft's is not asked.

    Args:
        credentials: An ``ApiKey``, or a ``ClientSecret``, for which access tokens are fetched and renewed.
        base_url: The store's address; if not given, the environment variable ``EDGE_ADDONS_BASE_URL``, else
            Microsoft's store. Redirects are refused: credentials stay with this host.
        timeout_seconds: The longest that a call may take.
        ca_file: A PEM file with the certificate authorities to trust, in place of the machine's. OSError where
            it cannot be read or holds none. A ``transport`` of yours has a trust of its own.
        transport: Another way to send requests, for tests and proxies. Without one, the client
            sends by itself; httpx2 does where the environment names a proxy, and on Windows and macOS.
        clock: Seconds from any beginning, for tests.
        sleep: Waits for that many seconds, for tests.

    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str | None = None,
        timeout_seconds: float = 600.0,
        ca_file: str | os.PathLike[str] | None = None,
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._session = Session(credentials, base_url=chosen_base_url(base_url), clock=clock)
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep
        self._sender = http.sender_of(transport, ca_file=ca_file)

    def __repr__(self) -> str:
        """Where the store is, and whose credentials; never the credentials."""
        return f"EdgeAddons{repr(self._session).removeprefix('Session')}"

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def upload(
        self,
        product_id: str,
        path_or_file: str | os.PathLike[str] | BinaryIO,
        *,
        progress: Progress | None = None,
        timeout_seconds: float | None = None,
    ) -> str:
        """Upload a package and give the operation ID; the store has the bytes, and checks them from now on.

        The bytes are streamed from disk. An open file is sent from where it stands and must be seekable.
        ``progress`` is called with the bytes sent and the bytes in all. OSError when the file cannot be read.
        Reference: "Upload a package to update an existing submission".
        """
        package = package_of(path_or_file, progress=progress)
        limit = self._limit(timeout_seconds)
        return self._run(flows.upload(self._session, product_id, package, timeout_seconds=limit))

    def upload_status(self, product_id: str, operation_id: str) -> Operation:
        """The upload as it is now. A failed one is returned, not raised; ``failure_of`` explains it.

        Reference: "Check the status of a package upload".
        """
        return self._status(product_id, operation_id, OperationKind.UPLOAD)

    def wait_upload(
        self, product_id: str, operation_id: str, *, timeout_seconds: float | None = None
    ) -> Operation:
        """Wait until the package is the draft.

        Raises PackageRefused, OperationFailed, UnexpectedFailure or Timeout. After a Timeout, or in another
        process, the same operation ID takes the wait up again.
        """
        return self._wait(product_id, operation_id, OperationKind.UPLOAD, timeout_seconds)

    def publish(
        self,
        product_id: str,
        *,
        notes: str = "",
        notes_as_text: bool = False,
        timeout_seconds: float | None = None,
    ) -> str:
        """Publish the draft and give the operation ID. ``notes`` are for the people who certify it.

        They are sent as JSON, which every store so far took; ``notes_as_text`` sends them bare, to one that
        does not.

        Where its answer is lost, an OpenAddons store is asked whether it has the publish. Raises AnswerLost
        when that cannot be found out. Reference: "Publish the product draft submission".
        """
        limit = self._limit(timeout_seconds)
        return self._run(
            flows.publish(
                self._session, product_id, notes=notes, notes_as_text=notes_as_text, timeout_seconds=limit
            )
        )

    def publish_status(self, product_id: str, operation_id: str) -> Operation:
        """The publish as it is now. A failed one is returned, not raised; ``failure_of`` explains it.

        Reference: "Check the publishing status".
        """
        return self._status(product_id, operation_id, OperationKind.PUBLISH)

    def wait_publish(
        self, product_id: str, operation_id: str, *, timeout_seconds: float | None = None
    ) -> Operation:
        """Wait until there is a submission.

        Raises PublishRefused (a subclass for each errorCode), OperationFailed, UnexpectedFailure or Timeout.
        """
        return self._wait(product_id, operation_id, OperationKind.PUBLISH, timeout_seconds)

    def check_credentials(self, product_id: str) -> CredentialsCheck:
        """Find out whether the store takes the credentials; nothing is changed.

        ``product_known`` says whether they open the product, where the store can be asked (OpenAddons), else
        None. Raises CredentialsRejected.
        """
        limit = self._timeout_seconds
        return self._run(flows.check_credentials(self._session, product_id, timeout_seconds=limit))

    def product(self, product_id: str) -> ProductState:
        """What is in the store, in the draft and in certification."""
        return self._manage(management.product(product_id))

    def products(self) -> Iterator[ProductState]:
        """Every product that the credentials open, asked for by the page."""
        return self._pages(lambda after: management.products(after=after))

    def create_product(self, name: str, *, key: str | None = None) -> ProductState:
        """Make a product in draft, with a fresh signing key or with yours: the text of its PEM file.

        With the key that it has in the field it keeps its CRX ID. Its first submission is made by a person, in
        the store's dashboard.
        """
        return self._manage(management.create_product(name, key=key))

    def wait_in_store(
        self, product_id: str, version: str, *, timeout_seconds: float | None = None
    ) -> ProductState:
        """Wait until a submitted version has passed certification and browsers get it.

        Raises ReviewFailed, SubmissionCancelled or Timeout; NotFound for a version that was not submitted.
        """
        limit = self._limit(timeout_seconds)
        return self._run(flows.wait_in_store(self._session, product_id, version, timeout_seconds=limit))

    def submissions(self, product_id: str) -> tuple[Submission, ...]:
        """The newest submissions of a product, at most 50, the newest first."""
        return self._manage(management.submissions(product_id))

    def submission(self, product_id: str, submission_id: str) -> Submission:
        """One submission: where it stands, and what reviewers asked."""
        return self._manage(management.submission(product_id, submission_id))

    def cancel(self, product_id: str, submission_id: str, *, reason: str = "") -> Submission:
        """Take a submission back that is not in the store yet. The draft is kept."""
        return self._manage(management.cancel(product_id, submission_id, reason=reason))

    def hold(self, product_id: str, submission_id: str) -> Submission:
        """Keep a submission out of the store when it has been approved, until ``release``."""
        return self._manage(management.hold(product_id, submission_id))

    def release(self, product_id: str, submission_id: str) -> Submission:
        """Let a submission that is held into the store, as soon as it is approved."""
        return self._manage(management.release(product_id, submission_id))

    def answer(self, product_id: str, submission_id: str, text: str) -> Submission:
        """Answer the question of a reviewer that is open. Then the review goes on."""
        return self._manage(management.answer(product_id, submission_id, text=text))

    def roll_back(
        self, product_id: str, *, reason: str, to: str | None = None, as_version: str | None = None
    ) -> Submission:
        """Give browsers older content as a new release with a higher version; it needs no review.

        ``to`` is the version whose content comes back, if not what was offered before; ``as_version`` the
        number it gets, if not the next.
        """
        return self._manage(management.roll_back(product_id, to=to, as_version=as_version, reason=reason))

    def unpublish(self, product_id: str) -> ProductState:
        """Take a product out of the store. Browsers that have it keep it."""
        return self._manage(management.unpublish(product_id))

    def releases(self, product_id: str) -> tuple[Release, ...]:
        """The signed versions of a product and who is offered them, the newest first."""
        return self._manage(management.releases(product_id))

    def offer(
        self, product_id: str, version: str, *, rings: Iterable[str] | None = None
    ) -> tuple[Release, ...]:
        """Offer a release to rings, or to all where none are named; the releases as they are then.

        Raises RequestRefused when all, or such a ring, are offered that version or a higher one already.
        """
        return self._manage(management.offer(product_id, version, rings=rings))

    def withdraw(self, product_id: str, version: str, *, reason: str) -> tuple[Release, ...]:
        """Offer a release no longer, to anybody; the releases as they are then.

        Browsers that have it keep it; ``roll_back`` takes it from them.
        """
        return self._manage(management.withdraw(product_id, version, reason=reason))

    def rings(self, product_id: str) -> Rings:
        """The rings of the store, and those that get a product's next releases first."""
        return self._manage(management.rings(product_id))

    def set_first_rings(
        self, product_id: str, names: Iterable[str], *, instead_of: Iterable[str] | None = None
    ) -> Rings:
        """Choose the rings that get a product's next releases first; with ``instead_of`` in place of those alone."""
        return self._manage(management.set_first_rings(product_id, names, instead_of=instead_of))

    def operations(self, product_id: str, *, kind: OperationKind | None = None) -> tuple[Operation, ...]:
        """The newest uploads and publishes of a product, at most 50, the newest first."""
        return self._manage(management.operations(product_id, kind=kind))

    def events(self, product_id: str | None = None) -> Iterator[Event]:
        """What was done with a product, or with all that is yours, the newest first; asked for by the page."""
        return self._pages(lambda before: management.events(product_id, before=before))

    def draft(self, product_id: str) -> DraftContent:
        """The draft with the content of its modules."""
        return self._manage(drafts.draft(product_id))

    def set_module(
        self, product_id: str, name: str, content: Mapping[str, Any], *, if_tag: str | None = None
    ) -> ModuleContent:
        """Replace the content of a module of the draft: ``availability``, ``properties`` or ``privacy``.

        With ``if_tag`` only what still has that tag; RequestRefused (``ChangedMeanwhile``) where somebody else was
        quicker. A content that is incomplete is kept, and not published; docs/modules.md has the fields.
        """
        return self._manage(drafts.set_module(product_id, name, content=content, if_tag=if_tag))

    def language(self, product_id: str, language: str) -> ListingLanguage:
        """The listing in a language, such as ``en`` or ``pt-BR``."""
        return self._manage(drafts.language(product_id, language))

    def set_language(
        self, product_id: str, language: str, content: Mapping[str, Any], *, if_tag: str | None = None
    ) -> ListingLanguage:
        """Replace a language of the listing, or add it; ``if_tag`` as for ``set_module``."""
        return self._manage(drafts.set_language(product_id, language, content=content, if_tag=if_tag))

    def remove_language(self, product_id: str, language: str) -> None:
        """Take a language out of the listing."""
        self._manage(drafts.remove_language(product_id, language))

    def add_image(self, product_id: str, image: bytes) -> Image:
        """Add an image for the listing, which names it by its key: the bytes of a PNG, JPEG or WebP."""
        return self._manage(drafts.add_image(product_id, image))

    def keys(self) -> tuple[Key, ...]:
        """The publisher's API keys and client secrets, without their secrets."""
        return self._manage(management.keys())

    def create_key(
        self, *, kind: KeyKind = KeyKind.API_KEY, days: int | None = None, product_id: str | None = None
    ) -> NewKey:
        """Make an API key or a client secret that is good for ``days`` (if not given, as the store has it).

        With ``product_id`` it opens that product alone, and manages neither keys nor webhooks.
        """
        return self._manage(management.create_key(kind=kind, days=days, product_id=product_id))

    def revoke_key(self, key_id: str) -> None:
        """Make a key worthless at once."""
        self._manage(management.revoke_key(key_id))

    def rotate_key(self, key_id: str, *, overlap_hours: int = 24) -> NewKey:
        """Make a key in place of another one, which goes on for ``overlap_hours``."""
        return self._manage(management.rotate_key(key_id, overlap_hours=overlap_hours))

    def webhooks(self) -> tuple[Webhook, ...]:
        """The URLs that are told what happens, the oldest first."""
        return self._manage(webhooks.webhooks())

    def create_webhook(self, url: str, *, types: Iterable[str] = ()) -> NewWebhook:
        """Have a URL told what happens: of these types (docs/webhooks.md), or everything."""
        return self._manage(webhooks.create_webhook(url, types=types))

    def change_webhook(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        types: Iterable[str] | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """Change a webhook, disable it, or enable it again. What is not given stays."""
        return self._manage(webhooks.change_webhook(webhook_id, url=url, types=types, enabled=enabled))

    def rotate_webhook_secret(self, webhook_id: str, *, overlap_hours: int = 24) -> NewWebhook:
        """Make a new secret; the former one signs too for ``overlap_hours``."""
        return self._manage(webhooks.rotate_webhook_secret(webhook_id, overlap_hours=overlap_hours))

    def try_webhook(self, webhook_id: str) -> str:
        """Have a test event posted, and give the id of its delivery."""
        return self._manage(webhooks.try_webhook(webhook_id))

    def deliveries(self, webhook_id: str) -> Iterator[Delivery]:
        """What was posted to a webhook and how it went, the newest first; asked for by the page."""
        return self._pages(lambda after: webhooks.deliveries(webhook_id, after=after))

    def redeliver(self, webhook_id: str, delivery_id: str) -> str:
        """Have an event posted once more, or now if it is pending; the id of that delivery."""
        return self._manage(webhooks.redeliver(webhook_id, delivery_id))

    def delete_webhook(self, webhook_id: str) -> None:
        """Forget a webhook and its log."""
        self._manage(webhooks.delete_webhook(webhook_id))

    def _status(self, product_id: str, operation_id: str, kind: OperationKind) -> Operation:
        limit = self._timeout_seconds
        return self._run(
            flows.status(self._session, product_id, operation_id, kind=kind, timeout_seconds=limit)
        )

    def _wait(
        self, product_id: str, operation_id: str, kind: OperationKind, timeout_seconds: float | None
    ) -> Operation:
        limit = self._limit(timeout_seconds)
        return self._run(
            flows.wait(self._session, product_id, operation_id, kind=kind, timeout_seconds=limit)
        )

    def _manage(self, call: Call[T]) -> T:
        return self._run(flows.manage(self._session, call, timeout_seconds=self._timeout_seconds))

    def _pages(self, page_after: Callable[[str | None], Call[Page[T]]]) -> Iterator[T]:
        page = self._manage(page_after(None))
        yield from page.items
        while page.next is not None:
            page = self._manage(page_after(page.next))
            yield from page.items

    def _limit(self, timeout_seconds: float | None) -> float:
        return self._timeout_seconds if timeout_seconds is None else timeout_seconds

    def _run(self, flow: Flow[T]) -> T:
        reply: Reply = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Pause):
                self._sleep(step.seconds)
                reply = None
            else:
                reply = self._sender.send(step)
