"""Requests that browsers and tools sent, as they were recorded (recorded/README.md), and what they are answered."""

import hashlib
from pathlib import Path

import pytest

from openaddons.store.products import Product
from tests.stores import RunningStore
from tests.wire.raw import Answer, Connection
from tests.wire.updates.asking import NOBODYS_CRX_ID, Told, offer_of, package_path, read_answer

RECORDED = Path(__file__).parent / "recorded"


def send(store: RunningStore, name: str, path: str, crx_id: str) -> Answer:
    """The answer to a recorded request about an add-on that is offered."""
    offer_of(store, crx_id)
    text = (RECORDED / f"{name}.txt").read_text(encoding="ascii")
    for word, value in (("path", path), ("id", crx_id), ("other", NOBODYS_CRX_ID), ("host", "store.test")):
        text = text.replace(f"{{{word}}}", value)
    with Connection(store.url) as connection:
        connection.send(f"{text}\n".replace("\n", "\r\n").encode())
        return connection.read()


def offered(store: RunningStore, crx_id: str) -> Told:
    """What is to be said of the add-on that is downloaded from where the answer says."""
    package = store.http.get(package_path(offer_of(store, crx_id))).content
    digest = hashlib.sha256(package).hexdigest()
    return Told(
        crx_id,
        "ok",
        {
            "status": "ok",
            "codebase": f"{store.url}/packages/{crx_id}/{digest}.crx",
            "version": "1.0.0",
            "hash_sha256": digest,
            "size": str(len(package)),
        },
    )


NO_UPDATE = {"status": "noupdate"}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("chromium-first-install", "/updates"),
        ("chromium-update", "/updates"),
        ("chromium-reinstall", "/updates"),
        ("edge-own-store", "/extensionwebstorebase/v1/crx"),
        ("chromium-update", "/service/update2/crx"),
    ],
)
def test_a_browser_that_is_behind_is_offered_the_release(
    store: RunningStore, published: Product, name: str, path: str
) -> None:
    answer = send(store, name, path, published.crx_id)

    assert answer.status == 200
    assert answer.header("content-type") == "text/xml; charset=utf-8"
    assert read_answer(answer.body) == [offered(store, published.crx_id)]


def test_a_browser_with_many_add_ons_hears_of_each(store: RunningStore, published: Product) -> None:
    answer = send(store, "chromium-many", "/updates", published.crx_id)

    assert read_answer(answer.body) == [
        Told(NOBODYS_CRX_ID, "error-unknownApplication", None),
        offered(store, published.crx_id),
        Told(published.crx_id, "ok", NO_UPDATE),
    ]


@pytest.mark.parametrize("path", ["/updates", "/extensionwebstorebase/v1/crx", "/service/update2/crx"])
def test_a_tool_that_downloads_is_sent_to_the_package(
    store: RunningStore, published: Product, path: str
) -> None:
    answer = send(store, "download-tool", path, published.crx_id)

    update = offered(store, published.crx_id).update
    assert update is not None
    assert (answer.status, answer.header("location")) == (302, update["codebase"])


def test_no_cookie_is_set_or_looked_at(store: RunningStore, published: Product) -> None:
    with_cookies = send(store, "chromium-many", "/updates", published.crx_id)

    assert with_cookies.header("set-cookie") is None
    assert with_cookies.header("vary") is None
