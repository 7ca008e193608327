"""Stores that are attacked, and the figures of the attacks."""

from collections.abc import Callable, Iterator
from dataclasses import asdict

import pytest

from openaddons.settings import Settings
from tests.chaos.scene import Scene, scene
from tests.conftest import TALLY
from tests.stores import fresh_database


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def database_name(request: pytest.FixtureRequest) -> str:
    """Which database the store is on."""
    return str(request.param)


@pytest.fixture(scope="module")
def module_database(postgres_url: str) -> Iterator[str]:
    """As ``postgres_database``, for the length of a module."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
def attacked(
    request: pytest.FixtureRequest, database_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """A store that a whole module attacks: what one kill broke, the next would find."""
    settings = Settings(data=tmp_path_factory.mktemp("attacked") / "data")
    if database_name == "PostgreSQL":
        settings = settings.model_copy(update={"database": request.getfixturevalue("module_database")})
    with scene(settings) as opened:
        yield opened


@pytest.fixture
def tallied(
    attacked: Scene, database_name: str, record_property: Callable[[str, object], None]
) -> Iterator[None]:
    """After this test, the last of its scene, the scene's figures go into the summary of the run."""
    yield
    record_property(TALLY, (database_name, asdict(attacked.tally)))
