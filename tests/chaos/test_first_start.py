"""The very first start is killed, and the next one goes on from there."""

from collections.abc import Iterator

import httpx2
import pytest

from openaddons.policies import EngineKind
from openaddons.settings import Settings
from tests.chaos.scene import Part
from tests.chaos.victim import COMMIT, Kill

POINTS = (
    Kill("openaddons.store.sealing:MasterKey.__init__", "before"),
    Kill("alembic.ddl.impl:DefaultImpl.create_table", "before"),
    Kill("alembic.ddl.impl:DefaultImpl.create_table", "after", 1),
    Kill("alembic.ddl.impl:DefaultImpl.create_table", "after", 4),
    Kill("alembic.ddl.impl:DefaultImpl.create_table", "after", 8),
    Kill(COMMIT, "before"),
    Kill(COMMIT, "after"),
)


@pytest.fixture
def queue_settings(empty_settings: Settings) -> Settings:
    """Settings with the engine that each database has by itself."""
    return empty_settings.model_copy(update={"engine": EngineKind.AUTO})


@pytest.fixture
def started(queue_settings: Settings) -> Iterator[list[Part]]:
    """Parts that are ended after the test."""
    parts: list[Part] = []
    yield parts
    for part in parts:
        part.kill()


@pytest.mark.parametrize("kill", POINTS, ids=str)
def test_a_first_start_that_is_killed_can_be_repeated(
    queue_settings: Settings, started: list[Part], kill: Kill
) -> None:
    started.append(Part("serve", queue_settings, kill))
    assert not started[0].alive

    started.append(Part("serve", queue_settings))

    assert httpx2.get(started[1].url + "/readyz", trust_env=False).status_code == 200
