"""The publishing tools that we run, as their authors released them: how each is called, and what it tells."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.acceptance.relay import LOGIN_HOST

# The newest versions at the time of writing. docs/clients.md says what was seen of each.
NPM_PACKAGES: Final = (
    "publish-browser-extension@6.2.0",
    "@plasmohq/edge-addons-api@2.0.0",
    "web-ext-deploy@0.12.14",
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a client is to publish, and as whom."""

    zip_path: Path
    product_id: str
    client_id: str
    api_key: str
    client_secret: str
    tenant_id: str
    notes: str
    directory: Path
    """Where the client runs; a client may find its configuration here."""
    npm: Path
    """Where the npm packages are installed."""

    @property
    def environment(self) -> dict[str, str]:
        """The order, for the few lines that call a library."""
        return {
            "ZIP_PATH": str(self.zip_path),
            "PRODUCT_ID": self.product_id,
            "CLIENT_ID": self.client_id,
            "API_KEY": self.api_key,
            "NOTES": self.notes,
        }


@dataclass(frozen=True, slots=True)
class Client:
    """A publishing tool, and what can be seen of it from outside."""

    name: str
    command: Callable[[Order], list[str]]
    needs_npm: bool = True
    sends_notes: bool = True
    says_why: bool = True
    """Whether it shows the store's own message about a refused package; each shows that it was refused."""


# As in the library's README.
_PYPI: Final = """
import os
from edge_addons_api.client import Client, Options

client = Client(Options(
    product_id=os.environ["PRODUCT_ID"], client_id=os.environ["CLIENT_ID"], api_key=os.environ["API_KEY"],
))
operation_id = client.submit(file_path=os.environ["ZIP_PATH"], notes=os.environ["NOTES"])
print(client.fetch_publish_status(operation_id))
"""

# As in the library's README.
_PLASMO: Final = """
import { EdgeAddonsAPI } from "@plasmohq/edge-addons-api"

const { PRODUCT_ID, CLIENT_ID, API_KEY, ZIP_PATH, NOTES } = process.env
const client = new EdgeAddonsAPI({ productId: PRODUCT_ID, clientId: CLIENT_ID, apiKey: API_KEY })
const operationId = await client.submit({ filePath: ZIP_PATH, notes: NOTES })
console.log(await client.getPublishStatus(operationId))
"""


def _pypi(_order: Order) -> list[str]:
    return [sys.executable, "-c", _PYPI]


def _publish_browser_extension(order: Order) -> list[str]:
    return [
        str(order.npm / "node_modules/.bin/publish-extension"),
        f"--edge-zip={order.zip_path}",
        f"--edge-product-id={order.product_id}",
        f"--edge-client-id={order.client_id}",
        f"--edge-api-key={order.api_key}",
    ]


def _plasmo(order: Order) -> list[str]:
    # A module given on the command line is looked for where the client runs.
    (order.directory / "node_modules").symlink_to(order.npm / "node_modules")
    return ["node", "--input-type=module", "--eval", _PLASMO]


def _web_ext_deploy(order: Order) -> list[str]:
    """The only one with the older credentials; it asks for a token when it is told that it has none."""
    facts = {
        "CLIENT_ID": order.client_id,
        "CLIENT_SECRET": order.client_secret,
        "ACCESS_TOKEN_URL": f"https://{LOGIN_HOST}/{order.tenant_id}/oauth2/v2.0/token",
        "ACCESS_TOKEN": "out-of-date",
        "PRODUCT_ID": order.product_id,
        "ZIP": str(order.zip_path),
    }
    lines = [f"{name}={json.dumps(value)}\n" for name, value in facts.items()]
    (order.directory / "edge.env").write_text("".join(lines), encoding="utf-8")
    command = str(order.npm / "node_modules/.bin/web-ext-deploy")
    return [command, "--env", "--verbose", f"--edge-dev-changelog={order.notes}"]


CLIENTS: Final = (
    Client("edge-addons-api", _pypi, needs_npm=False),
    Client("publish-browser-extension", _publish_browser_extension, sends_notes=False),
    Client("@plasmohq/edge-addons-api", _plasmo),
    Client("web-ext-deploy", _web_ext_deploy, says_why=False),
)
