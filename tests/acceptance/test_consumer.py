"""The public types as a user's type checker sees them, with the package installed."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import openaddons

CONSUMER = Path(__file__).parent / "consumer"


def test_a_program_that_uses_the_client_is_strictly_typed(tmp_path: Path) -> None:
    # Without httpx2, which takes mypy most of the time and shows in no type but that of `transport`.
    venv.create(tmp_path / "venv", symlinks=True)
    (installed,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    package = Path(openaddons.__file__).parent
    shutil.copytree(package, installed / "openaddons", ignore=shutil.ignore_patterns("__pycache__"))
    # Away from this project's configuration and sources.
    shutil.copytree(CONSUMER, tmp_path / "consumer")
    options = ["--strict", "--config-file=", "--cache-dir", str(tmp_path / "cache")]

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "--python-executable", tmp_path / "venv/bin/python", "."],
        cwd=tmp_path / "consumer",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.stdout, checked.stderr) == ("Success: no issues found in 3 source files\n", "")
