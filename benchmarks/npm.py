"""Programs of others from npm, pinned: their speed is theirs, not their newest release's."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.machine import ProgramMissing, need_program

_PATIENCE_SECONDS: Final = 300


def installed_from_npm(purpose: str, packages: Sequence[str]) -> Path:
    """The folder whose ``node_modules`` holds the packages; installed into the user's cache the first time.

    Raises `ProgramMissing` without npm, or where npm cannot install them.
    """
    npm = need_program("npm", package="npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openaddons-benchmarks"
    folder = cache / purpose
    installed = folder / "installed.txt"
    if not installed.exists() or installed.read_text(encoding="utf-8") != " ".join(packages):
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts"]
        ran = subprocess.run(
            [npm, "install", *options, *packages],
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
        if ran.returncode:
            raise ProgramMissing(f"npm cannot install {' '.join(packages)}: {ran.stderr.strip()[-500:]}")
        installed.write_text(" ".join(packages), encoding="utf-8")
    return folder
