"""The pages people see: what is on them, who finds what, and that nothing of a publisher's runs there."""

import json
import plistlib
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from openaddons.store.catalogue import PAGE_PRODUCTS
from openaddons.store.drafts import set_module
from openaddons.store.keeping_back import (
    block_product,
    lift_quarantine,
    quarantine_product,
    unblock_product,
)
from openaddons.store.modules import Module
from openaddons.store.offers import create_ring, withdraw_release
from openaddons.store.products import Product
from openaddons.store.releasing import unpublish_product
from openaddons.store.states import ProductState
from tests.stores import Account, RunningStore, make_account, make_published, make_zip
from tests.unit.packages.pictures import png
from tests.unit.surfaces.test_policy import read_reg
from tests.wire.conftest import OpenStore
from tests.wire.storefront import Page, counted, page, questions, update

HOSTILE = "\"><script>alert('x')</script>&amp;{{ 7*7 }}"
TOKENS = "first-token-of-the-store,second-token-of-the-store"


def hide(store: RunningStore, account: Account, product: Product, version: str) -> None:
    """Publish a version whose visibility is Hidden."""
    store.workshop.tools.database.run(
        set_module,
        product_id=product.id,
        module=Module.AVAILABILITY,
        content={"visibility": "Hidden"},
        actor="test",
    )
    update(store, account, product, make_zip(version), version)


def test_a_product_is_found_by_words_in_any_case_and_by_its_id(store: RunningStore, account: Account) -> None:
    unique = uuid.uuid4().hex
    product = make_published(
        store.workshop, account, make_zip(name=f"Übersicht {unique}", description="Zeigt 100% der Tabs.")
    )

    for query in (f"übersicht {unique}", f"{unique.upper()} TABS", product.crx_id, f"100% {unique}"):
        found = page(store, f"/addons?q={query.replace('%', '%25')}")
        assert f"/addons/{product.crx_id}" in found.addresses()
    nothing = page(store, f"/addons?q={unique}+1_0%25")
    assert "No add-on has all of these words" in nothing.text


def test_an_empty_store_says_so(open_own_store: OpenStore) -> None:
    with open_own_store() as empty:
        assert "No add-on is in the store yet" in page(empty, "/addons").text


def test_a_page_shows_what_the_live_release_is(store: RunningStore, account: Account) -> None:
    first = make_zip(name="Tally", permissions=["tabs"], icons={"128": "i.png"}, files={"i.png": png()})
    product = make_published(store.workshop, account, first)
    update(
        store,
        account,
        product,
        make_zip("1.1.0", name="Tally", permissions=["bookmarks"], minimum_chrome_version="120"),
        "1.1.0",
    )

    shown = page(store, f"/addons/{product.crx_id}")

    for text in (
        "Tally",
        f"by {account.publisher.name}",
        "A sample.",
        "Chromium 120 or newer",
        "Since version 1.0.0",
        "Read and change your bookmarks",
        "Read your browsing history",  # no longer
        "offered now",
        "UTC",
        "Entra ID",
        store.workshop.tools.settings.update_url(),
    ):
        assert text in shown.text, text
    (download,) = [each for each in shown.addresses() if each.endswith(".crx")]
    answer = store.http.head(download)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-chrome-extension")


def test_a_withdrawn_version_is_named_and_is_not_what_the_next_is_compared_with(
    store: RunningStore, account: Account, published: Product
) -> None:
    update(store, account, published, make_zip("1.1.0", permissions=["tabs"]), "1.1.0")
    store.workshop.tools.database.run(
        withdraw_release, product_id=published.id, version="1.1.0", reason="Broken.", actor="test"
    )
    update(store, account, published, make_zip("1.2.0"), "1.2.0")

    shown = page(store, f"/addons/{published.crx_id}").text

    assert "withdrawn" in shown
    assert "Since version 1.0.0" in shown
    assert "Its permissions have not changed." in shown


def test_a_hidden_product_is_found_by_its_address_alone(store: RunningStore, account: Account) -> None:
    product = make_published(store.workshop, account)
    assert f"/addons/{product.crx_id}" in page(store, f"/addons?q={product.crx_id}").addresses()

    hide(store, account, product, "1.1.0")

    assert "No add-on has all" in page(store, f"/addons?q={product.crx_id}").text
    page(store, f"/addons/{product.crx_id}")


@pytest.mark.parametrize("below", ["", "/icon", "/policy/edge/windows"])
@pytest.mark.parametrize("crx_id", ["a" * 32, "nothing", "%3Cscript%3E", "%00"])
def test_what_is_unknown_is_not_found(store: RunningStore, crx_id: str, below: str) -> None:
    assert "There is nothing here" in page(store, f"/addons/{crx_id}{below}", 404).text


@pytest.mark.parametrize(
    "path",
    [
        "/addons?page=0",
        "/addons?page=-1",
        "/addons?page=x",
        "/addons?page=9999",
        "/addons?page=99999999999",
        "/addons?page=%D9%A1",
        "/addons/static/app.py",
    ],
)
def test_a_page_that_is_not_there_is_not_found(store: RunningStore, path: str) -> None:
    page(store, path, 404)


