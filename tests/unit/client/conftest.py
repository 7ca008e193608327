from pathlib import Path

import pytest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that is sent in more than one piece."""
    path = tmp_path / "extension.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(100_000))
    return path
