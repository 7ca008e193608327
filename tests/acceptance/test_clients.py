"""Existing clients work unchanged (promise 4): publishing tools as released, against the store as a process."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.clients import CLIENTS, NPM_PACKAGES, Client, Order
from tests.acceptance.conftest import Store
from tests.acceptance.relay import Ended, Relay
from tests.conftest import need, need_program
from tests.stores import make_zip

pytestmark = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)


@pytest.fixture(scope="session")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the npm clients installed."""
    need_program("node", hint="install Node.js")
    command = [need_program("npm", hint="install Node.js with npm"), "install", "--prefer-offline"]
    folder = tmp_path_factory.mktemp("npm")
    installed = subprocess.run(
        [*command, "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), *NPM_PACKAGES],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    found = installed.returncode == 0
    need("the npm packages of the clients", found=found, hint=installed.stderr.strip()[-500:])
    return folder


@pytest.fixture
def order(client: Client, store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Order:
    """The order to publish ``update.zip`` for the store's product."""
    directory = tmp_path / "client"
    directory.mkdir()
    account = store.account
    return Order(
        zip_path=directory / "update.zip",
        product_id=store.product.id,
        client_id=account.publisher.client_id,
        api_key=account.api_key,
        client_secret=account.client_secret,
        tenant_id=account.publisher.tenant_id,
        notes="Click the button, then look at the badge.",
        directory=directory,
        npm=request.getfixturevalue("npm") if client.needs_npm else directory,
    )


def _run(relay: Relay, client: Client, order: Order) -> Ended:
    return relay.run(client.command(order), directory=order.directory, environment=order.environment)


def test_an_update_is_published(client: Client, order: Order, store: Store, relay: Relay) -> None:
    order.zip_path.write_bytes(make_zip("1.1.0"))

    ended = _run(relay, client, order)

    assert ended.status == 0, ended.output
    shown = store.wait_for_release("1.1.0")
    submission = next(each for each in shown["submissions"] if each["version"] == "1.1.0")
    assert submission["state"] == "In the store"
    assert submission["notes"] == (order.notes if client.sends_notes else "")
    assert [release["version"] for release in shown["releases"]] == ["1.1.0", "1.0.0"]


def test_a_refused_package_is_reported_and_changes_nothing(
    client: Client, order: Order, store: Store, relay: Relay
) -> None:
    before = store.in_store()
    order.zip_path.write_bytes(make_zip("1.1.0.beta"))

    ended = _run(relay, client, order)

    assert ended.status != 0
    assert ("The package has 1 problem: " in ended.output) == client.says_why, ended.output
    assert store.in_store() == before


def test_wrong_credentials_are_reported_and_change_nothing(
    client: Client, order: Order, store: Store, relay: Relay
) -> None:
    before = store.in_store()
    order.zip_path.write_bytes(make_zip("1.1.0"))

    order = replace(order, api_key=order.client_secret, client_secret=order.api_key)
    ended = _run(relay, client, order)

    assert ended.status != 0
    assert "401" in ended.output or "AADSTS7000215" in ended.output, ended.output
    assert store.in_store() == before
