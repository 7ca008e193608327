"""What happens is told to webhooks: signed, again until it is taken, and by one id. On both databases."""

import asyncio
import json
import queue
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as ThirdParty
from standardwebhooks import WebhookVerificationError

from openaddons.app import open_store
from openaddons.clock import SettableClock, wire_time
from openaddons.errors import NotKnown, TransitionRefused, ValueRefused
from openaddons.settings import Settings
from openaddons.store.events import list_events
from openaddons.store.keeping_back import block_product
from openaddons.store.offers import withdraw_release
from openaddons.store.publishers import tell_expiring_credentials
from openaddons.store.sealing import MasterKey
from openaddons.store.telling.deliveries import (
    KEPT,
    LEASE,
    PAUSES,
    Logged,
    claim_delivery,
    deliver_again,
    forget_deliveries,
    page_of_deliveries,
    receivers_due,
)
from openaddons.store.telling.outbox import TYPES, DeliveryState
from openaddons.store.telling.webhooks import (
    Webhook,
    change_webhook,
    create_webhook,
    delete_webhook,
    list_webhooks,
    read_webhook,
    rotate_secret,
    try_webhook,
)
from openaddons.work import posting
from openaddons.work.delivering import Sender
from openaddons.work.workshop import Workshop
from tests.acceptance.certificates import make_certificates
from tests.receivers import Receiver, receiver
from tests.stores import Account, make_account, make_draft, make_published, make_zip


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


def test_a_publish_is_told_from_upload_to_release_in_order(
    workshop: Workshop, account: Account, there: Receiver
) -> None:
    create(workshop, account, there.url)

    product = make_published(workshop, account)
    deliver(workshop)

    told = all_posted(there)
    assert [each["type"] for each in told] == [
        "upload.succeeded",
        "submission.created",
        "submission.approved",
        "release.created",
    ]
    release = told[-1]
    (event,) = [
        each
        for each in workshop.tools.database.read(list_events, product_id=product.id)
        if each.verb == "release.created"
    ]
    assert release == {
        "type": "release.created",
        "timestamp": wire_time(event.time),
        "data": {
            "product": {"id": product.id, "name": "Sample", "crxId": product.crx_id},
            "version": "1.0.0",
            "submissionId": event.facts["submission_id"],
            "operationId": None,
            "verdict": None,
            "reason": None,
            "policies": [],
            "errorCode": None,
            "detail": None,
            "correlationId": None,
        },
    }
    assert [each["data"]["verdict"] for each in told] == [None, None, "approved", None]


def test_what_an_update_supersedes_and_a_withdrawal_brings_back_is_told(
    workshop: Workshop, account: Account, there: Receiver
) -> None:
    product = make_published(workshop, account)
    create(workshop, account, there.url, "submission.superseded", "submission.restored", "release.withdrawn")

    make_published(workshop, account, make_zip("1.1.0"), product=product)
    workshop.tools.database.run(
        withdraw_release, product_id=product.id, version="1.1.0", reason="it hangs", actor="test"
    )
    deliver(workshop)

    first, *between, last = [(each["type"], each["data"]["version"]) for each in all_posted(there)]
    assert (first, last) == (("submission.superseded", "1.0.0"), ("release.withdrawn", "1.1.0"))
    assert sorted(between) == [("submission.restored", "1.0.0"), ("submission.superseded", "1.1.0")]


def test_a_third_partys_library_verifies_the_signature(
    workshop: Workshop, account: Account, there: Receiver
) -> None:
    webhook, secret = create(workshop, account, there.url)
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

    deliver(workshop)

    posted = there.next()
    assert ThirdParty(secret).verify(posted.body, posted.headers) == json.loads(posted.body)
    with pytest.raises(WebhookVerificationError):
        ThirdParty(secret).verify(posted.body + b" ", posted.headers)
    assert (posted.path, posted.headers["content-type"]) == ("/hook", "application/json")


