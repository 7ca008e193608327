"""The pytest plugin: the fixture ``edge_store``. It costs nothing in runs that do not use it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from openaddons.testing.running import emulator
from openaddons.testing.store import EdgeStore


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--edge-store``."""
    parser.getgroup("openaddons").addoption(
        "--edge-store",
        choices=("thread", "process"),
        default="thread",
        help="where the emulator of the fixture edge_store runs: on a thread of pytest, or in a process of its own",
    )


@pytest.fixture(scope="session")
def edge_store_seed() -> Mapping[str, Any] | None:
    """What the emulator begins with; override it to have publishers and products of your own."""
    return None


@pytest.fixture(scope="session")
def edge_store_of_session(
    request: pytest.FixtureRequest, edge_store_seed: Mapping[str, Any] | None
) -> Iterator[EdgeStore]:
    """The emulator of this run, as the tests before left it."""
    in_process = request.config.getoption("--edge-store") == "thread"
    with emulator(seed=edge_store_seed, in_process=in_process) as store:
        yield store


@pytest.fixture
def edge_store(edge_store_of_session: EdgeStore) -> EdgeStore:
    """The emulator of this run, as it began: what other tests did to it is gone."""
    edge_store_of_session.reset()
    return edge_store_of_session