@pytest.mark.parametrize("query", ["%00", "%ED%A0%80", "%FF%FE", "%25_%5C'", "a" * 5000, "+".join("a" * 300)])
def test_any_search_is_answered(store: RunningStore, query: str) -> None:
    page(store, f"/addons?q={query}")


def test_a_blocked_product_is_gone_and_its_policy_removes_it(store: RunningStore, published: Product) -> None:
    database = store.workshop.tools.database
    database.run(block_product, product_id=published.id, reason="Harmful.", actor="test")

    page(store, f"/addons/{published.crx_id}", 404)
    page(store, f"/addons/{published.crx_id}/icon", 404)
    assert "No add-on has all" in page(store, f"/addons?q={published.crx_id}").text
    answer = store.http.get(f"/addons/{published.crx_id}/policy/chromium/linux")
    assert answer.json() == {"ExtensionSettings": {published.crx_id: {"installation_mode": "removed"}}}

    database.run(unblock_product, product_id=published.id, actor="test")
    assert f"/addons/{published.crx_id}" in page(store, f"/addons?q={published.crx_id}").addresses()


def test_a_product_in_quarantine_is_gone_and_its_policy_does_not_remove_it(
    store: RunningStore, published: Product
) -> None:
    database = store.workshop.tools.database
    before = store.http.get(f"/addons/{published.crx_id}/policy/chromium/linux").json()
    database.run(quarantine_product, product_id=published.id, reason="Odd.", actor="test")

    page(store, f"/addons/{published.crx_id}", 404)
    page(store, f"/addons/{published.crx_id}/icon", 404)
    assert "No add-on has all" in page(store, f"/addons?q={published.crx_id}").text
    assert store.http.get(f"/addons/getproductdetailsbycrxid/{published.crx_id}").status_code == 404
    assert store.http.get(f"/addons/{published.crx_id}/policy/chromium/linux").json() == before

    database.run(lift_quarantine, product_id=published.id, actor="test")
    assert f"/addons/{published.crx_id}" in page(store, f"/addons?q={published.crx_id}").addresses()


def test_an_unpublished_product_is_gone(store: RunningStore, published: Product) -> None:
    store.workshop.tools.database.run(unpublish_product, product_id=published.id, actor="test")
    store.wait_for(lambda: store.product(published.id).state is ProductState.UNPUBLISHED)

    for below in ("", "/icon", "/policy/chromium/linux"):
        page(store, f"/addons/{published.crx_id}{below}", 404)
    assert "No add-on has all" in page(store, f"/addons?q={published.crx_id}").text


def test_what_a_publisher_writes_is_text_and_nothing_else(store: RunningStore) -> None:
    account = make_account(store.workshop, f"{HOSTILE} {uuid.uuid4()}")
    messages = {"n": {"message": HOSTILE[:45]}, "d": {"message": HOSTILE + "\u0000"}}
    package = make_zip(
        name="__MSG_n__",
        description="__MSG_d__",
        default_locale="en",
        files={"_locales/en/messages.json": json.dumps(messages).encode()},
    )
    product = make_published(store.workshop, account, package)

    for path in (f"/addons?q={product.crx_id}", f"/addons/{product.crx_id}", f"/addons?q={HOSTILE}"):
        answer = store.http.get(path)
        assert answer.status_code == 200
        shown = Page(answer.text)
        assert "script" not in {tag for tag, _ in shown.tags}
        assert not [name for _, attributes in shown.tags for name in attributes if name.startswith("on")]
        assert "alert('x')" in shown.text
        assert "{{ 7*7 }}" in shown.text or "7*7" not in answer.text


@pytest.mark.parametrize("path", ["/addons", "/addons/{crx_id}", "/addons/nothing"])
def test_pages_keep_their_manners(store: RunningStore, published: Product, path: str) -> None:
    answer = store.http.get(path.format(crx_id=published.crx_id))

    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    )
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "public, no-cache"
    assert "set-cookie" not in answer.headers
    for tag, attributes in Page(answer.text).tags:
        assert "style" not in attributes
        assert not (attributes.get("src") or "").startswith("http"), tag
        assert "noreferrer" not in (attributes.get("rel") or "")
    head = store.http.head(path.format(crx_id=published.crx_id))
    assert (head.status_code, head.content) == (answer.status_code, b"")
    assert store.http.post(path.format(crx_id=published.crx_id)).status_code == 405


def test_all_that_a_page_refers_to_is_there(store: RunningStore, published: Product) -> None:
    for address in page(store, f"/addons/{published.crx_id}").addresses():
        if not address.startswith("#"):
            answer = store.http.get(address)
            assert answer.status_code == 200, address


