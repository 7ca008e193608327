"""One unit of work for each verb, committed before anyone hears of it (decision 3 of the house).

A verb is a function whose first parameter is a `Transaction`. `Database.run` carries it out in a
transaction of its own and returns only after the commit. On SQLite one thread writes, and commits what has
queued up together: one fsync for many verbs. On PostgreSQL verbs run side by side in threads.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

from openaddons.clock import Clock
from openaddons.store import tables

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()

_GROUP_LIMIT: Final = 64
_BUSY_TIMEOUT_SECONDS: Final = 30
_LOCKED_PAUSE_SECONDS: Final = 0.01
_POSTGRES_TRIES: Final = 5
# serialization_failure, deadlock_detected, unique_violation: all is undone, so running again is safe. After the last
# of these the verb finds what another added at the same moment, and says so (PostgreSQL's manual, section 13.5).
_POSTGRES_COLLISIONS: Final = frozenset({"40001", "40P01", "23505"})
# A verb takes milliseconds. What holds its locks longer is a process that hangs or a machine that is gone.
_POSTGRES_IDLE_SECONDS: Final = 15
_READERS: Final = 4


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event of a publisher that was just recorded: as much of it as says whom it is told."""

    number: int
    time: datetime
    verb: str
    publisher_id: str


@dataclass(slots=True)
class Changes:
    """What a committed transaction changed that somebody may be waiting for."""

    recorded: list[Recorded] = field(default_factory=list)
    deliveries_added: bool = False
    products_with_work: set[str] = field(default_factory=set)
    operations_ended: set[str] = field(default_factory=set)
    credentials_changed: bool = False
    offers_changed: bool = False
    restored: bool = False
    """The whole database was put back to an earlier state: nothing that is remembered of it need be true."""

    def __bool__(self) -> bool:
        return bool(
            self.recorded
            or self.deliveries_added
            or self.products_with_work
            or self.operations_ended
            or self.credentials_changed
            or self.offers_changed
            or self.restored
        )


class Transaction:
    """What a verb works with: the connection, the time, and a list of what to announce after the commit."""

    __slots__ = ("changes", "connection", "correlation_id", "now")

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self.changes = Changes()
        self.correlation_id: str | None = None
        """Of the request that is carried out, if it is one: events bear it."""

    def execute(
        self, statement: sa.Executable, values: Mapping[str, Any] | None = None
    ) -> sa.CursorResult[Any]:
        """Carry out one statement."""
        return self.connection.execute(statement, values)

    def one_or_none(self, statement: sa.Executable) -> sa.RowMapping | None:
        """The only row, or None."""
        return self.connection.execute(statement).mappings().one_or_none()

    def record(
        self,
        verb: str,
        *,
        actor: str,
        publisher_id: str | None = None,
        product_id: str | None = None,
        subject: str | None = None,
        correlation_id: str | None = None,
        **facts: object,
    ) -> int:
        """Add an event: who did what. It is committed with the change itself or not at all. Returns its number."""
        added = self.connection.execute(
            tables.events.insert(),
            {
                "time": self.now,
                "verb": verb,
                "actor": actor,
                "publisher_id": publisher_id,
                "product_id": product_id,
                "subject": subject,
                "correlation_id": correlation_id or self.correlation_id,
                "facts": facts,
            },
        )
        assert added.inserted_primary_key is not None
        number = int(added.inserted_primary_key[0])
        if publisher_id is not None:
            self.changes.recorded.append(Recorded(number, self.now, verb, publisher_id))
        return number


Verb = Callable[Concatenate[Transaction, P], T]


def traced(verb: Verb[P, T], correlation_id: str | None) -> Verb[P, T]:
    """The verb as a request carries it out: its events bear the request's correlation ID."""

    def run(tx: Transaction, /, *args: P.args, **kwargs: P.kwargs) -> T:
        tx.correlation_id = correlation_id
        return verb(tx, *args, **kwargs)

    return run


