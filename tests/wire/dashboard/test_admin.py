"""The administrator's pages: how the store does, what is kept back, events, rings and settings."""

import re
import uuid
from collections.abc import Sequence
from html import unescape

import pytest
from pydantic import SecretStr

from openaddons.settings import Settings
from openaddons.store.keeping_back import REASON_CHARACTERS_LIMIT, quarantine_product
from openaddons.store.products import Product
from openaddons.store.session import Transaction
from openaddons.store.states import ProductState
from openaddons.surfaces.dashboard.admin.settings import settings_in_force
from tests.stores import Account, RunningStore
from tests.wire.conftest import OpenStore, new_account, new_product
from tests.wire.dashboard.conftest import Browser, counting_queries, sign_in

ADMIN = "/dashboard/admin"
HOSTILE = '<script>alert("x")</script>'


def at(product: Product, verb: str = "") -> str:
    return f"{ADMIN}/products/{product.id}" + (f"/{verb}" if verb else "")


def text_of(page: str) -> str:
    """What people read of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_store_that_does_well_says_so_and_what_it_stands_on(
    store: RunningStore, administrator: Browser
) -> None:
    page = text_of(administrator.get(ADMIN).text)

    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[store.workshop.tools.database.engine.dialect.name]
    assert f"Database {kind} " in page
    assert "free on their disk" in page
    assert "What needs attention Nothing." in page


def test_a_product_is_put_into_quarantine_for_a_reason_and_let_back(
    store: RunningStore, administrator: Browser, published: Product
) -> None:
    answer = administrator.send(
        at(published, "quarantine"), {"quarantine_reason": "Odd."}, page=at(published)
    )
    kept_back = store.product(published.id)
    page = text_of(administrator.get(answer.headers["location"]).text)

    assert (kept_back.quarantined, kept_back.kept_back_reason) == (True, "Odd.")
    assert "The product is kept back from now on." in page
    assert "Odd." in text_of(administrator.get(ADMIN).text)
    administrator.send(at(published, "lift"), page=at(published))
    assert store.product(published.id).served


def test_a_product_is_blocked_and_unblocked(
    store: RunningStore, administrator: Browser, published: Product
) -> None:
    administrator.send(at(published, "block"), {"block_reason": "Harmful."}, page=at(published))
    assert store.product(published.id).state is ProductState.BLOCKED

    administrator.send(at(published, "unblock"), page=at(published))
    assert store.product(published.id).state is ProductState.IN_STORE


@pytest.mark.parametrize("verb", ["quarantine", "block"])
@pytest.mark.parametrize("reason", [" ", f"{HOSTILE} " + "x" * REASON_CHARACTERS_LIMIT])
def test_without_a_reason_of_some_length_the_form_comes_back_with_what_was_typed(
    store: RunningStore, administrator: Browser, published: Product, verb: str, reason: str
) -> None:
    fields = {f"{verb}_reason": reason}

    page = administrator.send(at(published, verb), fields, page=at(published), status=400).text

    assert f'id="{verb}_reason-problem">say why' in page
    assert unescape(page).count(reason.strip()) >= 1
    assert HOSTILE not in page
    assert store.product(published.id).served


def test_what_has_changed_meanwhile_is_told(administrator: Browser, published: Product) -> None:
    page = administrator.send(at(published, "lift"), page=at(published), status=409).text

    assert "lift quarantine needs one that is" in text_of(page)


def test_a_product_that_is_not_there_is_not_found(administrator: Browser) -> None:
    for wanted in (uuid.uuid4(), "x", "%00"):
        administrator.get(f"{ADMIN}/products/{wanted}", 404)


def test_products_are_found_and_what_is_kept_back_is_told(
    store: RunningStore, administrator: Browser, published: Product
) -> None:
    store.workshop.tools.database.run(
        quarantine_product, product_id=published.id, reason=HOSTILE, actor="test"
    )

    page = administrator.get(f"{ADMIN}/products?q={published.crx_id}").text

    assert text_of(page).count("in quarantine") >= 2
    assert HOSTILE not in page
    assert f'href="{at(published)}"' in page
    assert "No product has all" in administrator.get(f"{ADMIN}/products?q={uuid.uuid4()}").text


def _events(page: str) -> list[str]:
    """The verbs of the events that a page shows."""
    return re.findall(r'admin/events\?verb=[^"]*">([^<]+)</a>', page)


def test_events_are_found_by_each_of_their_fields_and_by_all_together(
    store: RunningStore, administrator: Browser, account: Account, published: Product
) -> None:
    database = store.workshop.tools.database
    correlation_id, actor = str(uuid.uuid4()), f"{uuid.uuid4()}@example.com"
    fields = {"publisher_id": account.publisher.id, "product_id": published.id, "subject": f"s{uuid.uuid4()}"}

    def record(tx: Transaction) -> None:
        tx.record("test.done", actor=actor, correlation_id=correlation_id, note=HOSTILE, **fields)

    database.run(record)

    sought = fields | {"verb": "test.done", "actor": actor, "correlation_id": correlation_id}
    everything = "&".join(f"{name}={value}" for name, value in sought.items())
    for query in (everything, *(f"{name}={value}" for name, value in sought.items())):
        page = administrator.get(f"{ADMIN}/events?{query}").text
        assert _events(page)[0] == "test.done", query
        assert HOSTILE not in page
    times = "since=2026-01-01&until=2100-01-01T00:00"
    assert _events(administrator.get(f"{ADMIN}/events?{everything}&{times}").text) == ["test.done"]
    assert "No event matches" in administrator.get(f"{ADMIN}/events?{everything}&until=2026-01-01").text


def test_events_come_page_by_page(store: RunningStore, administrator: Browser) -> None:
    actor = f"{uuid.uuid4()}@example.com"

    def record(tx: Transaction) -> None:
        for number in range(101):
            tx.record("test.counted", actor=actor, number=number)

    store.workshop.tools.database.run(record)

    path, sizes = f"{ADMIN}/events?actor={actor}", []
    while path:
        page = administrator.get(path).text
        sizes.append(len(_events(page)))
        following = re.search(r'<a rel="next" href="([^"]+)"', page)
        path = unescape(following[1]) if following else ""
    assert sizes == [50, 50, 1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "yesterday"),
        ("until", "2026-13-01"),
        ("since", "%00"),
        ("product_id", "7"),
        ("publisher_id", "%F0%9F%90%91"),
        ("correlation_id", "x" * 5000),
        ("subject", "%00"),
        ("actor", "a" * 201),
        ("verb", "x%00y"),
    ],
)
def test_what_cannot_be_looked_for_is_told_beside_its_field(
    administrator: Browser, name: str, value: str
) -> None:
    page = administrator.get(f"{ADMIN}/events?{name}={value}", 400).text

    assert f'name="{name}"' in page
    assert " needed." in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize("before", ["x", "-1", "9" * 17, "9" * 400, "%D9%A3", "1e3"])
def test_any_page_of_events_is_answered(administrator: Browser, before: str) -> None:
    administrator.get(f"{ADMIN}/events?before={before}")


def test_a_ring_is_made_and_its_update_url_is_shown(store: RunningStore, administrator: Browser) -> None:
    name = f"ring-{uuid.uuid4().hex[:8]}"
    path = f"{ADMIN}/rings"

    administrator.send(path, {"name": name})

    assert f"{store.url}/updates/{name}" in administrator.get(path).text
    again = administrator.send(path, {"name": name}, status=400).text
    assert "there is a ring" in text_of(again)
    assert f'value="{name}"' in again
    assert HOSTILE not in administrator.send(path, {"name": HOSTILE}, status=400).text


def test_settings_are_shown_with_where_they_come_from_and_no_secret(
    open_own_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "a-token-that-nobody-may-read"
    monkeypatch.setenv("OPENADDONS_KEY_DAYS", "7")
    monkeypatch.setenv("OPENADDONS_UPDATE_TOKENS", token)
    with open_own_store(package_bytes_limit=1_234_567) as store:
        page = text_of(sign_in(store, administrator=True).get(f"{ADMIN}/settings").text)

    assert "OPENADDONS_KEY_DAYS 7 environment lifetime of a new API key" in page
    assert "OPENADDONS_PACKAGE_BYTES_LIMIT 1,234,567 command line" in page
    assert "OPENADDONS_LOG_LEVEL info default" in page
    assert "OPENADDONS_UPDATE_TOKENS set, and not shown environment" in page
    assert token not in page
    assert "A package 1.2 MB" in page


def test_of_addresses_with_credentials_these_are_not_shown() -> None:
    settings = Settings(
        database="postgresql://ann:hidden@db/x",
        objects="s3://bucket/store?secret_access_key=hidden",
        master_key=SecretStr("hidden"),
    )

    shown = {each.variable: each.value for each in settings_in_force(settings)}

    assert not [value for value in shown.values() if "hidden" in value]
    assert shown["OPENADDONS_DATABASE"] == "postgresql://ann:***@db/x"
    assert shown["OPENADDONS_OBJECTS"] == "s3://bucket/store?…"


@pytest.mark.parametrize(
    # Where products stand takes more questions when some of them are in review.
    ("path", "questions"),
    [("", [8]), ("/products", range(5, 10)), ("/events", [3]), ("/rings", [4]), ("/settings", [1])],
)
def test_a_page_asks_as_often_whatever_it_shows(
    store: RunningStore, administrator: Browser, account: Account, path: str, questions: Sequence[int]
) -> None:
    def asked() -> int:
        """The fewest of some times: other threads ask now and then."""
        counts = []
        for _ in range(5):
            with counting_queries(store) as statements:
                administrator.get(ADMIN + path)
            counts.append(len(statements))
        return min(counts)

    before = asked()
    for _ in range(3):
        product = new_product(store, new_account(store))
        store.workshop.tools.database.run(
            quarantine_product, product_id=product.id, reason="Odd.", actor="test"
        )

    assert (before in questions, asked() in questions) == (True, True)


def test_nobody_but_an_administrator_gets_in(
    store: RunningStore, owner: Browser, reviewer: Browser, published: Product
) -> None:
    paths = [
        ADMIN,
        *(f"{ADMIN}/{each}" for each in ("products", "events", "rings", "settings")),
        at(published),
    ]
    for path in paths:
        for browser in (owner, reviewer):
            assert "This needs the role of administrator." in browser.get(path, 403).text
        assert Browser(store).get(path, 303).headers["location"].startswith("/dashboard/sign-in?")
