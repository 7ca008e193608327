"""404 and 405: one and the same answer for what is not there and what is somebody else's."""

from datetime import timedelta
from typing import Any

import pytest

from openaddons.store.products import Product
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.calls import CALLS, NOBODYS_GUID, call, error, make, new_key
from tests.wire.conftest import new_account, new_product

ABSENT = error(404, "Resource not found.")
STATUS_CALLS = ("upload status", "publish status")


def without_id(answer: Any) -> tuple[int, bytes, list[str]]:
    """All of an answer but its date and its correlation ID, which differ for each."""
    assert answer.headers["x-correlation-id"]
    names = [name for name, _ in answer.headers.multi_items()]
    return answer.status_code, answer.content, names


@pytest.mark.parametrize("name", CALLS)
def test_a_product_that_is_malformed_unknown_or_foreign_gives_the_same_answer(
    store: RunningStore, account: Account, name: str
) -> None:
    foreign = new_product(store, new_account(store))
    malformed = ("not-a-guid", "%00", foreign.crx_id, f"{{{foreign.id}}}", f"{foreign.id}0")

    answers = [
        make(store, call(name, product_id), account.headers)
        for product_id in (NOBODYS_GUID, foreign.id, *malformed)
    ]

    assert [each.json() for each in answers] == [ABSENT] * len(answers)
    assert [without_id(each) for each in answers] == [without_id(answers[0])] * len(answers)


@pytest.mark.parametrize("name", STATUS_CALLS)
def test_an_operation_that_is_malformed_unknown_or_foreign_gives_the_same_answer(
    store: RunningStore, account: Account, published: Product, name: str
) -> None:
    """Also when it has ended and its owner has just been answered from memory."""
    stranger = new_account(store)
    own = make_published(store.workshop, stranger)
    ended = {
        "upload status": store.upload(account, published.id, make_zip("1.1.0")),
        "publish status": store.publish(account, published.id),
    }
    store.status(account, published.id, ended["upload status"], kind="upload")
    store.status(account, published.id, ended["publish status"])
    swapped = {"upload status": "publish status", "publish status": "upload status"}[name]

    answers = [
        *(make(store, call(name, published.id, each), account.headers) for each in ("x", NOBODYS_GUID)),
        make(store, call(name, published.id, ended[swapped]), account.headers),
        make(store, call(name, published.id, ended[name]), stranger.headers),
        make(store, call(name, own.id, ended[name]), stranger.headers),
        make(store, call(name, NOBODYS_GUID, ended[name]), account.headers),
    ]

    assert make(store, call(name, published.id, ended[name]), account.headers).status_code == 200
    assert [each.json() for each in answers] == [ABSENT] * len(answers)
    assert [without_id(each) for each in answers] == [without_id(answers[0])] * len(answers)


@pytest.mark.parametrize("name", CALLS)
def test_a_key_that_is_scoped_to_one_product_finds_no_other(
    store: RunningStore, account: Account, product: Product, name: str
) -> None:
    other = new_product(store, account)
    _, headers = new_key(store, account, lifetime=timedelta(days=1), product_id=product.id)

    scoped = make(store, call(name, other.id), headers)
    unknown = make(store, call(name, NOBODYS_GUID), headers)

    assert scoped.json() == ABSENT
    assert without_id(scoped) == without_id(unknown)


def test_a_key_that_is_scoped_to_one_product_works_for_it_alone(
    store: RunningStore, account: Account, product: Product
) -> None:
    """Also for ended operations, which are answered from memory."""
    other = new_product(store, account)
    _, headers = new_key(store, account, lifetime=timedelta(days=1), product_id=product.id)
    operations = {each.id: store.publish(account, each.id) for each in (product, other)}
    for product_id, operation_id in operations.items():
        store.status(account, product_id, operation_id)

    statuses = {
        product_id: make(store, call("publish status", product_id, operation_id), headers).status_code
        for product_id, operation_id in operations.items()
    }

    assert statuses == {product.id: 200, other.id: 404}
    assert make(store, call("upload", product.id), headers).status_code == 202


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v2/products/{id}/submissions",
        "/v1/products/{id}",
        "/v1/products/{id}/submissions/",
        "/v1/products/{id}/submissions/draft",
        "/v1//products/{id}/submissions",
        "/V1/products/{id}/submissions",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_not_found(store: RunningStore, account: Account, path: str, method: str) -> None:
    answer = store.http.request(method, path.format(id=NOBODYS_GUID), headers=account.headers)

    assert (answer.status_code, answer.json()) == (404, ABSENT)


@pytest.mark.parametrize(
    ("name", "method", "allow"),
    [
        *(("upload", method, "POST") for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")),
        *(("publish", method, "POST") for method in ("GET", "PUT", "DELETE")),
        *(("upload status", method, "GET, HEAD") for method in ("POST", "PUT", "DELETE", "OPTIONS")),
        *(("publish status", method, "GET, HEAD") for method in ("POST", "PATCH")),
    ],
)
@pytest.mark.parametrize("prefix", ["/v1", ""])
def test_another_method_is_refused_with_those_that_are_allowed(
    store: RunningStore, account: Account, name: str, method: str, allow: str, prefix: str
) -> None:
    asked = call(name, NOBODYS_GUID, prefix=prefix)

    answer = store.http.request(method, asked.path, headers=account.headers)

    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    if method != "HEAD":
        assert answer.json() == error(405, f"The method {method} is not allowed here. Use {allow}.")
