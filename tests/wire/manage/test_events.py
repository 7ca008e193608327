"""Events: who did what, by which request, told to whom it concerns."""

from datetime import timedelta
from typing import Any

import pytest

from openaddons.store.keeping_back import block_product
from openaddons.store.products import Product
from tests.stores import Account, RunningStore
from tests.wire.calls import new_key
from tests.wire.conftest import new_account, new_product
from tests.wire.manage.asking import ask, do, manually, put_up, told


def newest(store: RunningStore, account: Account, path: str = "/events", *, limit: int = 1) -> list[Any]:
    return list(told(store, "GET", f"{path}?limit={limit}", account)["events"])


def test_a_decision_bears_the_correlation_id_of_its_request(
    store: RunningStore, account: Account, published: Product
) -> None:
    manually(store, published)
    put_up(store, account, published, "1.1.0")
    path = f"/products/{published.id}"
    submission = told(store, "GET", path, account)["submission"]

    for verb, asked in (
        ("submission.held", f"{path}/submissions/{submission['id']}/hold"),
        ("submission.released", f"{path}/submissions/{submission['id']}/release"),
        ("submission.cancelled", f"{path}/submissions/{submission['id']}/cancel"),
        ("credential.created", "/keys"),
    ):
        answer = ask(store, "POST", asked, account)
        (event,) = newest(store, account)
        assert (event["verb"], event["correlationId"]) == (verb, answer.headers["x-correlation-id"])
        assert event["actor"].startswith(f"client:{account.publisher.client_id}/")


def test_what_the_store_decides_by_itself_has_no_correlation_id(
    store: RunningStore, account: Account, product: Product
) -> None:
    do(store, block_product, product_id=product.id, reason="malware")

    (event,) = newest(store, account, f"/products/{product.id}/events")

    assert {name: event[name] for name in ("verb", "actor", "productId", "correlationId", "facts")} == {
        "verb": "product.blocked",
        "actor": "test",
        "productId": product.id,
        "correlationId": None,
        "facts": {"reason": "malware"},
    }


def test_events_are_listed_page_by_page_newest_first(
    store: RunningStore, account: Account, product: Product
) -> None:
    other = new_product(store, account)
    everything = newest(store, account, limit=100)

    first = told(store, "GET", "/events?limit=2", account)
    second = told(store, "GET", f"/events?limit=100&before={first['next']}", account)

    assert [each["productId"] for each in first["events"]] == [other.id, product.id]
    assert first["events"] + second["events"] == everything
    assert second["next"] is None
    assert [each["verb"] for each in everything[2:]] == [
        "credential.created",
        "credential.created",
        "publisher.created",
    ]


def test_a_key_that_is_revoked_and_what_is_cancelled_with_a_block_are_the_publishers_events(
    store: RunningStore, account: Account, published: Product
) -> None:
    manually(store, published)
    put_up(store, account, published, "1.1.0")
    key = told(store, "POST", "/keys", account)

    ask(store, "DELETE", f"/keys/{key['id']}", account)
    do(store, block_product, product_id=published.id, reason="malware")

    found = newest(store, account, limit=3)
    assert [each["verb"] for each in found] == [
        "product.blocked",
        "submission.cancelled",
        "credential.revoked",
    ]


@pytest.mark.parametrize("before", ["0", "x", "9" * 20])
def test_a_place_that_cannot_be_is_refused(store: RunningStore, account: Account, before: str) -> None:
    answer = ask(store, "GET", f"/events?before={before}", account)

    assert (answer.status_code, answer.json()["code"]) == (400, "ValueRefused")


def test_a_scoped_key_is_told_of_its_product_alone(
    store: RunningStore, account: Account, product: Product
) -> None:
    new_product(store, account)
    _, headers = new_key(store, account, lifetime=timedelta(days=1), product_id=product.id)

    found = ask(store, "GET", "/events", headers).json()["events"]

    assert found == told(store, "GET", f"/products/{product.id}/events", account)["events"]
    assert {each["productId"] for each in found} == {product.id}


def test_events_of_another_publisher_are_not_told(store: RunningStore, account: Account) -> None:
    other = new_account(store)
    new_product(store, other)

    assert {each["verb"] for each in newest(store, account, limit=100)} == {
        "credential.created",
        "publisher.created",
    }
