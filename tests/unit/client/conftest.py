from pathlib import Path

import pytest

from .scripted import Shell


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that is sent in more than one piece."""
    path = tmp_path / "extension.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(100_000))
    return path


@pytest.fixture(params=["sync", "async"])
def both_shells(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs the test with either client."""
    monkeypatch.setattr(Shell, "asynchronous", request.param == "async")
