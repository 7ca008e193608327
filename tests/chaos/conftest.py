"""The figures of the kill tests, at the end of the run."""

from collections.abc import Iterator

import pytest

from openaddons.settings import Settings
from tests.chaos.scene import TALLIES, Scene, scene
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each database that was attacked."""
    for name, tally in TALLIES.items():
        if tally.kills:
            terminalreporter.write_line(
                f"{name}: {tally.kills} kills, {len(tally.accepted)} operations accepted, "
                f"{tally.ended} ended, {tally.lost} lost, {tally.doubled} doubled"
            )
