"""The schema and its migrations (Alembic). The tables are drawn in `openaddons.store.tables`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from openaddons.errors import SchemaOutdated
from openaddons.store.session import make_engine

# The newest migration; a test holds it against the folder. Reading it here spares a start Alembic's import.
HEAD: Final = "0005"

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
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
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
    upgrade(url)
