"""The outbox: what is to be told outside, written down by the transaction that changed something.

So nothing is told that did not happen, and nothing that happened is forgotten. What is told of is said here, in one
table; who sends it is `openaddons.work.delivering`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from openaddons.ids import new_guid
from openaddons.store.sealing import MasterKey
from openaddons.store.session import Changes, Recorded, Transaction
from openaddons.store.tables import deliveries, memberships, people, webhooks

SUBJECT_CHARACTERS_LIMIT: Final = 200


class DeliveryState(StrEnum):
    """What a delivery is in."""

    PENDING = "Pending"
    DELIVERED = "Delivered"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of event that is told outside."""

    meaning: str
    mail: str | None = None
    """What a mail says in its subject, after the name of the product; None: no mail is sent."""


TOPICS: Final[Mapping[str, Topic]] = {
    "upload.succeeded": Topic("an upload has ended, and its package is the draft's"),
    "upload.failed": Topic("an upload has ended without effect"),
    "publish.succeeded": Topic("a publish request has ended, and there is a submission"),
    "publish.failed": Topic("a publish request has ended without effect"),
    "submission.created": Topic("a submission is in review"),
    "submission.asked": Topic(
        "a reviewer asks, and it waits for the answer", mail="a reviewer has a question"
    ),
    "submission.answered": Topic("the reviewer's question is answered"),
    "submission.approved": Topic("it has passed the review", mail="approved"),
    "submission.rejected": Topic("it has failed the review", mail="rejected"),
    "submission.cancelled": Topic("it was taken back, or dropped with its product"),
    "submission.held": Topic("it will wait for somebody to release it"),
    "submission.released": Topic("it waits for nobody any more"),
    "submission.superseded": Topic("what it had brought is offered to nobody any more"),
    "submission.restored": Topic("what it had brought is offered again"),
    "release.created": Topic("a release is in the store, signed"),
    "release.offered": Topic("a release is offered to rings or to all"),
    "release.withdrawn": Topic("a release is offered to nobody any more", mail="withdrawn"),
    "product.roll-back-requested": Topic("older content comes again as a new version"),
    "product.unpublish-requested": Topic("a product is being taken out of the store"),
    "product.unpublished": Topic("a product is out of the store", mail="unpublished"),
    "product.blocked": Topic("the store has taken a product out", mail="blocked"),
    "product.unblocked": Topic("it is back where it was", mail="no longer blocked"),
    "product.quarantined": Topic(
        "a product is offered to nobody while it is looked at", mail="in quarantine"
    ),
    "product.quarantine-lifted": Topic("it is offered again", mail="out of quarantine"),
    "credential.expiring": Topic("an API key or a client secret ends within a week", mail="a key ends soon"),
    "webhook.disabled": Topic("a webhook gets nothing any more", mail="a webhook was disabled"),
}
"""By the verb of the event."""


def type_of(verb: str) -> str:
    """The verb of an event as webhooks name it: letters, digits, ``_`` and full stops (Standard Webhooks)."""
    return verb.replace("-", "_")


TYPES: Final = tuple(type_of(verb) for verb in TOPICS)


# Asked in nearly every transaction that changes something, and so put together once.
_WEBHOOKS: Final = sa.select(webhooks.c.id, webhooks.c.types).where(
    webhooks.c.publisher_id == sa.bindparam("publisher_id"), webhooks.c.disabled_time.is_(None)
)
_MEMBERS: Final = (
    sa.select(people.c.email)
    .join(memberships, memberships.c.person_id == people.c.id)
    .where(
        memberships.c.publisher_id == sa.bindparam("publisher_id"),
        memberships.c.role != "viewer",
        people.c.wants_mail,
        people.c.disabled_time.is_(None),
    )
)


class Outbox:
    """Listens to transactions before their commit: of each event that is told, a delivery to whoever wants it."""

    def __init__(self, *, mails: bool) -> None:
        self._mails = mails

    def __call__(self, connection: sa.Connection, changes: Changes) -> None:
        """Write the deliveries of what was recorded."""
        told = [each for each in changes.recorded if each.verb in TOPICS]
        rows: list[dict[str, Any]] = []
        for publisher_id in {each.publisher_id for each in told}:
            own = [each for each in told if each.publisher_id == publisher_id]
            rows += _posts(connection, publisher_id, own)
            if self._mails:
                rows += _mails(connection, publisher_id, own)
        if rows:
            connection.execute(deliveries.insert(), rows)
            changes.deliveries_added = True


def _posts(connection: sa.Connection, publisher_id: str, told: list[Recorded]) -> Iterator[dict[str, Any]]:
    for webhook in connection.execute(_WEBHOOKS, {"publisher_id": publisher_id}):
        for event in told:
            if not webhook.types or type_of(event.verb) in webhook.types:
                yield _row(event.time, webhook_id=webhook.id, event_number=event.number)


def _mails(connection: sa.Connection, publisher_id: str, told: list[Recorded]) -> Iterator[dict[str, Any]]:
    mailed = [each for each in told if TOPICS[each.verb].mail is not None]
    if not mailed:
        return
    for address in connection.execute(_MEMBERS, {"publisher_id": publisher_id}).scalars():
        for event in mailed:
            yield _row(event.time, address=address, event_number=event.number)


def queue_mail(tx: Transaction, *, address: str, subject: str, text: str, master_key: MasterKey) -> None:
    """Send a mail after the commit. Its text may hold a link that lets somebody in: it is sealed until then."""
    row = _row(tx.now, address=address, subject=" ".join(subject.split())[:SUBJECT_CHARACTERS_LIMIT])
    row["text"] = master_key.seal(text.encode(), context=row["id"])
    tx.execute(deliveries.insert(), row)
    tx.changes.deliveries_added = True


def queue_post(tx: Transaction, *, webhook_id: str, event_number: int) -> str:
    """Post an event to one webhook after the commit, whatever it asked for. Returns the delivery's id."""
    row = _row(tx.now, webhook_id=webhook_id, event_number=event_number)
    tx.execute(deliveries.insert(), row)
    tx.changes.deliveries_added = True
    return str(row["id"])


def _row(now: datetime, **values: object) -> dict[str, Any]:
    """A delivery that is due at once."""
    columns = dict.fromkeys(("webhook_id", "address", "event_number", "subject", "text"))
    return {
        **columns,
        "id": new_guid(),
        "state": DeliveryState.PENDING,
        "created_time": now,
        "due_time": now,
        **values,
    }
