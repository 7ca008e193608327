"""Deliveries: what the outbox holds, claimed by lease and attempt, tried again with growing pauses.

A delivery that was claimed by a process which died is claimed again when its lease has run out: whoever is told may
be told twice, by the same id, and is never not told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from openaddons.errors import NotKnown, ValueRefused
from openaddons.store.session import Transaction
from openaddons.store.tables import UNDELIVERED, Moment, deliveries, events, webhooks
from openaddons.store.telling.outbox import DeliveryState, queue_post
from openaddons.store.telling.webhooks import Webhook, check_enabled, disable_webhook

PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Before each further try: those that Standard Webhooks proposes, three days in all."""
KEPT: Final = timedelta(days=30)
LEASE: Final = timedelta(seconds=120)
"""Longer than any try may take, so nobody needs to renew it."""
_ANSWER_CHARACTERS: Final = 1000


@dataclass(frozen=True, slots=True)
class EndedTry:
    """A try, as the log shows it."""

    attempt: int
    ended_time: datetime
    duration_milliseconds: int
    status: int | None
    """What the receiver answered, by HTTP or SMTP; None: nothing."""
    answer: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to be told to one receiver, and how that went."""

    id: str
    webhook_id: str | None
    """None: it is a mail."""
    address: str | None
    event_number: int | None
    """None: a mail that has a text of its own."""
    subject: str | None
    text: bytes | None
    """Sealed."""
    state: DeliveryState
    created_time: datetime
    due_time: datetime
    attempt: int
    tried_time: datetime | None
    status: int | None
    """Of the last try."""
    answer: str | None
    """To the last try; or why there will be none."""
    tries: Sequence[EndedTry]
    """Oldest first. A try whose process died has left nothing."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A delivery to a webhook, as its log shows it."""

    delivery: Delivery
    verb: str
    product_id: str | None


@dataclass(frozen=True, slots=True)
class Try:
    """How one try went."""

    delivered: bool
    status: int | None
    answer: str
    hopeless: bool = False
    """It will never be otherwise."""
    receiver_gone: bool = False
    """The receiver wants nothing any more."""


_COLUMNS: Final = tuple(deliveries.c[name] for name in Delivery.__slots__)


def _delivery(row: Mapping[Any, Any]) -> Delivery:
    values = {name: row[name] for name in Delivery.__slots__}
    tries = [
        EndedTry(**kept | {"ended_time": datetime.fromisoformat(kept["ended_time"])}) for kept in row["tries"]
    ]
    return Delivery(**values | {"state": DeliveryState(row["state"]), "tries": tries})


def _kept(ended: EndedTry) -> dict[str, Any]:
    return asdict(ended) | {"ended_time": ended.ended_time.isoformat()}


def _due(tx: Transaction) -> sa.ColumnElement[bool]:
    free = sa.or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= tx.now)
    return sa.and_(UNDELIVERED, deliveries.c.due_time <= tx.now, free)


def receivers_due(tx: Transaction) -> list[str | None]:
    """The webhooks to which something is due that nobody is sending; None among them: a mail is."""
    return list(tx.execute(sa.select(deliveries.c.webhook_id).where(_due(tx)).distinct()).scalars())


def claim_delivery(tx: Transaction, *, webhook_id: str | None) -> Delivery | None:
    """The oldest delivery that is due to a webhook, or with None the oldest mail: leased."""
    row = tx.one_or_none(
        sa.select(*_COLUMNS)
        .where(_due(tx), deliveries.c.webhook_id.is_not_distinct_from(webhook_id))
        .order_by(deliveries.c.event_number, deliveries.c.created_time)
        .limit(1)
    )
    if row is None:
        return None
    claimed = tx.execute(
        deliveries.update()
        .where(deliveries.c.id == row["id"], deliveries.c.attempt == row["attempt"], UNDELIVERED)
        .values(attempt=row["attempt"] + 1, leased_until=tx.now + LEASE)
    )
    if claimed.rowcount != 1:
        return None
    return _delivery(dict(row) | {"attempt": row["attempt"] + 1})


