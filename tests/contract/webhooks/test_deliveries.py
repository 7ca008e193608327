"""Deliveries to webhooks: again until they are taken, by one id, within limits; and the log of that."""

import queue
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from openaddons.clock import SettableClock
from openaddons.errors import TransitionRefused, ValueRefused
from openaddons.store.telling.deliveries import (
    KEPT,
    LEASE,
    PAUSES,
    claim_delivery,
    deliver_again,
    forget_deliveries,
    page_of_deliveries,
    receivers_due,
)
from openaddons.store.telling.outbox import DeliveryState
from openaddons.store.telling.webhooks import change_webhook, try_webhook
from openaddons.work import posting
from openaddons.work.workshop import Workshop
from tests.acceptance.certificates import make_certificates
from tests.contract.webhooks.conftest import create, deliver, log_of, read
from tests.receivers import Receiver, receiver
from tests.stores import Account, make_published


def test_a_failure_is_tried_again_after_each_pause_by_the_same_id(
    workshop: Workshop, account: Account, there: Receiver, clock: SettableClock
) -> None:
    clock.freeze()
    webhook, _ = create(workshop, account, there.url)
    there.answer = lambda _: (500, {}, b"out of \x00 order")
    workshop.tools.database.run(try_webhook, webhook=webhook, actor="test")

    ids, ended = set(), []
    for pause in PAUSES:
        assert deliver(workshop) == 1
        ended.append((clock.now(), 500, "out of \ufffd order"))
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
    tries = logged.delivery.tries
    assert [each.attempt for each in tries] == list(range(1, len(PAUSES) + 2))
    assert [(each.ended_time, each.status, each.answer) for each in tries] == [
        *ended,
        (clock.now(), 200, "at last"),
    ]
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
    assert [each.answer for each in logged.delivery.tries] == [logged.delivery.answer] == ["x" * 1000]
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
    assert logged.delivery.tries[0].duration_milliseconds >= 500


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
