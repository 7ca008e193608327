"""A store on either database, whose clock a test moves, and a receiver to which it posts."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from openaddons.app import open_store
from openaddons.clock import SettableClock
from openaddons.settings import Settings
from openaddons.store.telling.deliveries import Logged, page_of_deliveries, receivers_due
from openaddons.store.telling.webhooks import Webhook, create_webhook, read_webhook
from openaddons.work.delivering import Sender
from openaddons.work.workshop import Workshop
from tests.receivers import Receiver, receiver
from tests.stores import Account, make_account


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def workshop(settings: Settings, clock: SettableClock) -> Iterator[Workshop]:
    with open_store(settings.model_copy(update={"webhook_private_addresses": True}), clock) as opened:
        yield opened


@pytest.fixture
def account(workshop: Workshop) -> Account:
    return make_account(workshop)


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def create(workshop: Workshop, account: Account, url: str, *types: str) -> tuple[Webhook, str]:
    made: tuple[Webhook, str] = workshop.tools.database.run(
        create_webhook,
        publisher_id=account.publisher.id,
        url=url,
        types=types,
        private_addresses=True,
        master_key=workshop.tools.master_key,
        actor="test",
    )
    return made


def deliver(workshop: Workshop) -> int:
    """Send all that is due now, as the courier does. Returns how many tries that took."""

    async def run() -> int:
        tries = 0
        async with Sender(workshop.tools) as sender:
            for each in workshop.tools.database.read(receivers_due):
                while await sender.deliver(each):
                    tries += 1
        return tries

    return asyncio.run(run())


def log_of(workshop: Workshop, webhook: Webhook) -> list[Logged]:
    """The deliveries to a webhook, oldest first."""
    found = workshop.tools.database.read(page_of_deliveries, webhook_id=webhook.id, limit=100)
    return found[::-1]


def read(workshop: Workshop, webhook: Webhook) -> Webhook:
    return workshop.tools.database.read(
        read_webhook, publisher_id=webhook.publisher_id, webhook_id=webhook.id
    )


def all_posted(there: Receiver) -> list[Any]:
    found = []
    while not there.posted.empty():
        found.append(json.loads(there.posted.get().body))
    return found
