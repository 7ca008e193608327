"""The courier of a running store: told at once, and by whoever lives. On both databases."""

import threading

import pytest
import sqlalchemy as sa

from openaddons.clock import SystemClock
from openaddons.settings import Settings
from openaddons.store.tables import deliveries
from openaddons.store.telling.deliveries import page_of_deliveries
from openaddons.store.telling.outbox import DeliveryState
from openaddons.store.telling.webhooks import Webhook, create_webhook, try_webhook
from openaddons.work.workshop import Workshop
from tests.receivers import Posted, Receiver, receiver
from tests.stores import Account, make_account, make_published, running_store, start_process, wait_until


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook_private_addresses": True})


def create(workshop: Workshop, account: Account, there: Receiver) -> Webhook:
    made, _ = workshop.tools.database.run(
        create_webhook,
        publisher_id=account.publisher.id,
        url=there.url,
        types=["release.created", "submission.approved"],
        private_addresses=True,
        master_key=workshop.tools.master_key,
        actor="test",
    )
    return made


def states(workshop: Workshop, webhook: Webhook) -> list[DeliveryState]:
    found = workshop.tools.database.read(page_of_deliveries, webhook_id=webhook.id, limit=100)
    return [each.delivery.state for each in found]


def test_a_running_store_tells_what_happens(settings: Settings) -> None:
    with receiver() as there, running_store(settings, SystemClock()) as store:
        account = make_account(store.workshop)
        webhook = create(store.workshop, account, there)

        make_published(store.workshop, account)

        told = [there.next().body for _ in range(2)]
        assert b'"type":"submission.approved"' in told[0]
        assert b'"type":"release.created"' in told[1]
        wait_until(lambda: states(store.workshop, webhook) == [DeliveryState.DELIVERED] * 2)


def test_a_slow_receiver_keeps_nobody_else_waiting(settings: Settings) -> None:
    go_on = threading.Event()

    def slowly(_: Posted) -> tuple[int, dict[str, str], bytes]:
        go_on.wait()
        return 204, {}, b""

    with receiver() as slow, receiver() as quick, running_store(settings) as store:
        slow.answer = slowly
        account = make_account(store.workshop)
        for there in (slow, quick):
            webhook = create(store.workshop, account, there)
            store.workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

        assert b"webhook.tested" in quick.next().body
        go_on.set()


def test_what_was_being_told_when_the_process_was_killed_is_told_again_by_the_same_id(
    settings: Settings, workshop: Workshop
) -> None:
    go_on = threading.Event()

    def never(_: Posted) -> tuple[int, dict[str, str], bytes]:
        go_on.wait()
        return 500, {}, b""

    environment = {"OPENADDONS_WEBHOOK_PRIVATE_ADDRESSES": "true", "OPENADDONS_ENGINE": "inline"}
    with receiver() as there:
        there.answer = never
        webhook = create(workshop, make_account(workshop), there)
        process = start_process("serve", settings, **environment)
        workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")
        first = there.next()
        process.kill()
        go_on.set()
        there.answer = lambda _: (204, {}, b"")
        # As if the two minutes of its lease had passed; a store on SQLite need not wait for them.
        workshop.tools.database.run(lambda tx: tx.execute(sa.update(deliveries).values(leased_until=None)))

        process = start_process("serve", settings, **environment)

        second = there.next()
        assert (second.headers["webhook-id"], second.body) == (first.headers["webhook-id"], first.body)
        wait_until(lambda: states(workshop, webhook) == [DeliveryState.DELIVERED])
        assert process.terminate() == 0
