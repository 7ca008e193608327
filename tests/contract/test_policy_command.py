"""``openaddons policy``, as it is typed: on both databases."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from openaddons.app import open_store
from openaddons.cli.main import main
from openaddons.settings import Settings
from openaddons.store.keeping_back import block_product, quarantine_product
from openaddons.store.offered import announce_update_url
from openaddons.store.offers import create_ring
from openaddons.store.products import Product
from openaddons.work.workshop import Workshop
from tests.stores import make_account, make_draft, make_published

URL = "https://addons.example/updates?token=0123456789abcdef"


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture
def products(workshop: Workshop) -> tuple[Product, Product]:
    """Two products in the store, which was last served at `URL` and has a ring."""
    database, account = workshop.tools.database, make_account(workshop)
    database.run(announce_update_url, url=URL)
    database.run(create_ring, name="canary", actor="test")
    return make_published(workshop, account), make_published(workshop, account, name="Other")


def types(settings: Settings, *words: str) -> Result:
    environment = {"OPENADDONS_DATA": str(settings.data), "OPENADDONS_ENGINE": "inline"}
    if settings.database is not None:
        environment["OPENADDONS_DATABASE"] = settings.database
    return CliRunner().invoke(main, ["policy", *words], env=environment)


def linux(settings: Settings, *words: str) -> Any:
    result = types(settings, "--browser", "chromium", "--os", "linux", *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["ExtensionSettings"]


def test_one_document_for_all_products_each_once(
    settings: Settings, products: tuple[Product, Product]
) -> None:
    one, other = products

    made = linux(settings, one.id, other.crx_id, one.crx_id)

    assert [one.crx_id, other.crx_id] == list(made)
    assert made[one.crx_id]["update_url"] == URL


def test_a_ring_and_a_mode(settings: Settings, products: tuple[Product, Product]) -> None:
    made = linux(settings, products[0].id, "--ring", "canary", "--mode", "normal_installed")

    assert made[products[0].crx_id] == {
        "installation_mode": "normal_installed",
        "override_update_url": True,
        "update_url": "https://addons.example/updates/canary?token=0123456789abcdef",
    }


def test_a_blocked_product_is_removed(
    settings: Settings, workshop: Workshop, products: tuple[Product, Product]
) -> None:
    blocked = products[0]
    workshop.tools.database.run(block_product, product_id=blocked.id, reason="Harmful.", actor="test")

    result = types(settings, blocked.id, products[1].id, "--browser", "chromium", "--os", "linux")

    made = json.loads(result.stdout)["ExtensionSettings"]
    assert made[blocked.crx_id] == {"installation_mode": "removed"}
    assert made[products[1].crx_id]["installation_mode"] == "force_installed"
    assert "is blocked: browsers remove it" in result.stderr


def test_a_product_in_quarantine_is_not_removed(
    settings: Settings, workshop: Workshop, products: tuple[Product, Product]
) -> None:
    odd = products[0]
    workshop.tools.database.run(quarantine_product, product_id=odd.id, reason="Odd.", actor="test")

    result = types(settings, odd.id, "--browser", "chromium", "--os", "linux")

    made = json.loads(result.stdout)["ExtensionSettings"]
    assert made[odd.crx_id]["installation_mode"] == "force_installed"
    assert "is in quarantine: browsers install it once that is lifted" in result.stderr


def test_the_file_goes_to_standard_output_and_where_to_put_it_to_standard_error(
    settings: Settings, products: tuple[Product, Product]
) -> None:
    result = types(settings, products[0].id, "--browser", "edge", "--os", "windows")

    assert result.stdout_bytes.startswith(b"Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE")
    assert "reg import edge-add-ons.reg" in result.stderr
    assert "joined" in result.stderr


def test_a_file_is_written_byte_for_byte(settings: Settings, products: tuple[Product, Product]) -> None:
    path = settings.data / "edge.reg"
    words = (products[0].id, "--browser", "edge", "--os", "windows")

    written = types(settings, *words, "--output", str(path))

    assert written.stdout == ""
    assert types(settings, *words).stdout_bytes == path.read_bytes()


def test_a_product_that_is_not_in_the_store_yet_gets_its_policy_and_a_word(settings: Settings) -> None:
    with open_store(settings) as workshop:
        account = make_account(workshop)
        product = make_draft(workshop, account, name="New")

    result = types(settings, product.id, "--browser", "chromium", "--os", "linux")

    assert product.crx_id in json.loads(result.stdout)["ExtensionSettings"]
    assert "New is not in the store: browsers install it once it is." in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--ring", "nobody"], 1, "There is no ring nobody. [NotKnown]"),
        (["aaaa"], 1, "There is no product aaaa. [NotKnown]"),
        (["--ring", "canary", "--format", "forcelist"], 2, "cannot keep browsers in a ring"),
        (["--mode", "normal_installed", "--format", "forcelist"], 2, "it knows no normal_installed"),
    ],
)
def test_what_cannot_be_said_is_refused(
    settings: Settings, products: tuple[Product, Product], words: list[str], code: int, message: str
) -> None:
    result = types(settings, products[0].id, "--browser", "edge", "--os", "windows", *words)

    assert (code, "") == (result.exit_code, result.stdout)
    assert message in result.stderr
