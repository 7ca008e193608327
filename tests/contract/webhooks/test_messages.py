"""What happens is told to webhooks: to whom it concerns, in order, and signed."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from standardwebhooks import Webhook as ThirdParty
from standardwebhooks import WebhookVerificationError

from openaddons.clock import SettableClock, wire_time
from openaddons.errors import NotKnown, TransitionRefused, ValueRefused
from openaddons.store.events import list_events
from openaddons.store.keeping_back import block_product
from openaddons.store.offers import withdraw_release
from openaddons.store.publishers import tell_expiring_credentials
from openaddons.store.sealing import MasterKey
from openaddons.store.telling.outbox import TYPES, DeliveryState
from openaddons.store.telling.webhooks import delete_webhook, list_webhooks, rotate_secret, try_webhook
from openaddons.work.delivering import Sender
from openaddons.work.workshop import Workshop
from tests.contract.webhooks.conftest import all_posted, create, deliver, log_of, read
from tests.receivers import Receiver
from tests.stores import Account, make_account, make_draft, make_published, make_zip


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