def test_a_rotated_secret_and_the_former_one_sign_both_until_the_overlap_is_over(
    workshop: Workshop, account: Account, there: Receiver, clock: SettableClock
) -> None:
    webhook, old = create(workshop, account, there.url)
    new = workshop.tools.database.run(
        rotate_secret,
        webhook=webhook,
        overlap=timedelta(minutes=1),
        master_key=workshop.tools.master_key,
        actor="test",
    )

    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")
    deliver(workshop)

    during = there.next()
    for secret in (old, new):
        ThirdParty(secret).verify(during.body, during.headers)
    clock.advance(timedelta(minutes=2))
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")
    deliver(workshop)
    after = there.next()
    ThirdParty(new).verify(after.body, after.headers)
    with pytest.raises(WebhookVerificationError):
        ThirdParty(old).verify(after.body, after.headers)


def test_only_the_types_that_were_chosen_are_told_and_only_to_the_publisher(
    workshop: Workshop, account: Account, there: Receiver
) -> None:
    create(workshop, account, there.url, "product.blocked")
    product = make_published(workshop, account)
    other = make_published(workshop, make_account(workshop, "Other"))

    for each in (product, other):
        workshop.tools.database.run(block_product, product_id=each.id, reason="it spies", actor="test")
    deliver(workshop)

    (told,) = all_posted(there)
    assert (told["type"], told["data"]["reason"]) == ("product.blocked", "it spies")
    assert told["data"]["product"]["id"] == product.id


def test_what_is_undone_is_not_told(workshop: Workshop, account: Account, there: Receiver) -> None:
    webhook, _ = create(workshop, account, there.url)
    product = make_draft(workshop, account)
    workshop.tools.database.run(block_product, product_id=product.id, reason="it spies", actor="test")
    before = log_of(workshop, webhook)

    with pytest.raises(TransitionRefused):
        workshop.tools.database.run(block_product, product_id=product.id, reason="again", actor="test")

    assert log_of(workshop, webhook) == before


def test_a_failure_is_tried_again_after_each_pause_by_the_same_id(
    workshop: Workshop, account: Account, there: Receiver, clock: SettableClock
) -> None:
    clock.freeze()
    webhook, _ = create(workshop, account, there.url)
    there.answer = lambda _: (500, {}, b"out of \x00 order")
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

    ids = set()
    for pause in PAUSES:
        assert deliver(workshop) == 1
        ids.add(there.next().headers["webhook-id"])
        ((logged,), now) = log_of(workshop, webhook), clock.now()
        assert (logged.delivery.state, logged.delivery.due_time) == (DeliveryState.PENDING, now + pause)
        clock.advance(pause - timedelta(seconds=1))
        assert deliver(workshop) == 0
        clock.advance(timedelta(seconds=1))
    there.answer = lambda _: (200, {}, b"at last")
    deliver(workshop)

    ids.add(there.next().headers["webhook-id"])
    ((logged,), (webhook_id,)) = log_of(workshop, webhook), ids
    assert webhook_id.startswith(f"msg_{webhook.id.replace('-', '')}_")
    assert (logged.delivery.state, logged.delivery.attempt) == (DeliveryState.DELIVERED, len(PAUSES) + 1)
    assert (logged.delivery.status, logged.delivery.answer) == (200, "at last")
    assert (logged.verb, logged.product_id) == ("webhook.tested", None)
    assert read(workshop, webhook).last_success_time == clock.now()


def test_a_webhook_that_takes_nothing_for_three_days_is_disabled_and_can_be_enabled_again(
    workshop: Workshop, account: Account, there: Receiver, clock: SettableClock
) -> None:
    webhook, _ = create(workshop, account, there.url)
    there.answer = lambda _: (503, {}, b"")
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

    for pause in (*PAUSES, timedelta(0)):
        deliver(workshop)
        clock.advance(pause)

    disabled, (logged,) = read(workshop, webhook), log_of(workshop, webhook)
    assert disabled.disabled_reason == "it took nothing for three days"
    assert logged.delivery.state is DeliveryState.FAILED
    with pytest.raises(TransitionRefused):
        workshop.tools.database.run(try_webhook, webhook=disabled, actor="test")
    enabled = workshop.tools.database.run(
        change_webhook, webhook=disabled, enabled=True, private_addresses=True, actor="test"
    )
    there.answer = lambda _: (200, {}, b"")
    workshop.tools.database.run(deliver_again, webhook=enabled, delivery_id=logged.delivery.id)
    deliver(workshop)
    assert [each.delivery.state for each in log_of(workshop, webhook)] == ["Failed", "Delivered"]


