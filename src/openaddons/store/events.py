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
    correlation_id: str | None = None,
    subject: str | None = None,
    product_id: str | None = None,
    actor: str | None = None,
    verb: str | None = None,
    publisher_id: str | None = None,
    noun: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Event]:
    """The newest events that match all that is given, from ``since`` on and earlier than ``until``, newest first.

    ``noun`` is what stands before the point of a verb (``submission`` of ``submission.approved``); ``before`` is the
    number of the last event of the page before.
    """
    # What usually finds fewest stands first. It is looked up, and what it finds is looked through.
    wanted = {
        events.c.correlation_id: correlation_id,
        events.c.subject: subject,
        events.c.product_id: product_id,
        events.c.actor: actor,
        events.c.verb: verb,
        events.c.publisher_id: publisher_id,
    }
    given = [(column, value) for column, value in wanted.items() if value is not None]
    query = sa.select(events).where(*(column == value for column, value in given[:1]))
    # The others not by their indexes: SQLite would take any that spares it the sort, be it that of half of all events.
    query = query.where(*(sa.func.coalesce(column, "") == value for column, value in given[1:]))
    if noun is not None:
        query = query.where(events.c.verb.startswith(f"{noun}.", autoescape=True))
    if since is not None:
        query = query.where(events.c.time >= since)
    if until is not None:
        query = query.where(events.c.time < until)
    if before is not None:
        last = sa.select(events.c.time).where(events.c.number == before).scalar_subquery()
        query = query.where(sa.tuple_(events.c.time, events.c.number) < sa.tuple_(last, before))
    query = query.order_by(events.c.time.desc(), events.c.number.desc()).limit(limit)
    return [Event(**row) for row in tx.execute(query).mappings()]


def list_verbs(tx: Transaction) -> list[str]:
    """Every verb that there is an event of, by name.

    One after the other from the index, for DISTINCT reads all events.
    """
    first = sa.select(sa.func.min(events.c.verb).label("verb"))
    verbs = first.cte("verbs", recursive=True)
    following = sa.select(sa.func.min(events.c.verb)).where(events.c.verb > verbs.c.verb).scalar_subquery()
    verbs = verbs.union_all(sa.select(following).where(verbs.c.verb.is_not(None)))
    return list(tx.execute(sa.select(verbs.c.verb).where(verbs.c.verb.is_not(None))).scalars())
