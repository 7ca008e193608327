"""Nobody sees or changes what is another publisher's: by a table of all endpoints."""

from datetime import timedelta
from typing import Any

import pytest

from openaddons.store.events import list_events
from openaddons.store.products import Product
from openaddons.store.publishers import revoke_credential
from openaddons.surfaces.manage.app import ENDPOINTS
from openaddons.surfaces.manage.endpoints import Endpoint
from tests.stores import Account, RunningStore, make_published
from tests.wire.calls import NOBODYS_GUID, new_key
from tests.wire.conftest import new_account, new_product
from tests.wire.manage.asking import ask, manually, put_up, refused, told

NOWHERE = "http://127.0.0.1:1/"
BODIES = {
    "createProduct": {"name": "Tab Tally"},
    "createWebhook": {"url": NOWHERE},
    "rollBack": {"reason": "it hangs"},
    "withdrawRelease": {"reason": "it hangs"},
    "setFirstRings": {"first": []},
}
OF_PRODUCTS = [each for each in ENDPOINTS if "{product_id}" in each.path]
OF_PUBLISHERS = [
    each for each in ENDPOINTS if each.path.startswith(("/keys", "/webhooks")) or each.name == "createProduct"
]


def named(endpoint: Endpoint) -> str:
    return endpoint.name


class Owned:
    """A publisher's product with a submission in review, and a key: what each endpoint could be asked for."""

    def __init__(self, store: RunningStore, account: Account, product: Product) -> None:
        self.account, self.product = account, product
        submission = told(store, "GET", f"/products/{product.id}", account)["submission"]
        self.key_id, _ = new_key(store, account, lifetime=timedelta(days=1))
        webhook = told(store, "POST", "/webhooks", account, json=BODIES["createWebhook"])
        path = f"/webhooks/{webhook['id']}"
        delivery = told(store, "POST", f"{path}/test", account)
        self.ids = {
            "product_id": product.id,
            "submission_id": submission["id"],
            "key_id": self.key_id,
            "webhook_id": webhook["id"],
            "delivery_id": delivery["id"],
            "language": "en",
            "version": "1.0.0",
        }

    def call(self, store: RunningStore, endpoint: Endpoint, headers: dict[str, str], **ids: str) -> Any:
        path = endpoint.path.format_map(self.ids | ids)
        body = {"json": BODIES.get(endpoint.name, {})} if endpoint.changes else {}
        return ask(store, endpoint.method, path, headers, **body)

    def state(self, store: RunningStore) -> Any:
        """Everything that somebody else could have changed."""
        path = f"/products/{self.product.id}"
        events = store.workshop.tools.database.read(list_events, product_id=self.product.id)
        lists = [told(store, "GET", each, self.account) for each in ("/keys", "/webhooks")]
        for key in lists[0]["keys"]:
            del key["lastUsedTime"]  # written a while after the use, which was the owner's own
        return told(store, "GET", path, self.account), lists, [event.number for event in events]


@pytest.fixture(scope="module")
def owner(store: RunningStore) -> Account:
    return new_account(store)


@pytest.fixture(scope="module")
def owned(store: RunningStore, owner: Account) -> Owned:
    product = make_published(store.workshop, owner)
    manually(store, product)
    put_up(store, owner, product, "1.1.0")
    return Owned(store, owner, product)


@pytest.fixture(scope="module")
def strangers(store: RunningStore, owner: Account) -> dict[str, dict[str, str]]:
    """Good credentials that do not reach the product: another publisher's, and a key for another product."""
    other = new_product(store, owner)
    _, scoped = new_key(store, owner, lifetime=timedelta(days=1), product_id=other.id)
    return {"another publisher": new_account(store).headers, "a key for another product": scoped}


@pytest.mark.parametrize("who", ["another publisher", "a key for another product"])
@pytest.mark.parametrize("endpoint", OF_PRODUCTS, ids=named)
def test_a_product_of_somebody_else_is_as_one_that_does_not_exist(
    store: RunningStore, owned: Owned, strangers: dict[str, dict[str, str]], endpoint: Endpoint, who: str
) -> None:
    before = owned.state(store)

    foreign = owned.call(store, endpoint, strangers[who])
    absent = owned.call(store, endpoint, strangers[who], product_id=NOBODYS_GUID)

    for answer in (foreign, absent):
        refused(answer, 404, "NotFound", "Resource not found.")
    assert [name for name, _ in foreign.headers.multi_items()] == [
        name for name, _ in absent.headers.multi_items()
    ]
    assert owned.state(store) == before


@pytest.mark.parametrize("endpoint", [each for each in OF_PUBLISHERS if "{" in each.path], ids=named)
def test_a_key_or_webhook_of_somebody_else_is_as_one_that_does_not_exist(
    store: RunningStore, owned: Owned, strangers: dict[str, dict[str, str]], endpoint: Endpoint
) -> None:
    before = owned.state(store)
    nobodys = dict.fromkeys(("key_id", "webhook_id", "delivery_id"), NOBODYS_GUID)

    for answer in (
        owned.call(store, endpoint, strangers["another publisher"]),
        owned.call(store, endpoint, strangers["another publisher"], **nobodys),
    ):
        refused(answer, 404, "NotFound", "Resource not found.")
    assert owned.state(store) == before


@pytest.mark.parametrize("endpoint", OF_PUBLISHERS, ids=named)
def test_a_scoped_key_makes_no_products_and_manages_no_keys_and_no_webhooks(
    store: RunningStore, owned: Owned, strangers: dict[str, dict[str, str]], endpoint: Endpoint
) -> None:
    before = owned.state(store)

    answer = owned.call(store, endpoint, strangers["a key for another product"])

    assert (answer.status_code, answer.json()["code"]) == (403, "KeyScoped")
    assert owned.state(store) == before


@pytest.mark.parametrize("path", ["/products", "/products?limit=100", "/keys", "/events", "/webhooks"])
def test_lists_hold_ones_own_alone(
    store: RunningStore, owned: Owned, strangers: dict[str, dict[str, str]], path: str
) -> None:
    answer = ask(store, "GET", path, strangers["another publisher"])

    assert answer.status_code == 200
    assert [
        each
        for each in (*owned.ids.values(), owned.account.publisher.client_id)
        if f'"{each}"' in answer.text
    ] == []


def test_a_list_does_not_go_on_after_somebody_elses_product(
    store: RunningStore, owned: Owned, strangers: dict[str, dict[str, str]]
) -> None:
    answers = [
        ask(store, "GET", f"/products?after={each}", strangers["another publisher"])
        for each in (owned.product.id, NOBODYS_GUID)
    ]

    for answer in answers:
        refused(answer, 400, "ValueRefused", "after: it is not the “next” of a page of this list.")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)
def test_without_good_credentials_nothing_is_told_or_done(
    store: RunningStore, owned: Owned, endpoint: Endpoint
) -> None:
    key_id, revoked = new_key(store, owned.account, lifetime=timedelta(days=1))
    store.workshop.tools.database.run(revoke_credential, credential_id=key_id, actor="test")
    before = owned.state(store)

    for headers, detail in (
        ({}, "Credentials are missing. Send Authorization: ApiKey and X-ClientID, or Authorization: Bearer."),
        (revoked, "The API key was revoked. Use another one."),
    ):
        answer = owned.call(store, endpoint, headers)
        refused(answer, 401, "CredentialsInvalid", detail)
        assert answer.headers.get_list("www-authenticate")[0] == "ApiKey"
    assert owned.state(store) == before
