"""A browser that Playwright drives, axe-core, and a store that has just been started."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from openaddons.settings import Settings
from tests.acceptance.dashboard.person import axe_source, chromium
from tests.stores import StoreProcess, start_process


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe_source(tmp_path_factory.mktemp("axe"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[StoreProcess]:
    """A store that has just been started, where people decide about submissions."""
    data = tmp_path / "data"
    data.mkdir()
    process = start_process("serve", Settings(data=data), OPENADDONS_CERTIFICATION="manual")
    try:
        yield process
        assert process.terminate() == 0
    finally:
        process.kill()
