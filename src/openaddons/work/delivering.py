"""The courier: sends what the outbox holds, to each receiver one delivery after the other.

Every process that serves has one; leases keep two from sending the same. A receiver that is slow or away keeps
nobody else waiting, and what is due to it goes in the order in which it happened.
"""

import asyncio
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

import sqlalchemy as sa
import structlog

from openaddons.errors import KeyUnusable
from openaddons.store.publishers import tell_expiring_credentials
from openaddons.store.sealing import MasterKey
from openaddons.store.session import Changes, Transaction
from openaddons.store.tables import webhooks
from openaddons.store.telling.deliveries import (
    Delivery,
    Try,
    claim_delivery,
    end_try,
    forget_deliveries,
    receivers_due,
)
from openaddons.store.telling.messages import read_message
from openaddons.store.telling.webhooks import read_secrets
from openaddons.work.tools import Tools

if TYPE_CHECKING:
    from openaddons.work.posting import Poster

log = structlog.get_logger()

_SWEEP_SECONDS: Final = 1.0
_CHORES_PERIOD: Final = timedelta(hours=1)
_RECEIVERS_AT_ONCE: Final = 32
_LAST_TRIES_SECONDS: Final = 5.0


class Courier:
    """Delivers in a thread of its own: what was committed here at once, the rest within a second."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._body, name="openaddons-courier", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._look = asyncio.Event()
        self._busy: dict[str | None, asyncio.Task[None]] = {}
        self._chores_due = tools.database.clock.now()
        tools.database.after_commit.append(self._on_commit)

    def start(self) -> None:
        """Begin to deliver; the first round takes up what a kill left."""
        self._thread.start()

    def stop(self) -> None:
        """End after the tries under way, which get a few seconds. The rest stays in the tables."""
        self._stopping.set()
        self._wake()
        if self._thread.ident is not None:
            self._thread.join()

    def _on_commit(self, changes: Changes) -> None:
        if changes.deliveries_added:
            self._wake()

    def _wake(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._look.set)

    def _body(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Its threads are told by their names, as all that work beside the requests are.
        self._loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="openaddons-courier"))
        async with Sender(self._tools) as sender:
            while not self._stopping.is_set():
                self._look.clear()
                try:
                    await self._round(sender)
                except Exception:
                    log.exception("courier.failed")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), _SWEEP_SECONDS)
            await _end(self._busy.values())

    async def _round(self, sender: "Sender") -> None:
        """Begin with each receiver to whom something is due and who is not being served."""
        database = self._tools.database
        if database.clock.now() >= self._chores_due:
            self._chores_due = database.clock.now() + _CHORES_PERIOD
            await database.run_async(tell_expiring_credentials)
            await database.run_async(forget_deliveries)
        for receiver in await asyncio.to_thread(database.read, receivers_due):
            if receiver not in self._busy and len(self._busy) < _RECEIVERS_AT_ONCE:
                self._busy[receiver] = asyncio.create_task(self._serve(sender, receiver))

    async def _serve(self, sender: "Sender", receiver: str | None) -> None:
        try:
            await sender.deliver(receiver)
        except Exception:
            log.exception("delivery.failed", webhook_id=receiver)
            await asyncio.sleep(_SWEEP_SECONDS)
        finally:
            del self._busy[receiver]
            self._look.set()


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Let tries under way end. Who is not told now is told again later: the lease runs out."""
    under_way = list(tasks)
    if under_way:
        _, late = await asyncio.wait(under_way, timeout=_LAST_TRIES_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


class Sender:
    """Makes tries. Belongs to one event loop. What it sends with is imported when something is to be sent."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._poster: Poster | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._poster is not None:
            await self._poster.close()

    async def deliver(self, webhook_id: str | None) -> bool:
        """Try the oldest delivery that is due to a webhook, or with None the oldest mail. False: there is none."""
        database = self._tools.database
        delivery = await database.run_async(claim_delivery, webhook_id=webhook_id)
        if delivery is None:
            return False
        begun = time.monotonic()
        try:
            tried = await (self._mail(delivery) if webhook_id is None else self._post(delivery))
        except KeyUnusable:
            answer = "It was sealed with another master key. Start the store with that one."
            tried = Try(delivered=False, status=None, answer=answer)
        except Exception:
            log.exception("delivery.try-failed", delivery_id=delivery.id)
            tried = Try(delivered=False, status=None, answer="The store could not send it. Its log says why.")
        if webhook_id is None and not tried.delivered:
            # No page shows it: what is wrong with the mail server is the operator's business.
            log.warning(
                "delivery.mail-failed", delivery_id=delivery.id, status=tried.status, answer=tried.answer
            )
        milliseconds = round((time.monotonic() - begun) * 1000)
        await database.run_async(end_try, delivery=delivery, tried=tried, duration_milliseconds=milliseconds)
        return True

    async def _post(self, delivery: Delivery) -> Try:
        from openaddons.work.posting import Poster

        tools = self._tools
        posting = await asyncio.to_thread(
            tools.database.read, _read_posting, delivery=delivery, master_key=tools.master_key
        )
        if posting is None:
            return Try(delivered=False, status=None, answer="The webhook was disabled.", hopeless=True)
        if self._poster is None:
            self._poster = Poster(private_addresses=tools.settings.webhook_private_addresses)
        return await self._poster.post(
            posting.url,
            posting.message,
            message_id=posting.message_id,
            now=tools.database.clock.now(),
            secrets=posting.secrets,
        )

    async def _mail(self, delivery: Delivery) -> Try:
        from openaddons.work.mailing import mail_of, send_mail

        tools = self._tools
        assert delivery.address is not None
        if tools.settings.smtp_url is None:
            return Try(delivered=False, status=None, answer="No mail server is set.", hopeless=True)
        if delivery.event_number is not None:
            message = await asyncio.to_thread(
                tools.database.read, read_message, event_number=delivery.event_number
            )
            subject, text = mail_of(message, tools.settings)
        else:
            assert delivery.subject is not None
            assert delivery.text is not None
            subject = delivery.subject
            text = tools.master_key.unseal(delivery.text, context=delivery.id).decode()
        return await asyncio.to_thread(
            send_mail,
            tools.settings,
            address=delivery.address,
            subject=subject,
            text=text,
            mail_id=delivery.id,
            now=tools.database.clock.now(),
        )


@dataclass(frozen=True, slots=True)
class _Posting:
    """What is posted where."""

    url: str
    message: dict[str, Any]
    message_id: str
    """The same whenever the event is posted to this webhook: by it a receiver knows what it has had."""
    secrets: list[str]


def _read_posting(tx: Transaction, *, delivery: Delivery, master_key: MasterKey) -> _Posting | None:
    """What a delivery posts; None when its webhook is disabled or deleted."""
    assert delivery.webhook_id is not None
    assert delivery.event_number is not None
    query = sa.select(webhooks.c.url).where(
        webhooks.c.id == delivery.webhook_id, webhooks.c.disabled_time.is_(None)
    )
    url = tx.execute(query).scalar_one_or_none()
    if url is None:
        return None
    return _Posting(
        url=url,
        message=read_message(tx, event_number=delivery.event_number).describe(),
        message_id=f"msg_{delivery.webhook_id.replace('-', '')}_{delivery.event_number}",
        secrets=read_secrets(tx, webhook_id=delivery.webhook_id, master_key=master_key),
    )
