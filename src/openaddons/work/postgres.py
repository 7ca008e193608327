"""The engine for many machines: PgQueuer, a kept queue in PostgreSQL, and worker processes.

A job says "look at this product" and is enqueued in the very transaction that made the work (decision 5 of the
house). Losing a job costs a second, not an operation: a worker is the inline engine, which sweeps the tables too.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final

import asyncpg
import psycopg
import sqlalchemy as sa
import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries, SyncQueries
from pgqueuer.domain.errors import FailingListenerError
from pgqueuer.models import Job, Schedule
from psycopg import RawCursor
from psycopg.rows import dict_row

from openaddons.store.session import Changes, Database
from openaddons.work.inline import InlineEngine
from openaddons.work.workshop import Workshop

log = structlog.get_logger()

ENTRYPOINT: Final = "look_at_product"
_LOOK_ANYWAY: Final = timedelta(seconds=5)  # should a notification be lost
_DEAD_AFTER: Final = timedelta(seconds=20)
_RECONNECT_SECONDS: Final = 1.0
_CONNECTION_LOST: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, FailingListenerError)


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
        self._url = database.engine.url.render_as_string(hide_password=False)
        database.before_commit.append(_enqueue)

    def start(self) -> None:
        """Make the queue's tables where they are missing: without them no change could be committed."""
        with ThreadPoolExecutor(1) as aside:  # the calling thread has an event loop that runs already
            aside.submit(asyncio.run, install_queue(self._url)).result()

    def stop(self, *, timeout_seconds: float) -> bool:
        """Nothing to wait for: workers have processes of their own."""
        return True


async def run_worker(
    workshop: Workshop, url: str, *, threads: int, ready: Callable[[], None], stopping: asyncio.Event
) -> None:
    """Work until ``stopping`` is set, then end the steps under way. ``url`` is a PostgreSQL URL.

    While the queue's connection is lost the engine's sweep goes on alone, and so does what is under way.
    """
    await install_queue(url)
    engine = InlineEngine(workshop, threads=threads)
    engine.start()

    async def drain() -> None:
        await stopping.wait()
        workshop.begin_no_more()
        log.info("worker.draining")

    draining = asyncio.create_task(drain())
    ready()
    try:
        while not stopping.is_set():
            try:
                await _feed(engine, url, threads=threads, draining=draining)
            except _CONNECTION_LOST as error:
                log.warning("worker.connection-lost", error=str(error))
                await asyncio.wait({draining}, timeout=_RECONNECT_SECONDS)
    finally:
        draining.cancel()
        await asyncio.to_thread(engine.stop, timeout_seconds=workshop.tools.settings.drain_seconds)


async def _feed(engine: InlineEngine, url: str, *, threads: int, draining: asyncio.Task[None]) -> None:
    """Take jobs from the queue until ``draining`` is done. Raises one of `_CONNECTION_LOST`."""
    connection = await asyncpg.connect(asyncpg_url(url))
    driver = AsyncpgDriver(connection)
    queries = Queries(driver)
    pgq = PgQueuer(driver, queries=queries)

    @pgq.entrypoint(ENTRYPOINT)
    async def look(job: Job) -> None:
        # Waited for, so that a busy worker leaves the next job to another; but a drain needs no one to wait.
        assert job.payload is not None
        looked_at = asyncio.wrap_future(engine.submit(job.payload.decode()))
        await asyncio.wait({looked_at, draining}, return_when=asyncio.FIRST_COMPLETED)

    @pgq.schedule("forget_jobs", "0 * * * *")
    async def forget_jobs(_: Schedule) -> None:
        # PgQueuer notes every job that it did, for ever; what was done stands in our own tables.
        await queries.clear_queue_log(ENTRYPOINT)

    draining.add_done_callback(lambda _: pgq.shutdown.set())
    try:
        await pgq.run(
            dequeue_timeout=_LOOK_ANYWAY,
            batch_size=1,
            max_concurrent_tasks=max(2, threads),
            shutdown_on_listener_failure=True,
            heartbeat_timeout=_DEAD_AFTER,
            log_aggregation_interval=timedelta(0),  # it only makes statistics
        )
    finally:
        await connection.close()


def asyncpg_url(url: str) -> str:
    """The URL without SQLAlchemy's driver suffix."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


async def install_queue(url: str) -> None:
    """Make PgQueuer's tables, or bring them up to date. Doing it twice, or from two processes, changes nothing."""
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        queries = Queries(AsyncpgDriver(connection))
        async with queries.schema_lock():
            if not await queries.schema_is_installed():
                await queries.install()
            await queries.upgrade()
    finally:
        await connection.close()
