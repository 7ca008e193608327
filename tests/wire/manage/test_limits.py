"""Limits and faults: too many changes, a store that takes nothing in, and what nobody foresaw."""

import pytest

from openaddons.store.products import Product
from openaddons.surfaces.manage import products
from tests.stores import Account, RunningStore, make_published
from tests.wire.conftest import OpenStore, new_account
from tests.wire.manage.asking import ask, refused, told


def test_changes_over_the_rate_are_refused_and_reading_is_not(strict_store: RunningStore) -> None:
    account = new_account(strict_store)
    other = new_account(strict_store)

    statuses = [ask(strict_store, "POST", "/keys", account).status_code for _ in range(3)]
    answer = ask(strict_store, "POST", "/keys", account)

    assert statuses == [201, 201, 201]
    seconds = answer.headers["retry-after"]
    refused(answer, 429, "TooManyRequests", f"Rate limit is exceeded. Try again in {seconds} seconds.")
    assert [ask(strict_store, "GET", "/keys", account).status_code for _ in range(20)] == [200] * 20
    assert ask(strict_store, "POST", "/keys", other).status_code == 201


def test_changes_are_not_counted_as_publishing(strict_store: RunningStore) -> None:
    account = new_account(strict_store)
    for _ in range(3):
        told(strict_store, "POST", "/keys", account)
    product = make_published(strict_store.workshop, account)

    assert strict_store.publish(account, product.id)


def test_a_read_only_store_changes_nothing_and_tells_the_rest(open_own_store: OpenStore) -> None:
    with open_own_store(read_only=True) as store:
        account = new_account(store)

        answer = ask(store, "POST", "/keys", account)

        message = "The store is read-only while it is maintained. Nothing was changed: send it again when that is over."
        refused(answer, 503, "StoreReadOnly", message)
        assert answer.headers["retry-after"] == "60"
        assert len(told(store, "GET", "/keys", account)["keys"]) == 2


def test_a_fault_is_a_problem_with_its_correlation_id_and_without_its_reason(
    store: RunningStore, account: Account, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr(products, "find_product", broken)

    answer = ask(store, "GET", f"/products/{product.id}", account)

    refused(
        answer,
        500,
        "InternalFailure",
        "An unexpected condition was met. Please contact the store's operator. Correlation ID: "
        + answer.headers["x-correlation-id"],
    )
