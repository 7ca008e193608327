"""Leases: who works on what. A lease that is not renewed runs out, and another worker takes over."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa

from openaddons.store.session import Transaction
from openaddons.store.tables import deliveries, operations, submissions


class Lease(NamedTuple):
    """The right to work on one row, until it runs out or a newer attempt begins."""

    table: str  # "operations" or "submissions"
    id: str
    attempt: int


_TABLES = {"operations": operations, "submissions": submissions}


def _row(lease: Lease) -> sa.ColumnElement[bool]:
    table = _TABLES[lease.table]
    return sa.and_(
        table.c.id == lease.id, table.c.attempt == lease.attempt, table.c.leased_until.is_not(None)
    )


def set_leases(tx: Transaction, leases: Iterable[Lease], *, length: timedelta) -> None:
    """Let these leases run from now for ``length``: a renewal, or with a short one a pause before a retry."""
    for lease in leases:
        tx.execute(_TABLES[lease.table].update().where(_row(lease)).values(leased_until=tx.now + length))


def forget_leases(tx: Transaction) -> None:
    """Drop every lease: for a process that knows that it alone works on this database and has just started."""
    for table in (*_TABLES.values(), deliveries):
        tx.execute(table.update().where(table.c.leased_until.is_not(None)).values(leased_until=None))
