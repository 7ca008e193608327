"""Both databases: the schema, the events that nobody changes, and one unit of work for each verb."""

import asyncio
import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError, OperationalError

from openaddons.clock import SystemClock
from openaddons.errors import SchemaOutdated
from openaddons.ids import new_guid
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings
from openaddons.store import schema
from openaddons.store.offered import ALL, offered_generation, read_offered
from openaddons.store.offers import create_ring
from openaddons.store.overview import read_overview
from openaddons.store.products import find_product, has_work, products_with_work
from openaddons.store.publishers import create_publisher
from openaddons.store.releases import list_releases
from openaddons.store.rolling_back import roll_back
from openaddons.store.session import (
    Changes,
    Database,
    SqliteDatabase,
    Transaction,
    make_engine,
    open_database,
)
from openaddons.store.states import ProductState
from openaddons.store.submissions import Submission, approve_submission, claim_submission, list_submissions
from openaddons.store.tables import events, metadata, publishers
from openaddons.work.postgres import install_queue
from tests.stores import start_process, wait_until
from tests.unit.store.walks import Walk, new_publisher


class _No(Exception):  # noqa: N818 - what a verb of these tests raises
    pass


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A database with the newest schema."""
    opened = open_database(settings.database_url, SystemClock())
    yield opened
    opened.close()


def _names(database: Database) -> set[str]:
    return set(database.read(lambda tx: tx.execute(sa.select(publishers.c.name)).scalars()))


def _add(tx: Transaction, name: str) -> str:
    create_publisher(tx, name=name, actor="test")
    return name


def _add_and_fail(tx: Transaction, name: str) -> None:
    _add(tx, name)
    raise _No


def test_the_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "src/openaddons/store/migrations")

    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_the_migrations_make_the_tables_as_they_are_drawn(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_what_has_to_be_done_is_found_without_a_look_at_everything(tmp_path: Path) -> None:
    """A sweep asks every second, and a product for each of its operations.

    SQLite says how it would look; PostgreSQL chooses by what is in the tables, which are empty here.
    """
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    schema.upgrade(url)
    asked: list[tuple[str, Any]] = []
    opened = open_database(url, SystemClock())
    sa.event.listen(opened.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    opened.read(products_with_work)
    opened.read(has_work, product_id=new_guid())
    with opened.engine.connect() as connection:
        steps = [
            step.detail
            for statement, values in list(asked)
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    opened.close()

    looked = [step for step in steps if step.startswith(("SCAN", "SEARCH"))]
    assert len(looked) == 6
    assert [step for step in looked if " USING " not in step] == []


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(database: Database, settings: Settings) -> None:
    database.run(_add, "Acme")

    schema.upgrade(settings.database_url)

    assert _names(database) == {"Acme"}


def test_starts_at_the_same_moment_make_one_schema(empty_settings: Settings) -> None:
    together = threading.Barrier(4)

    def start() -> None:
        together.wait()
        schema.ensure_current(empty_settings.database_url)

    with ThreadPoolExecutor(4) as threads:
        for each in [threads.submit(start) for _ in range(4)]:
            each.result()

    assert schema.current_revision(empty_settings.database_url) == schema.HEAD


def test_a_queue_that_is_installed_by_several_at_once_is_installed_once(postgres_database: str) -> None:
    async def together() -> None:
        await asyncio.gather(*(install_queue(postgres_database) for _ in range(4)))

    asyncio.run(together())

    engine = sa.create_engine(postgres_database)
    assert sa.inspect(engine).has_table("pgqueuer")
    engine.dispose()


def test_the_processes_of_a_store_can_begin_together_with_an_empty_database(
    postgres_database: str, tmp_path: Any
) -> None:
    settings = Settings(data=tmp_path, database=postgres_database)
    with ThreadPoolExecutor(3) as threads:
        starting = [threads.submit(start_process, each, settings) for each in ("worker", "serve", "worker")]
        processes = [each.result() for each in starting]

    assert [each.terminate() for each in processes] == [0, 0, 0]


def test_an_older_postgresql_is_not_upgraded_by_chance(postgres_database: str) -> None:
    schema.upgrade(postgres_database)
    engine = sa.create_engine(postgres_database)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    engine.dispose()

    with pytest.raises(SchemaOutdated):
        schema.ensure_current(postgres_database)


@pytest.mark.parametrize("statement", ["UPDATE events SET actor = 'nobody'", "DELETE FROM events"])
def test_events_stay_as_they_were_written(database: Database, statement: str) -> None:
    database.run(_add, "Acme")
    everything = sa.select(events)
    written = database.read(lambda tx: tx.execute(everything).all())

    with pytest.raises(DBAPIError, match="append-only"):
        database.run(lambda tx: tx.execute(sa.text(statement)))

    assert written
    assert database.read(lambda tx: tx.execute(everything).all()) == written


def test_events_are_not_truncated(postgres_database: str) -> None:
    schema.upgrade(postgres_database)
    engine = sa.create_engine(postgres_database)
    with engine.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(sa.text("TRUNCATE events CASCADE"))
    engine.dispose()


def test_a_verb_that_fails_takes_back_its_own_work_alone(database: Database) -> None:
    with _together(database) as start:
        first = start(_add, "Acme")
        failing = start(_add_and_fail, "Bad")
        last = start(_add, "Zeta")

    with pytest.raises(_No):
        failing.result()
    assert {first.result(), last.result()} == {"Acme", "Zeta"} == _names(database)


def test_a_commit_that_fails_fails_every_verb_of_it(database: Database) -> None:
    def refuse(connection: sa.Connection, changes: Changes) -> None:
        if not changes:
            return
        if database.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")  # as SQLite itself does when the disk is full
        else:
            raise _No

    with _together(database) as start:
        database.before_commit.append(refuse)
        both = [start(_add_with_changes, "Acme"), start(_add_with_changes, "Zeta")]

    for each in both:
        with pytest.raises((_No, OperationalError)):
            each.result()
    database.before_commit.remove(refuse)
    assert database.run(_add, "Later") == "Later"
    assert _names(database) == {"Later"}


def _add_with_changes(tx: Transaction, name: str) -> str:
    tx.changes.credentials_changed = True
    return _add(tx, name)


class _together:  # noqa: N801 - reads as a statement
    """Verbs that are started within the block wait for its end: SQLite then commits them as one group."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._go = threading.Event()
        self._holding: Future[None] | None = None

    def __enter__(self) -> Callable[..., Future[Any]]:
        if isinstance(self._database, SqliteDatabase):
            begun = threading.Event()

            def hold(_tx: Transaction) -> None:
                begun.set()
                self._go.wait()

            self._holding = self._database.start(hold)
            begun.wait()
        return self._database.start

    def __exit__(self, *_: object) -> None:
        self._go.set()
        if self._holding is not None:
            self._holding.result()


