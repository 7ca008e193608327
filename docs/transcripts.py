"""Makes the transcripts in publishing.md anew: each command is typed in a terminal of 80 columns, at a real store.

What differs each time (IDs, the port) is replaced by letters of the same length, so that lines break as they did.
"""

import re
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from openaddons.settings import Settings
from tests.acceptance.cutting import cut_from
from tests.acceptance.terminal import seen_in_terminal
from tests.stores import Account, RunningStore, make_account, make_published, make_zip, running_store

PAGE: Final = Path(__file__).with_name("publishing.md")
_TRANSCRIPT: Final = re.compile(
    r"^(<!-- scene: (?P<scene>[a-z-]+) -->\n```console\n\$ openaddons (?P<arguments>.+?)\n).*?(?=^```)",
    re.MULTILINE | re.DOTALL,
)
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AT_ONCE: Final = 4
_PRODUCT: Final = "7d3f9c5a-1b2e-4c6d-8f90-a1b2c3d4e5f6"
_SHOWN_HOST: Final = "store.acme.test"  # as long as 127.0.0.1:12345


@dataclass(frozen=True, slots=True)
class Scene:
    """What is different from a good package, good credentials and a network that holds."""

    version: str = "1.1.0"
    api_key: str | None = None
    cut: tuple[str, str] | None = None
    """The request, by method and end of path, whose answer is lost, as everything after it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A product in the store, its publisher, and a folder with the next package."""

    url: str
    account: Account
    product_id: str
    folder: Path


SCENES: Final[Mapping[str, Scene]] = {
    "good": Scene(),
    "refused-package": Scene(version="1.1.0.beta"),
    "refused-publish": Scene(version="1.0.0"),
    "refused-credentials": Scene(api_key="not-the-key"),
    "cut-upload": Scene(cut=("POST", "/draft/package")),
    "cut-check": Scene(cut=("GET", "/draft/package")),
    "cut-publish": Scene(cut=("POST", "/submissions")),
    "cut-submission": Scene(cut=("GET", "/submissions")),
}


def publishing_page() -> str:
    """The page as it stands, its transcripts made anew."""
    text = PAGE.read_text(encoding="utf-8")
    with (
        tempfile.TemporaryDirectory() as folder,
        _store(Path(folder)) as store,
        ThreadPoolExecutor(_AT_ONCE) as pool,  # a lost network is waited for: several at once
    ):
        seen = [
            pool.submit(
                _seen,
                _stage(store, SCENES[match["scene"]], Path(folder) / str(number)),
                SCENES[match["scene"]],
                shlex.split(match["arguments"]),
            )
            for number, match in enumerate(_TRANSCRIPT.finditer(text))
        ]
        transcripts = iter(seen)
        return _TRANSCRIPT.sub(lambda match: match[1] + next(transcripts).result(), text)


@contextmanager
def _store(folder: Path) -> Iterator[RunningStore]:
    (folder / "data").mkdir()
    with running_store(Settings(data=folder / "data", status_wait_seconds=20)) as store:
        yield store


def _stage(store: RunningStore, scene: Scene, folder: Path) -> Stage:
    """A product for the scene alone, so that no scene knows of another, and the package to publish."""
    folder.mkdir()
    account = make_account(store.workshop, folder.name)
    product = make_published(store.workshop, account, name="Tab Tally")
    package = make_zip(scene.version, name="Tab Tally", description="Counts tabs, in a new way.")
    (folder / "tab-tally.zip").write_bytes(package)
    return Stage(store.url, account, product.id, folder)


def _seen(stage: Stage, scene: Scene, arguments: list[str]) -> str:
    """What the scene looks like."""
    with _network(stage.url, scene) as url:
        environment = {
            "EDGE_ADDONS_BASE_URL": url,
            "EDGE_ADDONS_PRODUCT_ID": stage.product_id,
            "EDGE_ADDONS_CLIENT_ID": stage.account.publisher.client_id,
            "EDGE_ADDONS_API_KEY": scene.api_key or stage.account.api_key,
            "PATH": "",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": ":".join(sys.path),
        }
        command = [sys.executable, "-m", "openaddons", *arguments]
        text = seen_in_terminal(command, folder=stage.folder, environment=environment)
    return _always_alike(text.replace(stage.product_id, _PRODUCT), url)


@contextmanager
def _network(url: str, scene: Scene) -> Iterator[str]:
    if scene.cut is None:
        yield url
        return
    with cut_from(url, *scene.cut) as cut_url:
        yield cut_url


def _always_alike(text: str, url: str) -> str:
    """The text with other IDs: the same one in the place of the same."""
    text = text.replace(urlsplit(url).netloc, _SHOWN_HOST)
    seen: dict[str, str] = {_PRODUCT: _PRODUCT}
    for guid in _GUID.findall(text):
        seen.setdefault(guid, f"{len(seen):08x}-5b0e-4c1d-9f3a-2d6c8e0b7a41")
    text = _GUID.sub(lambda match: seen[match[0]], text)
    text = re.sub(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b", "2027-01-31", text)
    return re.sub(r"\b[0-9]{19}\b", "4741937508088016059", text)


if __name__ == "__main__":
    PAGE.write_text(publishing_page(), encoding="utf-8")
    print(PAGE.name)
