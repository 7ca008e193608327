"""Fixtures of the emulator's tests: one emulator for all of them, which each finds as it began."""

from collections.abc import Iterator

import pytest

from openaddons.testing import EdgeStore, emulator


@pytest.fixture(scope="package")
def running() -> Iterator[EdgeStore]:
    """An emulator on a thread of this process."""
    with emulator() as store:
        yield store


@pytest.fixture
def edge(running: EdgeStore) -> EdgeStore:
    """The same, as it began."""
    running.reset()
    return running