def test_changes_are_announced_after_the_commit_and_only_then(database: Database) -> None:
    heard: list[tuple[bool, set[str]]] = []
    database.after_commit.append(
        lambda changes: heard.append((changes.credentials_changed, _names(database)))
    )

    def fail(tx: Transaction) -> None:
        tx.changes.credentials_changed = True
        raise _No

    with pytest.raises(_No):
        database.run(fail)
    database.run(_add_with_changes, "Acme")

    # On SQLite the future is done before the listeners have heard.
    wait_until(lambda: bool(heard))
    assert heard == [(True, {"Acme"})]


def test_a_listener_that_fails_harms_nobody(database: Database) -> None:
    def fail(_changes: Changes) -> None:
        raise _No

    database.after_commit.append(fail)

    assert database.run(_add_with_changes, "Acme") == "Acme"
    assert database.run(_add_with_changes, "Zeta") == "Zeta"


def test_a_caller_that_goes_away_undoes_nothing(database: Database) -> None:
    go = threading.Event()

    def slow(tx: Transaction) -> str:
        go.wait()
        return _add(tx, "Acme")

    async def leave() -> None:
        asking = asyncio.create_task(database.run_async(slow))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        go.set()

    asyncio.run(leave())

    wait_until(lambda: _names(database) == {"Acme"})


_PRAGMAS = """
import sqlite3, sys
from openaddons.store.session import sqlite_pragmas
connection = sqlite3.connect(sys.argv[1])
sqlite_pragmas(connection)
print(*(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")))
connection.close()
"""


def test_sqlite_waits_for_the_disk_at_every_commit(tmp_path: Path) -> None:
    """In a process of its own: this one does not wait (tests/conftest.py)."""
    arguments = [sys.executable, "-c", _PRAGMAS, str(tmp_path / "new.sqlite3")]

    assert (
        subprocess.run(arguments, capture_output=True, text=True, check=True).stdout == "2 wal\n"
    )  # 2 is FULL


def test_a_deadlock_is_carried_out_again(postgres_database: str) -> None:
    schema.upgrade(postgres_database)
    database = open_database(postgres_database, SystemClock())
    ids = [database.run(lambda tx: create_publisher(tx, name=new_guid(), actor="test").id) for _ in range(2)]
    both_hold_one = threading.Barrier(2)
    tries: list[str] = []

    def rename(tx: Transaction, first: str, second: str) -> None:
        tries.append(first)
        for each in (first, second):
            tx.execute(publishers.update().where(publishers.c.id == each).values(name=first + each[:8]))
            if len(tries) <= 2 and each == first:
                both_hold_one.wait()

    crossing = [database.start(rename, *ids), database.start(rename, *reversed(ids))]
    for each in crossing:
        each.result()
    database.close()

    # The one that gave way may take its row again before the other has woken up: then they cross once more.
    assert len(tries) >= 3


