"""Real Chromium installs what the store releases and keeps it up to date (promise 5), managed by policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openaddons.store.keeping_back import block_product
from openaddons.store.offers import create_ring, offer_to_all, set_first_rings, withdraw_release
from openaddons.store.products import Product
from openaddons.store.releases import find_release
from openaddons.store.rolling_back import roll_back
from tests.acceptance.browser import Browser
from tests.acceptance.shop import Shop, make_acting_zip, opened_shop
from tests.stores import wait_until


def install(browser: Browser, shop: Shop, product: Product, version: str, *, ring: str = "") -> None:
    """Put the product under the browser's policy, and wait until it runs that version."""
    shop.wait_until_offered(product, version, ring)
    browser.apply(shop.extension_settings(product, ring))
    browser.wait_for(product.crx_id, version)


def update(browser: Browser, shop: Shop, product: Product, version: str, *, ring: str = "") -> None:
    """Let the browser look for updates, and wait until it runs that version."""
    shop.wait_until_offered(product, version, ring)
    browser.ask_for_updates()
    browser.wait_for(product.crx_id, version)


def test_a_release_made_through_the_api_is_installed_and_acts_on_pages(
    shop: Shop, browser: Browser, page_url: str
) -> None:
    product = shop.begin(make_acting_zip("1.0.0", content="first"))
    shop.publish(product, make_acting_zip("1.1.0", content="second"))

    install(browser, shop, product, "1.1.0")

    assert browser.seen_on(page_url, product.crx_id) == "second 1.1.0"


def test_an_update_published_through_the_api_arrives_and_so_does_a_roll_back(
    shop: Shop, browser: Browser, page_url: str
) -> None:
    product = shop.begin(make_acting_zip("1.0.0", content="first"))
    install(browser, shop, product, "1.0.0")

    shop.publish(product, make_acting_zip("1.1.0", content="second"))
    update(browser, shop, product, "1.1.0")
    assert browser.seen_on(page_url, product.crx_id) == "second 1.1.0"

    shop.do(roll_back, product_id=product.id, reason="it breaks pages")
    shop.workshop.finish(product.id)
    update(browser, shop, product, "1.1.0.1")
    assert browser.seen_on(page_url, product.crx_id) == "first 1.1.0.1"


def test_a_ring_gets_a_release_first_and_then_all_do(
    shop: Shop, browser: Browser, new_browser: Browser
) -> None:
    product = shop.begin(make_acting_zip("1.0.0", content="first"))
    shop.do(create_ring, name="early")
    shop.do(set_first_rings, product_id=product.id, names=["early"])
    install(browser, shop, product, "1.0.0")
    install(new_browser, shop, product, "1.0.0", ring="early")

    shop.publish(product, make_acting_zip("1.1.0", content="second"))
    update(new_browser, shop, product, "1.1.0", ring="early")
    browser.ask_for_updates()
    assert browser.installed()[product.crx_id] == "1.0.0"

    shop.do(offer_to_all, product_id=product.id, version="1.1.0")
    update(browser, shop, product, "1.1.0")


def test_a_withdrawn_version_stays_where_it_is_and_nobody_else_gets_it(
    shop: Shop, browser: Browser, new_browser: Browser
) -> None:
    product = shop.begin(make_acting_zip("1.0.0", content="first"))
    shop.publish(product, make_acting_zip("1.1.0", content="second"))
    install(browser, shop, product, "1.1.0")

    shop.do(withdraw_release, product_id=product.id, version="1.1.0", reason="it breaks pages")
    install(new_browser, shop, product, "1.0.0")
    browser.ask_for_updates()

    assert browser.installed()[product.crx_id] == "1.1.0"


def test_a_package_that_was_changed_after_it_was_signed_is_refused(shop: Shop, new_browser: Browser) -> None:
    product = shop.begin(make_acting_zip("1.0.0", content="first"))
    release = shop.workshop.tools.database.read(find_release, product_id=product.id, version="1.0.0")
    stored = shop.settings.data / "objects" / release.object_key[:2] / release.object_key
    package = stored.read_bytes()
    stored.chmod(0o600)
    stored.write_bytes(package[:-1] + bytes([package[-1] ^ 1]))

    new_browser.apply(shop.extension_settings(product))
    wait_until(lambda: "'CRX_SIGNATURE_VERIFICATION_FAILED'" in new_browser.log)

    assert new_browser.installed() == {}


def test_a_blocked_product_is_removed(shop: Shop, browser: Browser) -> None:
    product = shop.begin(make_acting_zip("1.0.0", content="first"))
    install(browser, shop, product, "1.0.0")

    shop.do(block_product, product_id=product.id, reason="it steals passwords")
    browser.apply(shop.extension_settings(product))

    browser.wait_for(product.crx_id, None)


@pytest.fixture
def private_shop(tmp_path: Path) -> Iterator[Shop]:
    with opened_shop(tmp_path / "data", update_tokens="a-token-of-the-fleet") as running:
        yield running


def test_a_private_store_serves_who_has_its_token(private_shop: Shop, new_browser: Browser) -> None:
    open_to_it, closed_to_it = (
        private_shop.begin(make_acting_zip("1.0.0", content="first")) for _ in range(2)
    )
    without_token = {"update_url": f"{private_shop.process.url}/updates"}
    entry = private_shop.extension_settings(closed_to_it)[closed_to_it.crx_id] | without_token
    new_browser.apply({closed_to_it.crx_id: entry})
    install(new_browser, private_shop, open_to_it, "1.0.0")

    private_shop.publish(open_to_it, make_acting_zip("1.1.0", content="second"))
    update(new_browser, private_shop, open_to_it, "1.1.0")

    assert new_browser.installed() == {open_to_it.crx_id: "1.1.0"}