def test_one_event_that_is_never_taken_disables_nothing_while_others_are(
    workshop: Workshop, account: Account, there: Receiver, clock: SettableClock
) -> None:
    webhook, _ = create(workshop, account, there.url)
    there.answer = lambda posted: (500 if b"webhook.tested" in posted.body else 200, {}, b"")
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")
    deliver(workshop)
    clock.advance(PAUSES[0])
    make_published(workshop, account)

    for pause in (*PAUSES[1:], timedelta(0), timedelta(0)):
        deliver(workshop)
        clock.advance(pause)

    states = [each.delivery.state for each in log_of(workshop, webhook)]
    assert states == ["Failed", "Delivered", "Delivered", "Delivered", "Delivered"]
    assert read(workshop, webhook).disabled_time is None


def test_410_disables_a_webhook_at_once_and_fails_what_is_pending(
    workshop: Workshop, account: Account, there: Receiver
) -> None:
    webhook, _ = create(workshop, account, there.url)
    there.answer = lambda _: (410, {}, b"moved away")
    for _ in range(3):
        workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

    assert deliver(workshop) == 1

    first, *others = [each.delivery for each in log_of(workshop, webhook)]
    assert (first.status, first.answer) == (410, "moved away")
    assert {each.state for each in (first, *others)} == {DeliveryState.FAILED}
    assert {each.answer for each in others} == {"The webhook was disabled: it answered 410 Gone."}
    assert read(workshop, webhook).disabled_reason == "it answered 410 Gone"


def test_a_redirect_is_not_followed(workshop: Workshop, account: Account, there: Receiver) -> None:
    webhook, _ = create(workshop, account, there.url)
    there.answer = lambda _: (307, {"Location": there.url}, b"")
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

    deliver(workshop)

    there.next()
    (logged,) = log_of(workshop, webhook)
    assert (logged.delivery.status, logged.delivery.state) == (307, DeliveryState.PENDING)
    with pytest.raises(queue.Empty):
        there.posted.get_nowait()


def test_of_an_endless_answer_the_beginning_is_kept(
    workshop: Workshop, account: Account, there: Receiver
) -> None:
    webhook, _ = create(workshop, account, there.url)
    there.answer = lambda _: (200, {}, b"x" * 10_000_000)
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

    deliver(workshop)

    (logged,) = log_of(workshop, webhook)
    assert logged.delivery.answer == "x" * 1000
    assert logged.delivery.state is DeliveryState.DELIVERED


def test_nobody_there_is_a_failure_that_says_so(workshop: Workshop, account: Account) -> None:
    webhook, _ = create(workshop, account, "http://127.0.0.1:1/")
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

    deliver(workshop)

    (logged,) = log_of(workshop, webhook)
    assert (logged.delivery.status, logged.delivery.state) == (None, DeliveryState.PENDING)
    assert (logged.delivery.answer or "").startswith("ConnectError: ")


