"""How the store does: what is under way and since when, what failed by a fault of ours, how large the database is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from openaddons.store.session import Transaction
from openaddons.store.states import SubmissionState
from openaddons.store.tables import (
    FAULTS,
    IN_PROGRESS,
    PENDING,
    UNDELIVERED,
    deliveries,
    operations,
    products,
    submissions,
)

FAULTS_PERIOD: Final = timedelta(hours=24)
"""How far back failures of ours are counted."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of a kind wait, and since when the oldest does."""

    count: int
    oldest_time: datetime | None


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do, and whether somebody does it."""

    operations: Waiting
    leased: int
    """Operations in progress that a worker has now."""
    attempts: int
    """Of the operation in progress that was begun most often: how often."""
    faults: int
    """Operations that failed by a fault of ours in `FAULTS_PERIOD`."""
    in_review: Waiting
    held: Waiting
    """Submissions that are approved and wait for somebody to release them."""
    approved: Waiting
    """Submissions that are approved and wait for the store to sign them."""
    deliveries: Waiting
    """What webhooks and people are to be told, and since when the oldest is due; later tries are due later."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An operation that failed by a fault of ours."""

    id: str
    kind: str
    product_id: str
    correlation_id: str
    last_updated_time: datetime


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """The database itself."""

    kind: str
    """``SQLite`` or ``PostgreSQL``."""
    version: str
    size_bytes: int
    schema: str
    """The newest migration that it has."""
    products: int


def read_work(tx: Transaction) -> Work:
    """What is under way now. Four questions, each answered by an index of what is pending."""
    in_progress = tx.execute(
        sa.select(
            sa.func.count().label("total"),
            sa.func.min(operations.c.created_time).label("oldest_time"),
            sa.func.count(sa.case((operations.c.leased_until > tx.now, 1))).label("leased"),
            sa.func.coalesce(sa.func.max(operations.c.attempt), 0).label("attempts"),
        ).where(IN_PROGRESS)
    ).one()
    faults = sa.select(sa.func.count()).where(FAULTS, operations.c.last_updated_time > tx.now - FAULTS_PERIOD)
    pending = (
        sa.select(
            submissions.c.state,
            submissions.c.held,
            sa.func.count().label("total"),
            sa.func.min(submissions.c.created_time).label("created_time"),
            sa.func.min(submissions.c.last_updated_time).label("last_updated_time"),
        )
        .where(PENDING)
        .group_by(submissions.c.state, submissions.c.held)
    )
    rows = tx.execute(pending).all()
    untold = tx.execute(
        sa.select(
            sa.func.count().label("total"),
            sa.func.min(sa.case((deliveries.c.due_time <= tx.now, deliveries.c.due_time))).label("due_time"),
        ).where(UNDELIVERED)
    ).one()
    in_review = [row for row in rows if row.state == SubmissionState.IN_REVIEW]
    approved = [row for row in rows if row.state == SubmissionState.APPROVED]
    return Work(
        operations=Waiting(in_progress.total, in_progress.oldest_time),
        leased=in_progress.leased,
        attempts=in_progress.attempts,
        faults=tx.execute(faults).scalar_one(),
        in_review=_together((row.total, row.created_time) for row in in_review),
        held=_together((row.total, row.last_updated_time) for row in approved if row.held),
        approved=_together((row.total, row.last_updated_time) for row in approved if not row.held),
        deliveries=Waiting(untold.total, untold.due_time),
    )


def _together(counted: Iterable[tuple[int, datetime]]) -> Waiting:
    rows = list(counted)
    return Waiting(sum(total for total, _ in rows), min((oldest for _, oldest in rows), default=None))


def list_faults(tx: Transaction, *, limit: int) -> list[Fault]:
    """The newest operations that failed by a fault of ours, newest first, whenever that was."""
    query = (
        sa.select(*(operations.c[name] for name in Fault.__slots__))
        .where(FAULTS)
        .order_by(operations.c.last_updated_time.desc())
        .limit(limit)
    )
    return [Fault(**row) for row in tx.execute(query).mappings()]


def read_database(tx: Transaction) -> DatabaseFacts:
    """What database this is, and how large."""
    if tx.connection.dialect.name == "sqlite":
        kind, version = "SQLite", "sqlite_version()"
        size = "(SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size())"
    else:
        kind, version = "PostgreSQL", "current_setting('server_version')"
        size = "pg_database_size(current_database())"
    row = tx.one_or_none(
        sa.select(
            sa.literal_column(version).label("version"),
            sa.literal_column(size).label("size_bytes"),
            sa.literal_column("(SELECT version_num FROM alembic_version)").label("schema"),
            sa.select(sa.func.count()).select_from(products).scalar_subquery().label("products"),
        )
    )
    assert row is not None
    return DatabaseFacts(kind=kind, **row)
