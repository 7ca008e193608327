"""Keys and signatures: a browser and the store make the same of them."""

import io
import zipfile
from pathlib import Path
from typing import TypeAlias

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from openaddons.packages.crx3 import verify_crx
from tests.acceptance.browser import Browser, pack
from tests.acceptance.shop import Shop, make_acting_zip

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def pem_of(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def packed_by_chromium(chromium: str, key: rsa.RSAPrivateKey, tmp_path: Path) -> Path:
    """An extension that was packed without us, and is in the field."""
    folder = tmp_path / "extension"
    zipfile.ZipFile(io.BytesIO(make_acting_zip("1.0.0", content="first"))).extractall(folder)
    return pack(chromium, folder, pem_of(key))


def test_an_extension_in_the_field_moves_to_the_store_with_its_key(
    shop: Shop, new_browser: Browser, packed_by_chromium: Path, key: rsa.RSAPrivateKey, page_url: str
) -> None:
    crx_id = verify_crx(io.BytesIO(packed_by_chromium.read_bytes())).crx_id
    field = packed_by_chromium.with_suffix(".xml")
    field.write_text(
        '<gupdate xmlns="http://www.google.com/update2/response" protocol="2.0">'
        f'<app appid="{crx_id}"><updatecheck codebase="{packed_by_chromium.as_uri()}" version="1.0.0"/></app>'
        "</gupdate>",
        encoding="ascii",
    )
    mode = {"installation_mode": "force_installed", "update_url": field.as_uri()}
    new_browser.apply({crx_id: mode | {"override_update_url": True}})
    new_browser.wait_for(crx_id, "1.0.0")

    product = shop.begin(make_acting_zip("1.1.0", content="second"), pem=pem_of(key))
    assert product.crx_id == crx_id
    new_browser.apply(shop.extension_settings(product))
    new_browser.ask_for_updates()
    new_browser.wait_for(crx_id, "1.1.0")

    assert new_browser.seen_on(page_url, crx_id) == "second 1.1.0"


def test_a_key_on_p256_is_taken(shop: Shop, browser: Browser, page_url: str) -> None:
    product = shop.begin(
        make_acting_zip("1.0.0", content="first"), pem=pem_of(ec.generate_private_key(ec.SECP256R1()))
    )

    browser.apply(shop.extension_settings(product))
    browser.wait_for(product.crx_id, "1.0.0")

    assert browser.seen_on(page_url, product.crx_id) == "first 1.0.0"