def test_a_policy_is_downloaded_for_mode_and_ring(store: RunningStore, published: Product) -> None:
    ring = f"r{uuid.uuid4().hex[:8]}"
    store.workshop.tools.database.run(create_ring, name=ring, actor="test")
    path = f"/addons/{published.crx_id}/policy/edge"
    query = f"?mode=normal_installed&ring={ring}"
    meant = {
        published.crx_id: {
            "installation_mode": "normal_installed",
            "override_update_url": True,
            "update_url": f"{store.url}/updates/{ring}",
        }
    }

    windows, macos, linux = (
        store.http.get(f"{path}/{each}{query}") for each in ("windows", "macos", "linux")
    )

    assert read_reg(windows.content, r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Edge") == meant
    assert plistlib.loads(macos.content)["PayloadContent"][0]["ExtensionSettings"] == meant
    assert linux.json() == {"ExtensionSettings": meant}
    assert windows.headers["content-disposition"] == 'attachment; filename="edge-add-ons.reg"'
    shown = page(store, f"/addons/{published.crx_id}{query}")
    assert linux.text in shown.text
    assert any(f"/linux?mode=normal_installed&ring={ring}" in each for each in shown.addresses())
    for wrong in ("safari/linux", "edge/beos", "edge/linux?mode=removed", "edge/linux?ring=nobody"):
        page(store, f"/addons/{published.crx_id}/policy/{wrong}", 404)


def test_a_private_store_shows_nothing_without_its_token_and_links_carry_it(
    open_own_store: OpenStore,
) -> None:
    with open_own_store(update_tokens=TOKENS) as private:
        account = make_account(private.workshop)
        product = make_published(private.workshop, account)
        for path in (
            "",
            f"/{product.crx_id}",
            f"/{product.crx_id}/icon",
            "/x",
            f"/{product.crx_id}/policy/edge/linux",
        ):
            for query in ("", "?token=wrong-token-of-the-store"):
                refused = private.http.get(f"/addons{path}{query}")
                assert refused.status_code == 401
                assert "token-of-the-store" not in refused.text
                assert refused.headers["www-authenticate"] == "Token"
        assert "token-of-the-store" not in private.http.get("/addons/static/nothing").text

        for token in TOKENS.split(","):
            for path in ("", f"/{product.crx_id}"):
                shown = page(private, f"/addons{path}?token={token}")
                for address in shown.addresses():
                    if "/static/" in address or address.startswith("#"):
                        continue
                    if ("form", {"action": address}) in [
                        (t, {"action": a.get("action")}) for t, a in shown.tags
                    ]:
                        continue
                    assert "token=first-token-of-the-store" in address
                    assert private.http.get(address).status_code == 200
                forms = [tag for tag, _ in shown.tags].count("form")
                hidden = [a for t, a in shown.tags if t == "input" and a.get("name") == "token"]
                assert [each["value"] for each in hidden] == ["first-token-of-the-store"] * forms
        assert private.http.get("/addons?token=first-token-of-the-store").headers["cache-control"] == (
            "private, no-cache"
        )


def test_a_long_catalogue_has_pages_and_each_asks_one_question(open_own_store: OpenStore) -> None:
    with open_own_store() as large:
        account = make_account(large.workshop)
        product = make_published(large.workshop, account)
        _multiply(large, product, 10_000)
        seen: list[str] = []
        for number in (1, 2, 3):
            with counted(large) as statements:
                shown = page(large, f"/addons?page={number}")
            assert questions(statements) == 1
            links = {each for each in shown.addresses() if len(each) == len("/addons/") + 32}
            assert len(links) == PAGE_PRODUCTS
            seen += links
            assert f"/addons?page={number + 1}" in shown.addresses()
        assert len(set(seen)) == 3 * PAGE_PRODUCTS
        with counted(large) as statements:
            found = page(large, "/addons?q=number+9999x")
        assert questions(statements) == 1
        assert "Number 9999x" in found.text
        with counted(large) as statements:
            page(large, f"/addons/{product.crx_id}")
        first = questions(statements)
        for version in ("1.1.0", "1.2.0", "1.3.0"):
            update(large, account, product, make_zip(version), version)
        with counted(large) as statements:
            page(large, f"/addons/{product.crx_id}")
        assert (
            questions(statements) - first <= 1
        )  # the manifest of the release before, however many there are
        assert questions(statements) <= 4


def _multiply(store: RunningStore, product: Product, count: int) -> None:
    """Rows for so many products that all offer what this one does."""
    letters = str.maketrans("0123456789", "abcdefghij")
    numbers = [f"{number:032}" for number in range(count)]
    with store.workshop.tools.database.engine.begin() as connection:
        columns = [each.name for each in _tables()["products"].columns if each.name not in {"id", "crx_id"}]
        row = connection.execute(
            sa.select(_tables()["products"]).where(sa.text("id = :id")), {"id": product.id}
        )
        kept = dict(row.mappings().one())
        connection.execute(
            _tables()["products"].insert(),
            [
                {"id": each, "crx_id": each.translate(letters)} | {name: kept[name] for name in columns}
                for each in numbers
            ],
        )
        connection.execute(
            _tables()["catalogue"].insert(),
            [
                {
                    "product_id": each,
                    "name": f"Number {int(each)}x",
                    "description": "One of many.",
                    "sorted_name": f"number {int(each)}x",
                    "words": f"number {int(each)}x one of many.",
                }
                for each in numbers
            ],
        )


def _tables() -> Any:
    from openaddons.store.tables import metadata

    return metadata.tables
