"""When and how operations end in the emulator: at once and by the rules, unless somebody asked for something else."""

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from openaddons.clock import Clock
from openaddons.store.operations import Claim, OperationKind, Outcome
from openaddons.store.products import products_with_work
from openaddons.store.session import Changes, Database, Transaction
from openaddons.store.states import OperationState
from openaddons.store.tables import operations
from openaddons.surfaces.edge.waiting import STATUS_WAIT_SECONDS_LIMIT
from openaddons.surfaces.emulator.reserved import RESERVED_BY_ID
from openaddons.surfaces.emulator.wire import AT_ONCE, Pace

SEEDING: Final = "emulator"
"""The actor of what the emulator does itself: that is not to wait for anybody."""


class EmulatorScript:
    """What `Script` asks, and how often statuses were asked for. Used by the workers and the event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._polls: Counter[str] = Counter()
        self.pace = AT_ONCE

    def reset(self) -> None:
        """Every operation ends at once again."""
        with self._lock:
            self._polls.clear()
        self.pace = AT_ONCE

    def outcome(self, claim: Claim) -> Outcome | None:
        """How an operation of a reserved product ends."""
        reserved = RESERVED_BY_ID.get(claim.product_id)
        return None if reserved is None else reserved.outcome(claim, self._clock.now())

    def holds(self, database: Database, product_id: str) -> bool:
        """Whether the product's oldest operation stays in progress for now."""
        if self.is_at_once(product_id):
            return False
        oldest = database.read(_oldest_in_progress, product_id=product_id)
        return oldest is not None and self._holds(oldest)

    def is_at_once(self, product_id: str) -> bool:
        """Whether nothing holds the operations of the product."""
        return self.pace == AT_ONCE and product_id not in RESERVED_BY_ID

    def count_poll(self, database: Database, operation_id: str) -> float | None:
        """Note a status request of a product that is not at once: the seconds that it waits; None: as usual.

        0 where the operation stays in progress. Where this very request lets it go, long enough to see its end.
        """
        operation = database.read(_in_progress, operation_id=operation_id)
        if operation is None:
            return None
        with self._lock:
            self._polls[operation_id] += 1
        # Operations of a product run in their order: one that is held holds those after it.
        if self.holds(database, operation["product_id"]):
            return 0
        database.announce(Changes(products_with_work={operation["product_id"]}))
        return STATUS_WAIT_SECONDS_LIMIT

    def _holds(self, operation: sa.RowMapping) -> bool:
        pace = self._pace_of(operation)
        with self._lock:
            polls = self._polls[operation["id"]]
        if pace.seconds is None or (pace.polls and polls <= pace.polls):
            return True
        end: datetime = operation["created_time"] + timedelta(seconds=pace.seconds)
        return self._clock.now() < end

    def _pace_of(self, operation: sa.RowMapping) -> Pace:
        if operation["actor"] == SEEDING:
            return AT_ONCE
        reserved = RESERVED_BY_ID.get(operation["product_id"])
        own = AT_ONCE if reserved is None else reserved.pace_of(OperationKind(operation["kind"]))
        return self.pace if own is AT_ONCE else own


def wake_work(database: Database) -> None:
    """Have the workers look at everything that may be due now."""
    database.announce(Changes(products_with_work=set(database.read(products_with_work))))


_COLUMNS: Final = [
    operations.c[name] for name in ("id", "product_id", "kind", "actor", "created_time", "number")
]


def _oldest_in_progress(tx: Transaction, *, product_id: str) -> sa.RowMapping | None:
    return tx.one_or_none(
        sa.select(*_COLUMNS)
        .where(operations.c.product_id == product_id, operations.c.state == OperationState.IN_PROGRESS)
        .order_by(operations.c.number)
        .limit(1)
    )


def _in_progress(tx: Transaction, *, operation_id: str) -> sa.RowMapping | None:
    return tx.one_or_none(
        sa.select(*_COLUMNS).where(
            operations.c.id == operation_id, operations.c.state == OperationState.IN_PROGRESS
        )
    )