def end_try(tx: Transaction, *, delivery: Delivery, tried: Try, duration_milliseconds: int) -> None:
    """Write down how a try went, and when the next is due. Without effect when another has begun since."""
    state = _state_after(delivery, tried)
    ended = EndedTry(
        attempt=delivery.attempt,
        ended_time=tx.now,
        duration_milliseconds=duration_milliseconds,
        status=tried.status,
        answer=tried.answer.replace("\x00", "\ufffd")[:_ANSWER_CHARACTERS],  # PostgreSQL keeps no NUL
    )
    values: dict[str, Any] = {
        "state": state,
        "leased_until": None,
        "tried_time": ended.ended_time,
        "status": ended.status,
        "answer": ended.answer,
        "tries": [_kept(each) for each in (*delivery.tries, ended)],
    }
    if state is DeliveryState.PENDING:
        values["due_time"] = tx.now + PAUSES[delivery.attempt - 1]
    else:
        values["text"] = None
    written = tx.execute(
        deliveries.update()
        .where(deliveries.c.id == delivery.id, deliveries.c.attempt == delivery.attempt, UNDELIVERED)
        .values(values)
    )
    if written.rowcount != 1 or delivery.webhook_id is None:
        return
    if state is DeliveryState.DELIVERED:
        tx.execute(
            webhooks.update().where(webhooks.c.id == delivery.webhook_id).values(last_success_time=tx.now)
        )
    elif state is DeliveryState.FAILED:
        _disable_if_away(tx, delivery, tried)


def _state_after(delivery: Delivery, tried: Try) -> DeliveryState:
    if tried.delivered:
        return DeliveryState.DELIVERED
    if tried.hopeless or tried.receiver_gone or delivery.attempt > len(PAUSES):
        return DeliveryState.FAILED
    return DeliveryState.PENDING


def _disable_if_away(tx: Transaction, delivery: Delivery, tried: Try) -> None:
    """Disable a webhook that says it is gone, or that took nothing in all the time of a delivery."""
    assert delivery.webhook_id is not None
    reason = "it answered 410 Gone"
    if not tried.receiver_gone:
        last = sa.select(webhooks.c.last_success_time).where(webhooks.c.id == delivery.webhook_id)
        last_success_time = tx.execute(last).scalar_one_or_none()
        if last_success_time is not None and last_success_time > delivery.created_time:
            return
        reason = "it took nothing for three days"
    disable_webhook(tx, webhook_id=delivery.webhook_id, reason=reason, actor="store")


def page_of_deliveries(
    tx: Transaction, *, webhook_id: str, after: str | None = None, limit: int
) -> list[Logged]:
    """The deliveries to a webhook, newest first, of those after that one. Raises `ValueRefused` when it is none."""
    own = deliveries.c.webhook_id == webhook_id
    query = (
        sa.select(*_COLUMNS, events.c.verb, events.c.product_id)
        .join(events)
        .where(own)
        .order_by(deliveries.c.created_time.desc(), deliveries.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        last = tx.execute(sa.select(deliveries.c.created_time).where(own, deliveries.c.id == after)).scalar()
        if last is None:
            raise ValueRefused(name="after", problem="it is not the “next” of a page of this list.")
        key = sa.tuple_(deliveries.c.created_time, deliveries.c.id)
        query = query.where(key < sa.tuple_(sa.literal(last, Moment), after))
    rows = tx.execute(query).mappings()
    return [Logged(_delivery(row), row["verb"], row["product_id"]) for row in rows]


def deliver_again(tx: Transaction, *, webhook: Webhook, delivery_id: str) -> str:
    """Post an event once more, by a delivery of its own; one that is pending is due at once instead.

    Returns the id of the delivery that does it. Raises `NotKnown`, or `TransitionRefused` when it is disabled.
    """
    check_enabled(webhook, verb="posting to it")
    row = tx.one_or_none(
        sa.select(*_COLUMNS).where(deliveries.c.id == delivery_id, deliveries.c.webhook_id == webhook.id)
    )
    if row is None or row["event_number"] is None:
        raise NotKnown(noun="delivery", id=delivery_id)
    hurried = tx.execute(
        deliveries.update().where(deliveries.c.id == delivery_id, UNDELIVERED).values(due_time=tx.now)
    )
    if hurried.rowcount:
        tx.changes.deliveries_added = True
        return delivery_id
    return queue_post(tx, webhook_id=webhook.id, event_number=row["event_number"])


def forget_deliveries(tx: Transaction) -> int:
    """Remove what ended and is older than `KEPT`. Returns how many there were."""
    old = sa.and_(deliveries.c.state != DeliveryState.PENDING, deliveries.c.created_time < tx.now - KEPT)
    return tx.execute(deliveries.delete().where(old)).rowcount
