from pathlib import Path

import pytest

from tests.unit.cli.command_line import CommandLine, write_package


@pytest.fixture
def openaddons(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    write_package(tmp_path / "tab-tally.zip")
    return CommandLine(monkeypatch)