class Database(ABC):
    """A database that runs verbs. Make it with `open_database`; end it with `close`."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        # Called inside the transaction: what they write is committed with the change.
        self.before_commit: list[Callable[[sa.Connection, Changes], None]] = []
        # Called after the commit, in the thread that committed: must be quick.
        self.after_commit: list[Callable[[Changes], None]] = []

    def run(self, verb: Verb[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out ``verb`` in a transaction and return its result after the commit. Blocks."""
        return self.start(verb, *args, **kwargs).result()

    async def run_async(self, verb: Verb[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As `run`, without blocking the event loop."""
        # Shielded: a client that goes away must not undo a verb half-way known to have been asked for.
        return await asyncio.shield(asyncio.wrap_future(self.start(verb, *args, **kwargs)))

    @abstractmethod
    def start(self, verb: Verb[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As `run`, but returns a future."""

    def read(self, verb: Verb[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out a verb that only reads, in the calling thread."""
        with self.engine.connect() as connection:
            return verb(Transaction(connection, self.clock.now()), *args, **kwargs)

    def close(self) -> None:
        """End every connection; verbs that were started are finished first."""
        self.engine.dispose()

    def announce(self, changes: Changes) -> None:
        """Tell whoever listens to commits. ``run`` and ``start`` do so themselves."""
        if not changes:
            return
        for listener in self.after_commit:
            try:
                listener(changes)
            except Exception:
                # The change is committed all the same, and the thread that wrote it must go on.
                log.exception("database.listener-failed")


@dataclass(slots=True)
class _Job:
    call: Callable[[Transaction], Any]
    future: Future[Any]


class SqliteDatabase(Database):
    """SQLite: WAL, one writer thread with group commit, readers beside it."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        super().__init__(engine, clock)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="openaddons-writer", daemon=True)
        self._thread.start()

    def start(self, verb: Verb[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue the verb for the writer."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # from here on nobody can cancel it: it will be committed or fail
        self._jobs.put(_Job(lambda tx: verb(tx, *args, **kwargs), future))
        return future

    def close(self) -> None:
        """Let the writer finish, then end every connection."""
        self._jobs.put(None)
        self._thread.join()
        super().close()

    def save(self) -> sqlite3.Connection:
        """All that the database holds now, in memory: for `restore`. The caller closes it."""
        saved = sqlite3.connect(":memory:", check_same_thread=False)
        with self.engine.connect() as connection:
            _driver_connection(connection).backup(saved)
        return saved

    def restore(self, saved: sqlite3.Connection) -> None:
        """Put everything back to what it was when it was saved, in one transaction, and announce it."""
        with self.engine.connect() as connection:
            saved.backup(_driver_connection(connection))
        self.announce(Changes(credentials_changed=True, offers_changed=True, restored=True))

    def _write(self) -> None:
        with self.engine.connect() as connection:
            while (job := self._jobs.get()) is not None:
                group, ending = [job], False
                while len(group) < _GROUP_LIMIT and not self._jobs.empty():
                    following = self._jobs.get()
                    if following is None:
                        ending = True
                        break
                    group.append(following)
                self._commit_group(connection, group)
                if ending:
                    return

    def _commit_group(self, connection: sa.Connection, group: list[_Job]) -> None:
        """One commit for the group; a verb that fails takes back its own work alone."""
        outcomes: list[tuple[Future[Any], Any]] = []
        changes: list[Changes] = []
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            for job in group:
                transaction = Transaction(connection, self.clock.now())
                connection.exec_driver_sql("SAVEPOINT verb")
                try:
                    result = job.call(transaction)
                    for hook in self.before_commit:
                        hook(connection, transaction.changes)
                except Exception as error:
                    connection.exec_driver_sql("ROLLBACK TO verb")
                    job.future.set_exception(error)
                else:
                    outcomes.append((job.future, result))
                    changes.append(transaction.changes)
                connection.exec_driver_sql("RELEASE verb")
            connection.exec_driver_sql("COMMIT")
        except Exception as error:
            with contextlib.suppress(Exception):
                connection.exec_driver_sql("ROLLBACK")
            for job in group:
                if not job.future.done():
                    job.future.set_exception(error)
            return
        for future, result in outcomes:
            future.set_result(result)
        for change in changes:
            self.announce(change)


def _driver_connection(connection: sa.Connection) -> sqlite3.Connection:
    driver_connection = connection.connection.driver_connection
    assert isinstance(driver_connection, sqlite3.Connection)
    return driver_connection


class PostgresDatabase(Database):
    """PostgreSQL: verbs run side by side; one that another has got in the way of is run again."""

    def __init__(self, engine: sa.Engine, clock: Clock, *, threads: int) -> None:
        super().__init__(engine, clock)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="openaddons-database")

    def start(self, verb: Verb[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run the verb in a thread of the pool."""
        return self._pool.submit(self._run, lambda tx: verb(tx, *args, **kwargs))

    def run(self, verb: Verb[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the verb in the calling thread: no other thread is needed."""
        return self._run(lambda tx: verb(tx, *args, **kwargs))

    def close(self) -> None:
        """Let started verbs finish, then end every connection."""
        self._pool.shutdown()
        super().close()

    def _run(self, call: Callable[[Transaction], T]) -> T:
        for tries_left in reversed(range(_POSTGRES_TRIES)):
            try:
                with self.engine.begin() as connection:
                    transaction = Transaction(connection, self.clock.now())
                    result = call(transaction)
                    if transaction.changes:
                        for hook in self.before_commit:
                            hook(connection, transaction.changes)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _POSTGRES_COLLISIONS or not tries_left:
                    raise
            else:
                self.announce(transaction.changes)
                return result
        raise AssertionError


def sqlite_pragmas(connection: sqlite3.Connection) -> None:
    """The settings of every SQLite connection: a 202 is a promise, so ``synchronous=FULL``."""
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_SECONDS * 1000}")
    _begin_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_wal(connection: sqlite3.Connection) -> None:
    """Have a write-ahead log. While another connection begins it, SQLite does not wait: it says "locked"."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOCKED_PAUSE_SECONDS)
        else:
            return


def make_engine(url: str) -> sa.Engine:
    """The SQLAlchemy engine of a database URL (``sqlite:///…`` or ``postgresql://…``)."""
    if url.startswith("sqlite"):
        engine = sa.create_engine(
            url,
            isolation_level="AUTOCOMMIT",  # the writer says BEGIN and COMMIT itself
            pool_size=_READERS + 1,
            connect_args={"timeout": _BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )

        @sa.event.listens_for(engine, "connect")
        def _prepare(connection: sqlite3.Connection, _record: object) -> None:
            sqlite_pragmas(connection)

        return engine
    engine = sa.create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True)

    @sa.event.listens_for(engine, "connect")
    def _limit(connection: DBAPIConnection, _record: object) -> None:
        connection.cursor().execute(f"SET idle_in_transaction_session_timeout = '{_POSTGRES_IDLE_SECONDS}s'")
        connection.commit()

    return engine


def open_database(url: str, clock: Clock, *, threads: int = 8) -> Database:
    """Connect to a database. The caller closes it."""
    engine = make_engine(url)
    if engine.dialect.name == "sqlite":
        return SqliteDatabase(engine, clock)
    return PostgresDatabase(engine, clock, threads=threads)


@contextlib.contextmanager
def database(url: str, clock: Clock) -> Iterator[Database]:
    """A database for the length of a ``with`` block."""
    opened = open_database(url, clock)
    try:
        yield opened
    finally:
        opened.close()
