"""The tutorial and the page on keys, typed as they stand, against the emulator."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from openaddons.client import ApiKey, CredentialsRejected, EdgeAddons
from openaddons.testing import EdgeStore

DOCS: Final = Path(__file__).parent.parent.parent / "docs"
_BLOCK: Final = re.compile(
    r"^```sh(?: fails (\d+))?\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL
)


def blocks() -> list[tuple[str, int, str | None]]:
    """What the tutorial has typed in the second terminal: commands, exit code, and what they say."""
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    found = [(typed, int(code or 0), said) for code, typed, said in _BLOCK.findall(page)]
    return [block for block in found if not block[0].startswith(("pip ", "openaddons emulator"))]


def as_pattern(said: str) -> str:
    """Expected output in which … stands for anything."""
    return re.escape(said.strip()).replace("…", ".*") + ".*"


def test_the_tutorial_goes_as_it_says(edge_store: EdgeStore, tmp_path: Path) -> None:
    environment = edge_store.environment() | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HOME": str(tmp_path),
    }
    typed = blocks()
    assert [code for _, code, _ in typed] == [0, 0, 0, 0, 7, 5, 4]

    for commands, code, said in typed:
        done = subprocess.run(
            ["bash", "-c", commands],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        assert said is not None
        assert re.search(as_pattern(said), done.stdout, re.DOTALL), done.stdout


def test_a_key_is_rotated_as_the_page_says(edge_store: EdgeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (DOCS / "rotating-keys.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    kept: list[str] = []
    given: dict[str, Any] = {
        "client_id": edge_store.client_id,
        "old_key": edge_store.api_key,
        "save_in_the_vault": kept.append,
    }

    exec(code.replace("https://addons.example.com", edge_store.url), given)

    def works(key: str) -> bool:
        with EdgeAddons(ApiKey(edge_store.client_id, key), base_url=edge_store.url) as client:
            try:
                return client.check_credentials(edge_store.product_id).product_known is True
            except CredentialsRejected:
                return False

    (new,) = kept
    assert (works(edge_store.api_key), works(new)) == (True, True)
    edge_store.advance_clock(25 * 3600)
    assert (works(edge_store.api_key), works(new)) == (False, True)
