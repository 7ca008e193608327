"""Events: who did what, read back. They are added by `Transaction.record` and never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from openaddons.store.session import Transaction
from openaddons.store.tables import events


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that somebody did."""

    number: int
    time: datetime
    verb: str
    actor: str
    publisher_id: str | None
    product_id: str | None
    subject: str | None
    correlation_id: str | None
    facts: dict[str, Any]


def list_events(
    tx: Transaction,
    *,
    product_id: str | None = None,
    publisher_id: str | None = None,
    subject: str | None = None,
    correlation_id: str | None = None,
    noun: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Event]:
    """The newest events that match all that is given, newest first.

    ``noun`` is what stands before the point of a verb (``submission`` of ``submission.approved``); ``before`` is the
    number of the last event of the page before.
    """
    given = {
        events.c.product_id: product_id,
        events.c.publisher_id: publisher_id,
        events.c.subject: subject,
        events.c.correlation_id: correlation_id,
    }
    query = sa.select(events).where(
        *(column == value for column, value in given.items() if value is not None)
    )
    if noun is not None:
        query = query.where(events.c.verb.startswith(f"{noun}.", autoescape=True))
    if before is not None:
        query = query.where(events.c.number < before)
    query = query.order_by(events.c.number.desc()).limit(limit)
    return [Event(**row) for row in tx.execute(query).mappings()]
