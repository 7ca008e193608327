"""A store that runs as a process, with one product in it, and what an operator and clients see of it; browsers."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from openaddons.app import open_store
from openaddons.settings import Settings
from openaddons.store.products import Product
from openaddons.work.creating import make_product
from tests.acceptance.browser import Browser, browsing, need_chromium
from tests.acceptance.namespaces import need_namespaces
from tests.acceptance.relay import Relay, relay_to
from tests.acceptance.shop import Shop, opened_shop
from tests.stores import (
    PATIENCE_SECONDS,
    Account,
    make_account,
    make_published,
    make_zip,
    wait_until,
)


@dataclass(frozen=True, slots=True)
class Store:
    """``openaddons serve`` as a process, with a product that is in the store as version 1.0.0."""

    url: str
    settings: Settings
    account: Account
    product: Product

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def token_url(self) -> str:
        return f"{self.url}/{self.account.publisher.tenant_id}/oauth2/v2.0/token"

    def shown(self) -> dict[str, Any]:
        """What the operator is shown of the product."""
        return dict(self.operate("product", "show", self.product.id))

    def in_store(self) -> dict[str, Any]:
        """What is in the store or on its way there."""
        shown = self.shown()
        return {name: shown[name] for name in ("state", "live", "releases", "submissions")}

    def operate(self, *command: str) -> Any:
        """Run one of the operator's commands on the store's data."""
        done = subprocess.run(
            [sys.executable, "-m", "openaddons", *command, "--data", str(self.settings.data), "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def wait_for_release(self, version: str) -> dict[str, Any]:
        """What the operator is shown once that version is live."""
        shown: dict[str, Any] = {}

        def is_live() -> bool:
            shown.update(self.shown())
            return shown["live"] is not None and shown["live"]["version"] == version

        wait_until(is_live)
        return shown


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """``openaddons serve`` on a port that the system chooses; the URL on which it answers."""
    command = [sys.executable, "-m", "openaddons", "serve", "--port", "0", "--ready-json"]
    log_path = settings.data / "serve.log"
    with (
        log_path.open("a") as log,
        subprocess.Popen(
            [*command, "--data", str(settings.data)], stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log_path.read_text(encoding="utf-8")
            yield json.loads(line)["url"]
            process.terminate()
            assert process.wait(timeout=PATIENCE_SECONDS) == 0, log_path.read_text(encoding="utf-8")
        finally:
            process.kill()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings as a store has them that somebody starts without any; a test may override the fixture."""
    return Settings(data=tmp_path / "data")


@pytest.fixture
def first_package() -> bytes:
    """The package with which the product came into the store."""
    return make_zip()


@pytest.fixture
def store(settings: Settings, first_package: bytes) -> Iterator[Store]:
    """A running store."""
    with open_store(settings) as workshop:
        account = make_account(workshop)
        # With a key that the store makes: real browsers look at what is signed with it.
        draft = make_product(workshop.tools, publisher=account.publisher, name="Sample", actor="test")
        product = make_published(workshop, account, first_package, product=draft)
    with serving(settings) as url:
        yield Store(url, settings, account, product)


@pytest.fixture
def relay(store: Store, tmp_path: Path) -> Iterator[Relay]:
    """Microsoft's host names, for clients that know no others."""
    need_namespaces("mount", "net")
    with relay_to(store.port, tmp_path) as running:
        yield running


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A running store that tests share."""
    with opened_shop(tmp_path_factory.mktemp("shop") / "data") as running:
        yield running


@pytest.fixture(scope="package")
def chromium() -> str:
    """The browser's program."""
    return need_chromium()


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """A running browser that tests share; each has extensions of its own in it."""
    with browsing(chromium) as running:
        yield running


@pytest.fixture
def new_browser(chromium: str) -> Iterator[Browser]:
    """A browser with a fresh profile."""
    with browsing(chromium) as running:
        yield running


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A page</title>")

    def log_message(self, *_facts: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="package")
def page_url() -> Iterator[str]:
    """A page that extensions may act on."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever, name="test-page")
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