def test_a_transaction_that_hangs_does_not_hold_its_locks_for_ever(postgres_database: str) -> None:
    schema.upgrade(postgres_database)
    database = open_database(postgres_database, SystemClock())

    shown = database.read(lambda tx: tx.execute(sa.text("SHOW idle_in_transaction_session_timeout")).scalar())
    database.close()

    assert shown == "15s"


def test_an_older_store_with_data_is_upgraded_and_offers_what_it_did(empty_settings: Settings) -> None:
    _upgrade_to(empty_settings, "0002")
    engine = make_engine(empty_settings.database_url)
    with engine.begin() as connection:
        for statement in _OLDER_STORE.strip().splitlines():
            connection.exec_driver_sql(statement)
    engine.dispose()

    schema.upgrade(empty_settings.database_url)

    with contextlib.closing(open_database(empty_settings.database_url, SystemClock())) as opened:
        assert schema.current_revision(empty_settings.database_url) == schema.HEAD
        product = opened.read(find_product, id_or_crx_id="product")
        assert (product.state, product.first_rings) == (ProductState.UPDATE_IN_REVIEW, [])
        (offered,) = opened.read(lambda tx: list(read_offered(tx, since=0)))
        assert {ring: release.version for ring, release in offered.releases.items()} == {ALL: "2.0"}
        assert opened.read(offered_generation) == 1
        found = opened.read(read_overview, publisher_ids=None, words=["SAMPLE"], page=1)
        assert [each.product.id for each in found.products] == ["product"]
        releases = opened.read(list_releases, product_id="product")
        assert [each.offered_to_all_time for each in releases] == [each.created_time for each in releases]
        rolled_back = opened.run(roll_back, product_id="product", reason="It is broken.", actor="test")
        assert (rolled_back.version, rolled_back.package_id) == ("2.0.0.1", "p1")
        opened.run(create_ring, name="early", actor="test")
        assert opened.read(offered_generation) == 2


def _upgrade_to(settings: Settings, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "src/openaddons/store/migrations")
    engine = make_engine(settings.database_url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    engine.dispose()


# Two releases and an update in review, as the program of that schema wrote them.
_OLDER_STORE = """
INSERT INTO publishers VALUES ('acme', 'Acme', 'tenant', 1)
INSERT INTO products VALUES ('product', 'acme', 'Sample', 'aaaa', 'In the store + update in review', 'x', 'y', NULL, NULL, 0, 'r2', 1, 1, 1)
INSERT INTO packages VALUES ('p1', 'product', 'k1', 'd', 1, 'Sample', '1.0', '', '{}', '[]', 1)
INSERT INTO packages VALUES ('p2', 'product', 'k2', 'd', 1, 'Sample', '2.0', '', '{}', '[]', 1)
INSERT INTO drafts VALUES ('product', 'p2', '{}', 3, 2, 1)
INSERT INTO submissions (id, product_id, package_id, version, revision, modules, notes, state, held, certification, actor, created_time, last_updated_time, attempt) VALUES ('s1', 'product', 'p1', '1.0', 1, '{}', '', 'Superseded', false, 'manual', 'test', 1, 1, 1)
INSERT INTO submissions (id, product_id, package_id, version, revision, modules, notes, state, held, certification, actor, created_time, last_updated_time, attempt) VALUES ('s2', 'product', 'p2', '2.0', 2, '{}', '', 'In the store', false, 'manual', 'test', 2, 2, 1)
INSERT INTO submissions (id, product_id, package_id, version, revision, modules, notes, state, held, certification, actor, created_time, last_updated_time, attempt) VALUES ('s3', 'product', 'p2', '3.0', 3, '{}', '', 'In review', false, 'manual', 'test', 3, 3, 0)
INSERT INTO releases VALUES ('r1', 'product', 's1', '1.0', 'o1', 'd1', 1, 1)
INSERT INTO releases VALUES ('r2', 'product', 's2', '2.0', 'o2', 'd2', 2, 2)
"""  # noqa: E501 - one statement a line


def test_a_submission_that_was_taken_further_between_the_look_and_the_claim_is_not_claimed(
    postgres_database: str,
) -> None:
    schema.upgrade(postgres_database)
    with contextlib.closing(open_database(postgres_database, SystemClock())) as opened:
        walk = Walk(opened, Settings(certification=CertificationPolicy.AUTOMATIC), new_publisher(opened))
        walk.go(["put package", "submit"])
        (submission,) = opened.read(list_submissions)
        approved: list[Submission] = []

        def approve(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.startswith("UPDATE submissions SET") and not approved:
                approved.append(submission)  # first: the approval is such an update itself
                opened.run(approve_submission, submission_id=submission.id, actor="test")

        sa.event.listen(opened.engine, "before_cursor_execute", approve)
        claim = opened.run(claim_submission, product_id=walk.product_id, lease=timedelta(seconds=15))

    assert ([submission], None) == (approved, claim)
