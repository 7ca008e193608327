"""What browsers are offered after an offer, a withdrawal, a roll back and an unpublishing."""

import pytest

from openaddons.store.offers import create_ring
from openaddons.store.products import Product
from tests.stores import Account, RunningStore, make_published
from tests.wire.conftest import new_account
from tests.wire.manage.asking import ask, do, manually, offered, put_up, refused, told


@pytest.fixture(scope="module")
def account(store: RunningStore) -> Account:
    return new_account(store)


@pytest.fixture(scope="module")
def left_alone(store: RunningStore, account: Account) -> Product:
    """A product in the store for the tests that change nothing."""
    return make_published(store.workshop, account)


@pytest.fixture
def updated(store: RunningStore, account: Account, published: Product) -> Product:
    """A product that is in the store with version 1.1.0, and was with 1.0.0."""
    put_up(store, account, published, "1.1.0")
    store.wait_for(lambda: offered(store, published) == "1.1.0")
    return published


def test_a_ring_gets_a_release_first_then_all_and_then_nobody(
    store: RunningStore, account: Account, published: Product
) -> None:
    ring = f"ring-{published.crx_id[:8]}"
    do(store, create_ring, name=ring)
    path = f"/products/{published.id}"
    first = told(store, "PUT", f"{path}/rings", account, json={"first": [ring]})
    meanwhile = ask(store, "PUT", f"{path}/rings", account, json={"first": [], "insteadOf": []})
    put_up(store, account, published, "1.1.0")
    store.wait_for(lambda: told(store, "GET", f"{path}/releases", account)["releases"][0]["rings"] == [ring])
    before = offered(store, published)

    told(store, "POST", f"{path}/releases/1.1.0/offer", account)
    store.wait_for(lambda: offered(store, published) == "1.1.0")
    told(store, "POST", f"{path}/releases/1.1.0/withdraw", account, json={"reason": "it hangs"})
    store.wait_for(lambda: offered(store, published) == "1.0.0")

    assert (first["first"], ring in first["rings"]) == ([ring], True)
    assert told(store, "GET", f"{path}/rings", account) == first
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "ChangedMeanwhile")
    assert before == "1.0.0"
    (withdrawn, live) = told(store, "GET", f"{path}/releases", account)["releases"]
    assert (withdrawn["live"], withdrawn["withdrawnReason"], live["live"]) == (False, "it hangs", True)


@pytest.mark.parametrize(
    ("call", "body", "status", "code"),
    [
        ("POST /releases/9.9/offer", {}, 404, "NotKnown"),
        ("POST /releases/%00/offer", {}, 400, "ValueRefused"),
        (f"POST /releases/{'1' * 41}/withdraw", {"reason": "it hangs"}, 400, "ValueRefused"),
        ("POST /releases/1.0.0/withdraw", {"reason": " "}, 400, "ValueRefused"),
        ("POST /releases/1.0.0/offer", {"rings": []}, 400, "ValueRefused"),
        ("POST /releases/1.0.0/offer", {"rings": ["nowhere"]}, 404, "NotKnown"),
        ("PUT /rings", {"first": ["nowhere"]}, 404, "NotKnown"),
        ("PUT /rings", {"first": ["a"] * 101}, 400, "ValueRefused"),
        ("PUT /rings", {"first": [7]}, 400, "ValueRefused"),
    ],
)
def test_an_offer_that_cannot_be_is_refused(
    store: RunningStore,
    account: Account,
    left_alone: Product,
    call: str,
    body: object,
    status: int,
    code: str,
) -> None:
    method, path = call.split()
    answer = ask(store, method, f"/products/{left_alone.id}{path}", account, json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_roll_back_brings_the_content_before_to_browsers_under_a_new_number(
    store: RunningStore, account: Account, updated: Product
) -> None:
    path = f"/products/{updated.id}"

    answer = ask(store, "POST", f"{path}/rollback", account, json={"reason": "it hangs"})

    asked = answer.json()
    assert answer.status_code == 202
    assert (asked["version"], asked["restores"], asked["state"]) == ("1.1.0.1", "1.0.0", "Approved")
    assert (asked["notes"], asked["operationId"]) == ("it hangs", None)
    store.wait_for(lambda: offered(store, updated) == "1.1.0.1")
    (release, *_) = told(store, "GET", f"{path}/releases", account)["releases"]
    assert (release["version"], release["live"], release["contentOf"]) == ("1.1.0.1", True, "1.0.0")
    submission = told(store, "GET", f"{path}/submissions/{asked['id']}", account)
    assert (submission["state"], submission["restores"]) == ("In the store", "1.0.0")
    assert told(store, "GET", path, account)["submission"] == submission


def test_a_roll_back_goes_where_it_is_told(store: RunningStore, account: Account, updated: Product) -> None:
    told(
        store,
        "POST",
        f"/products/{updated.id}/rollback",
        account,
        json={"to": "1.0", "as": "1.2", "reason": "it hangs"},
    )

    store.wait_for(lambda: offered(store, updated) == "1.2")


def test_a_product_tells_of_the_update_in_review_and_not_of_the_roll_back_that_passes_it(
    store: RunningStore, account: Account, updated: Product
) -> None:
    path = f"/products/{updated.id}"
    manually(store, updated)
    put_up(store, account, updated, "1.2.0")
    told(store, "POST", f"{path}/rollback", account, json={"reason": "it hangs"})
    store.wait_for(lambda: offered(store, updated) == "1.1.0.1")

    found = told(store, "GET", path, account)

    assert found["state"] == "In the store + update in review"
    assert (found["live"]["version"], found["submission"]["version"]) == ("1.1.0.1", "1.2.0")


@pytest.mark.parametrize(
    ("body", "status", "code", "detail"),
    [
        ({}, 400, "ValueRefused", "reason: it is required."),
        ({"reason": None}, 400, "ValueRefused", "reason: it is required."),
        ({"reason": " "}, 400, "ValueRefused", "reason: say why: the publisher reads it."),
        ({"reason": "r", "to": "9"}, 404, "NotKnown", "There is no release 9."),
        ({"reason": "r", "to": "x" * 41}, 400, "ValueRefused", "to: at most 40 characters can be stored."),
        ({"reason": "r"}, 400, "ValueRefused", "to: there is no earlier release that could come back."),
        ({"reason": "r", "to": "1.0.0"}, 400, "ValueRefused", "to: 1.0.0 is what all are offered now."),
    ],
)
def test_a_roll_back_that_cannot_be_is_refused_with_the_reason(
    store: RunningStore,
    account: Account,
    left_alone: Product,
    body: dict[str, str],
    status: int,
    code: str,
    detail: str,
) -> None:
    path = f"/products/{left_alone.id}/rollback"

    refused(ask(store, "POST", path, account, json=body), status, code, detail)


def test_an_unpublished_product_is_offered_no_longer(
    store: RunningStore, account: Account, published: Product
) -> None:
    path = f"/products/{published.id}"
    store.wait_for(lambda: offered(store, published) == "1.0.0")

    answer = ask(store, "POST", f"{path}/unpublish", account)

    assert (answer.status_code, answer.json()["state"]) == (202, "Unpublish in progress")
    store.wait_for(lambda: told(store, "GET", path, account)["state"] == "Unpublished")
    store.wait_for(lambda: offered(store, published) is None)
    assert told(store, "GET", path, account)["live"] is None
    refused(
        ask(store, "POST", f"{path}/unpublish", account),
        409,
        "TransitionRefused",
        f"The product {published.id} is “Unpublished”; unpublish needs "
        "“In the store” or “In the store + update in review”.",
    )