def test_a_receiver_that_never_answers_is_given_up(
    workshop: Workshop, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "_TRY_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        webhook, _ = create(workshop, account, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

        deliver(workshop)

    (logged,) = log_of(workshop, webhook)
    assert (logged.delivery.status, logged.delivery.state) == (None, DeliveryState.PENDING)
    assert logged.delivery.answer == "No answer within 0 seconds."


def test_a_certificate_is_checked_against_the_name_and_the_authorities(
    workshop: Workshop, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, certificate = tmp_path / "authority.pem", tmp_path / "server.pem"
    make_certificates(["localhost"], authority=authority, server=certificate)
    with receiver(certificate) as there:
        webhook, _ = create(workshop, account, there.url)
        workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")
        deliver(workshop)
        (logged,) = log_of(workshop, webhook)
        assert "CERTIFICATE_VERIFY_FAILED" in (logged.delivery.answer or "")

        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        workshop.tools.database.run(deliver_again, webhook=webhook, delivery_id=logged.delivery.id)
        deliver(workshop)

        (logged,) = log_of(workshop, webhook)
        assert (logged.delivery.status, logged.delivery.state) == (204, DeliveryState.DELIVERED)


def test_what_was_claimed_by_a_process_that_died_is_claimed_again_when_its_lease_is_over(
    workshop: Workshop, account: Account, there: Receiver, clock: SettableClock
) -> None:
    database = workshop.tools.database
    webhook, _ = create(workshop, account, there.url)
    database.run(try_webhook, webhook=webhook, actor="test")
    first = database.run(claim_delivery, webhook_id=webhook.id)

    assert first is not None
    assert database.run(claim_delivery, webhook_id=webhook.id) is None
    assert database.read(receivers_due) == []
    clock.advance(LEASE)
    assert deliver(workshop) == 1
    assert [each.delivery.attempt for each in log_of(workshop, webhook)] == [first.attempt + 1]


def test_a_secret_that_another_master_key_sealed_is_said_and_tried_again(
    workshop: Workshop, account: Account, there: Receiver
) -> None:
    webhook, _ = create(workshop, account, there.url)
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

    async def run() -> None:
        async with Sender(replace(workshop.tools, master_key=MasterKey(bytes(32)))) as sender:
            await sender.deliver(webhook.id)

    asyncio.run(run())

    (logged,) = log_of(workshop, webhook)
    assert logged.delivery.state is DeliveryState.PENDING
    assert logged.delivery.answer == "It was sealed with another master key. Start the store with that one."
    assert there.posted.empty()


def test_a_deleted_webhook_is_told_nothing_more(
    workshop: Workshop, account: Account, there: Receiver
) -> None:
    webhook, _ = create(workshop, account, there.url)
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

    workshop.tools.database.run(delete_webhook, webhook=webhook, actor="test")
    make_published(workshop, account)

    assert deliver(workshop) == 0
    assert workshop.tools.database.read(list_webhooks, publisher_id=account.publisher.id) == []
    with pytest.raises(NotKnown):
        read(workshop, webhook)


def test_what_ended_is_forgotten_after_a_month_and_what_is_pending_is_not(
    workshop: Workshop, account: Account, there: Receiver, clock: SettableClock
) -> None:
    database = workshop.tools.database
    webhook, _ = create(workshop, account, there.url)
    database.run(try_webhook, webhook=webhook, actor="test")
    deliver(workshop)
    database.run(try_webhook, webhook=webhook, actor="test")
    assert database.run(forget_deliveries) == 0

    clock.advance(KEPT + timedelta(seconds=1))

    assert database.run(forget_deliveries) == 1
    assert [each.delivery.state for each in log_of(workshop, webhook)] == ["Pending"]


def test_a_key_that_ends_within_a_week_is_told_of_once(
    workshop: Workshop, account: Account, there: Receiver, clock: SettableClock
) -> None:
    create(workshop, account, there.url)
    database = workshop.tools.database
    assert database.run(tell_expiring_credentials) == 0

    clock.advance(timedelta(days=66))

    assert [database.run(tell_expiring_credentials) for _ in range(2)] == [2, 0]
    deliver(workshop)
    told = all_posted(there)
    assert [each["type"] for each in told] == ["credential.expiring"] * 2
    assert any(each["data"]["detail"].startswith("The API key oak_") for each in told)


def test_what_a_webhook_may_be_told_is_checked(workshop: Workshop, account: Account) -> None:
    with pytest.raises(ValueRefused, match="there is no type 'release'"):
        create(workshop, account, "http://127.0.0.1:1/", "release")

    webhook, _ = create(workshop, account, "http://127.0.0.1:1/", *TYPES, *TYPES)

    assert webhook.types == sorted(TYPES)


def test_a_page_of_deliveries_goes_on_after_the_last(
    workshop: Workshop, account: Account, there: Receiver
) -> None:
    database = workshop.tools.database
    webhook, _ = create(workshop, account, there.url)
    for _ in range(5):
        database.run(try_webhook, webhook=webhook, actor="test")
    all_ids = [each.delivery.id for each in log_of(workshop, webhook)][::-1]

    first = database.read(page_of_deliveries, webhook_id=webhook.id, limit=2)
    rest = database.read(page_of_deliveries, webhook_id=webhook.id, after=first[-1].delivery.id, limit=10)

    assert [each.delivery.id for each in (*first, *rest)] == all_ids
    with pytest.raises(ValueRefused):
        database.read(page_of_deliveries, webhook_id=webhook.id, after="another", limit=2)
