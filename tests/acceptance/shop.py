"""A store that many tests share: as a process, with its inside at hand for what operators do."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
from pydantic import SecretStr

from openaddons.app import open_store
from openaddons.client import ApiKey, EdgeAddons
from openaddons.settings import Settings
from openaddons.store.products import Product
from openaddons.work.creating import make_product, put_package, submit
from openaddons.work.workshop import Workshop
from tests.stores import Account, StoreProcess, make_account, make_zip, start_process, wait_until


def make_acting_zip(version: str, *, content: str, name: str = "Acting", **keys: Any) -> bytes:
    """A package that acts on pages: it writes ``content`` and its version into each, under its CRX ID."""
    script = (
        "document.documentElement.setAttribute("
        f"'data-' + chrome.runtime.id, '{content} ' + chrome.runtime.getManifest().version);"
    )
    acting = {"content_scripts": [{"matches": ["http://127.0.0.1/*"], "js": ["content.js"]}]}
    return make_zip(version, name=name, files={"content.js": script.encode()}, **(acting | keys))


@dataclass(frozen=True, slots=True)
class Shop:
    """``openaddons serve`` as a process, and a publisher of it."""

    process: StoreProcess
    settings: Settings
    """With the URL at which the store is."""
    workshop: Workshop
    account: Account

    def do(self, verb: Any, **facts: Any) -> Any:
        """What an operator does: one verb of the store."""
        return self.workshop.tools.database.run(verb, actor="test", **facts)

    def begin(self, package: bytes, *, pem: bytes | None = None) -> Product:
        """A product whose first version an operator published."""
        product = make_product(
            self.workshop.tools, publisher=self.account.publisher, name="Acting", actor="test", pem=pem
        )
        path = self.settings.data / f"{product.id}.zip"
        path.write_bytes(package)
        put_package(self.workshop, product=product, publisher=self.account.publisher, path=path, actor="test")
        submit(self.workshop, product_id=product.id, notes="", actor="test")
        wait_until(lambda: self.offered(product) is not None)
        return product

    def publish(self, product: Product, package: bytes) -> None:
        """Publish an update as publishers do, by the Edge Add-ons API."""
        credentials = ApiKey(self.account.publisher.client_id, self.account.api_key)
        with EdgeAddons(credentials, base_url=self.process.url) as client:
            client.wait_upload(product.id, client.upload(product.id, io.BytesIO(package)))
            client.wait_publish(product.id, client.publish(product.id))

    def offered(self, product: Product, ring: str = "") -> str | None:
        """The version that a browser of the ring is offered which has none."""
        url = self.settings.update_url(ring)
        asked = quote(f"id={product.crx_id}&v=0.0.0.0&uc", safe="")
        answer = httpx2.get(f"{url}{'&' if '?' in url else '?'}x={asked}", trust_env=False)
        assert answer.status_code == 200, answer.text
        found = re.search(r'<updatecheck status="ok"[^>]* version="([0-9.]+)"', answer.text)
        return None if found is None else found[1]

    def wait_until_offered(self, product: Product, version: str | None, ring: str = "") -> None:
        """Wait until that is what browsers of the ring are offered."""
        wait_until(lambda: self.offered(product, ring) == version)

    def extension_settings(self, product: Product, ring: str = "") -> dict[str, Any]:
        """The entry of the policy ExtensionSettings, as the store makes it for administrators now."""
        query = {"ring": ring, "token": next(iter(self.settings.tokens), "")}
        answer = httpx2.get(
            f"{self.settings.base_url}/addons/{product.crx_id}/policy/chromium/linux",
            params={name: value for name, value in query.items() if value},
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        policy: dict[str, dict[str, Any]] = answer.json()
        return policy["ExtensionSettings"]


@contextmanager
def opened_shop(data: Path, *, update_tokens: str = "") -> Iterator[Shop]:
    """A store, private if it has update tokens, until the end of the block."""
    data.mkdir()
    tokens = {"OPENADDONS_UPDATE_TOKENS": update_tokens} if update_tokens else {}
    process = start_process("serve", Settings(data=data), **tokens)
    try:
        settings = Settings(
            data=data,
            public_url=process.url,
            update_tokens=SecretStr(update_tokens) if update_tokens else None,
        )
        with open_store(settings) as workshop:
            yield Shop(process, settings, workshop, make_account(workshop))
        assert process.terminate() == 0
    finally:
        process.kill()
