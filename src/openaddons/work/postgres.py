"""The engine for many machines: PgQueuer, a kept queue in PostgreSQL, and worker processes.

A job says "look at this product" and is enqueued in the very transaction that made the work (decision 5 of the
house). Losing a job costs a second, not an operation: every worker also sweeps the tables.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import asyncpg
import psycopg
import sqlalchemy as sa
import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.persistence.queries import SyncQueries
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from psycopg import RawCursor
from psycopg.rows import dict_row

from openaddons.store.products import products_with_work
from openaddons.store.session import Changes, Database
from openaddons.work.workshop import Workshop

log = structlog.get_logger()

ENTRYPOINT: Final = "look_at_product"
SWEEP_SECONDS: Final = 2.0
_DEAD_AFTER: Final = timedelta(seconds=20)


class _TransactionDriver:
    """Lets PgQueuer insert its job by the connection, and so in the transaction, that our change uses."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        cursor = RawCursor(self._connection, row_factory=dict_row)
        cursor.execute(query, args or None)
        return cursor.fetchall()


def _enqueue(connection: sa.Connection, changes: Changes) -> None:
    if changes.products_with_work:
        driver = _TransactionDriver(connection.connection.driver_connection)  # type: ignore[arg-type]
        queries = SyncQueries(driver)
        for product_id in sorted(changes.products_with_work):
            queries.enqueue(ENTRYPOINT, product_id.encode())


class QueueEngine:
    """The serving process's side of the queue: it enqueues, workers do the rest."""

    def __init__(self, database: Database) -> None:
        database.before_commit.append(_enqueue)

    def start(self) -> None:
        """Nothing to start: workers have processes of their own."""

    def stop(self, *, timeout_seconds: float) -> bool:
        """Nothing to wait for: workers have processes of their own."""
        return True


async def run_worker(
    workshop: Workshop, url: str, *, threads: int, ready: Callable[[], None], stopping: asyncio.Event
) -> None:
    """Work until ``stopping`` is set, then end the steps under way. ``url`` is a PostgreSQL URL."""
    connection = await asyncpg.connect(asyncpg_url(url))
    pgq = PgQueuer(AsyncpgDriver(connection))

    @pgq.entrypoint(ENTRYPOINT)
    async def look(job: Job) -> None:
        if job.payload is not None:
            await asyncio.to_thread(workshop.look_at, job.payload.decode())

    async def sweep() -> None:
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), SWEEP_SECONDS)
            try:
                for product_id in await asyncio.to_thread(workshop.tools.database.read, products_with_work):
                    await asyncio.to_thread(workshop.look_at, product_id)
            except Exception:
                log.exception("sweep.failed")

    async def stop() -> None:
        await stopping.wait()
        pgq.shutdown.set()

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(sweep())
            group.create_task(stop())
            ready()
            await pgq.run(
                dequeue_timeout=timedelta(seconds=SWEEP_SECONDS),
                batch_size=threads,
                max_concurrent_tasks=2 * threads,
                heartbeat_timeout=_DEAD_AFTER,
            )
            stopping.set()
    finally:
        await connection.close()


def asyncpg_url(url: str) -> str:
    """The URL without SQLAlchemy's driver suffix."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


async def install_queue(url: str) -> None:
    """Make PgQueuer's tables, or bring them up to date. Doing it twice changes nothing."""
    from pgqueuer.queries import Queries

    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        queries = Queries(AsyncpgDriver(connection))
        if not await queries.has_table("pgqueuer"):
            await queries.install()
        await queries.upgrade()
    finally:
        await connection.close()
