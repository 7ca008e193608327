"""Cancel, hold and release: what they do is really done."""

import pytest

from openaddons.store.events import list_events
from openaddons.store.products import Product
from openaddons.store.states import ProductState
from openaddons.store.submissions import approve_submission
from tests.stores import Account, RunningStore
from tests.wire.conftest import new_product
from tests.wire.manage.asking import ask, do, manually, offered, put_up, refused, told


@pytest.fixture
def in_review(store: RunningStore, account: Account, published: Product) -> str:
    """The path of a submission that waits for a reviewer's decision."""
    manually(store, published)
    put_up(store, account, published, "1.1.0")
    found = told(store, "GET", f"/products/{published.id}", account)["submission"]
    return f"/products/{published.id}/submissions/{found['id']}"


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def verbs(store: RunningStore, subject: str) -> list[str]:
    """What happened to a submission, oldest first."""
    events = store.workshop.tools.database.read(list_events, subject=subject)
    return [event.verb for event in reversed(events)]


def test_a_cancelled_submission_is_out_of_the_way_and_its_draft_can_be_sent_again(
    store: RunningStore, account: Account, published: Product, in_review: str
) -> None:
    found = told(store, "POST", f"{in_review}/cancel", account, json={"reason": "wrong file"})

    assert (found["state"], found["reason"], found["waitsFor"]) == ("Cancelled", "wrong file", None)
    assert store.product(published.id).state is ProductState.IN_STORE
    publish_id = store.publish(account, published.id)
    assert store.status(account, published.id, publish_id)["status"] == "Succeeded"


def test_who_cancels_again_is_answered_the_same_and_nothing_happens(
    store: RunningStore, account: Account, in_review: str
) -> None:
    first = told(store, "POST", f"{in_review}/cancel", account, json={"reason": "wrong file"})
    again = told(store, "POST", f"{in_review}/cancel", account, json={"reason": "and so on"})

    assert again == first
    assert verbs(store, id_of(in_review)) == ["submission.created", "submission.cancelled"]


def test_the_actor_of_a_decision_is_the_client(store: RunningStore, account: Account, in_review: str) -> None:
    told(store, "POST", f"{in_review}/cancel", account)

    event = store.workshop.tools.database.read(list_events, subject=id_of(in_review))[0]

    assert event.actor.startswith(f"client:{account.publisher.client_id}/")


def test_a_held_submission_waits_for_its_release_and_then_browsers_get_it(
    store: RunningStore, account: Account, published: Product, in_review: str
) -> None:
    held = told(store, "POST", f"{in_review}/hold", account)
    do(store, approve_submission, submission_id=id_of(in_review))
    approved = told(store, "GET", in_review, account)

    assert (held["state"], held["held"], held["waitsFor"]) == ("In review", True, "a reviewer's decision")
    assert (approved["state"], approved["waitsFor"]) == ("Approved", "somebody to release it")

    released = told(store, "POST", f"{in_review}/release", account)

    assert (released["state"], released["held"]) == ("Approved", False)
    store.wait_for(lambda: told(store, "GET", in_review, account)["state"] == "In the store")
    assert told(store, "GET", f"/products/{published.id}", account)["live"]["version"] == "1.1.0"
    store.wait_for(lambda: offered(store, published) == "1.1.0")


def test_a_decision_that_comes_too_late_is_refused(
    store: RunningStore, account: Account, published: Product
) -> None:
    found = told(store, "GET", f"/products/{published.id}", account)["submission"]
    path = f"/products/{published.id}/submissions/{found['id']}"

    for verb in ("cancel", "hold", "release"):
        refused(
            ask(store, "POST", f"{path}/{verb}", account),
            409,
            "TransitionRefused",
            f"The submission {found['id']} is “In the store”; {verb} needs “In review” or “Approved”.",
        )


def test_a_submission_of_another_product_of_the_same_publisher_is_not_found_under_this_one(
    store: RunningStore, account: Account, in_review: str
) -> None:
    other = new_product(store, account)

    for verb in ("cancel", "hold", "release"):
        answer = ask(store, "POST", f"/products/{other.id}/submissions/{id_of(in_review)}/{verb}", account)
        refused(answer, 404, "NotFound", "Resource not found.")
    assert told(store, "GET", in_review, account)["held"] is False


@pytest.mark.parametrize("submission_id", ["1", "1" * 19, "1" * 5000, "%00", "%F0%9F%98%80", "'--"])
def test_a_submission_that_is_not_there_is_not_found(
    store: RunningStore, account: Account, product: Product, submission_id: str
) -> None:
    path = f"/products/{product.id}/submissions/{submission_id}"

    for method, asked in (("GET", path), ("POST", f"{path}/cancel"), ("POST", f"{path}/hold")):
        refused(ask(store, method, asked, account), 404, "NotFound", "Resource not found.")
