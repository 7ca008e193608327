"""The schema and its migrations (Alembic). The tables are drawn in `openaddons.store.tables`."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from openaddons.errors import SchemaOutdated
from openaddons.store.session import make_engine

# The newest migration; a test holds it against the folder. Reading it here spares a start Alembic's import.
HEAD: Final = "0014"

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
SCRIPT: Final = _MIGRATIONS / "sqlite.sql"
"""What all migrations make of an empty SQLite database: written by `make docs`, held against them by a test."""

# Any number will do, as long as nobody else locks it: "openaddo" in ASCII.
_UPGRADE_LOCK: Final = 0x6F70656E6164646F


def current_revision(url: str) -> str | None:
    """The revision that the database is at; None for an empty one."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    finally:
        engine.dispose()


def upgrade(url: str) -> None:
    """Bring the database to the newest schema, wholly or not at all. Doing it twice changes nothing."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    engine = make_engine(url)
    try:
        with engine.connect() as connection, _alone(connection):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


@contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """A transaction that waits for any other upgrade to end: of two processes, the second finds nothing to do."""
    if connection.dialect.name == "postgresql":
        with connection.begin():
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
            yield
        return
    # Said by hand, as the connection commits by itself: a kill must not leave half a schema.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def ensure_current(url: str) -> None:
    """Upgrade an embedded or an empty database; of another that is outdated say so (`SchemaOutdated`).

    A shared PostgreSQL is upgraded when its operator says so, not when one of many processes restarts.
    """
    found = current_revision(url)
    if found == HEAD:
        return
    if found is not None and not url.startswith("sqlite"):
        raise SchemaOutdated(found=found, needed=HEAD)
    if found is None and url.startswith("sqlite"):
        _create(url)
    else:
        upgrade(url)


def _create(url: str) -> None:
    """Give an empty SQLite database the newest schema. Importing Alembic takes longer than all else of a start."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection, _alone(connection):
            # Of two processes that found it empty, the second comes when the first has done it.
            if not sa.inspect(connection).has_table("alembic_version"):
                for statement in _statements(SCRIPT.read_text(encoding="utf-8")):
                    connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def write_script() -> str:
    """The script anew, from the migrations."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.sqlite3"
        upgrade(f"sqlite:///{path}")
        with closing(sqlite3.connect(path)) as connection:
            lines = list(connection.iterdump())
    # The transaction is the caller's.
    kept = [line for line in lines if line not in {"BEGIN TRANSACTION;", "COMMIT;"}]
    return "\n".join(["-- Made by `make docs` from the migrations: change the schema there.", *kept, ""])
