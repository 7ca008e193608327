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
    tx: Transaction, *, product_id: str | None = None, subject: str | None = None, limit: int = 100
) -> list[Event]:
    """The newest events, newest first."""
    query = sa.select(events).order_by(events.c.number.desc()).limit(limit)
    if product_id is not None:
        query = query.where(events.c.product_id == product_id)
    if subject is not None:
        query = query.where(events.c.subject == subject)
    return [Event(**row) for row in tx.execute(query).mappings()]
