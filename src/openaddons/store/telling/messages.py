"""Messages: what an event says to those outside, as webhooks post it and mails put it into words.

Who acted is left out: a publisher need not know its reviewer, nor a receiver the publisher's people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from openaddons.clock import wire_time
from openaddons.store.session import Transaction
from openaddons.store.tables import events, operations, products, publishers, releases, submissions
from openaddons.store.telling.outbox import type_of

_VERDICTS: Final = {"submission.approved": "approved", "submission.rejected": "rejected"}


@dataclass(frozen=True, slots=True)
class Message:
    """An event with what somebody needs who does not look it up. What it is not about is None."""

    verb: str
    time: datetime
    publisher_name: str
    product_id: str | None
    product_name: str | None
    crx_id: str | None
    version: str | None
    submission_id: str | None
    operation_id: str | None
    verdict: str | None
    reason: str | None
    policies: tuple[str, ...]
    """Numbers of the developer policies that a rejection names."""
    error_code: str | None
    """Of an operation that failed."""
    detail: str | None
    """Of an operation: its message. Of a key: which, and when it ends. Of a question: what is asked or answered."""
    correlation_id: str | None
    """Of the event, else of the publish request that it goes back to."""

    def describe(self) -> dict[str, Any]:
        """The body of a webhook's request. No key is ever left out."""
        product = {"id": self.product_id, "name": self.product_name, "crxId": self.crx_id}
        return {
            "type": type_of(self.verb),
            "timestamp": wire_time(self.time),
            "data": {
                "product": product if self.product_id is not None else None,
                "version": self.version,
                "submissionId": self.submission_id,
                "operationId": self.operation_id,
                "verdict": self.verdict,
                "reason": self.reason,
                "policies": list(self.policies),
                "errorCode": self.error_code,
                "detail": self.detail,
                "correlationId": self.correlation_id,
            },
        }


def read_message(tx: Transaction, *, event_number: int) -> Message:
    """What the event says. There must be one of that number, of a publisher."""
    event = (
        tx.execute(
            sa.select(events, publishers.c.name.label("publisher_name"), products.c.name, products.c.crx_id)
            .join(publishers, publishers.c.id == events.c.publisher_id)
            .join(products, products.c.id == events.c.product_id, isouter=True)
            .where(events.c.number == event_number)
        )
        .mappings()
        .one()
    )
    facts, is_operation = event["facts"], event["verb"].startswith(("upload.", "publish."))
    found = _submission(tx, product_id=event["product_id"], subject=event["subject"])
    return Message(
        verb=event["verb"],
        time=event["time"],
        publisher_name=event["publisher_name"],
        product_id=event["product_id"],
        product_name=event["name"],
        crx_id=event["crx_id"],
        version=facts.get("version") or found.get("version"),
        submission_id=found.get("id"),
        operation_id=event["subject"] if is_operation else found.get("operation_id"),
        verdict=_VERDICTS.get(event["verb"]),
        reason=facts.get("reason") or None,
        policies=tuple(facts.get("policies", ())),
        error_code=facts.get("error_code") or None,
        detail=facts.get("message") or facts.get("detail"),
        correlation_id=event["correlation_id"] or found.get("correlation_id"),
    )


def _submission(tx: Transaction, *, product_id: str | None, subject: str | None) -> Mapping[Any, Any]:
    """The submission that an event is about, named itself or by its operation or release; empty: about none."""
    if product_id is None or subject is None:
        return {}
    row = tx.one_or_none(
        sa.select(
            submissions.c.id, submissions.c.version, submissions.c.operation_id, operations.c.correlation_id
        )
        .join(operations, operations.c.id == submissions.c.operation_id, isouter=True)
        .join(releases, releases.c.submission_id == submissions.c.id, isouter=True)
        .where(
            submissions.c.product_id == product_id,
            sa.or_(
                submissions.c.id == subject,
                submissions.c.operation_id == subject,
                releases.c.id == subject,
            ),
        )
    )
    return {} if row is None else row
