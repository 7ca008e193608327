"""Keys are made, rotated with an overlap, and revoked by their publisher."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openaddons.app import open_store
from openaddons.clock import wire_time
from openaddons.settings import Settings
from openaddons.store.events import list_events
from openaddons.store.products import Product
from openaddons.store.publishers import list_credentials
from openaddons.surfaces import gate
from tests.stores import Account, RunningStore, make_account, running_store
from tests.wire.calls import NOBODYS_GUID, bearer, new_key
from tests.wire.conftest import OpenStore, new_account
from tests.wire.manage.asking import ask, refused, told


def headers_of(account: Account, key: Any) -> dict[str, str]:
    """The headers of a new API key."""
    return account.headers | {"Authorization": f"ApiKey {key['secret']}"}


def status_with(store: RunningStore, headers: dict[str, str]) -> int:
    """What a key is good for: 200 or 401."""
    return int(ask(store, "GET", "/products", headers).status_code)


def id_of(store: RunningStore, account: Account, kind: str = "apiKey") -> str:
    """The id of the account's first key of that kind."""
    keys = told(store, "GET", "/keys", account)["keys"]
    return str(next(each["id"] for each in keys if each["kind"] == kind))


def test_a_new_key_works_and_is_shown_once(store: RunningStore, account: Account) -> None:
    answer = ask(store, "POST", "/keys", account)

    key = answer.json()
    assert answer.status_code == 201
    assert status_with(store, headers_of(account, key)) == 200
    secret = key.pop("secret")
    assert told(store, "GET", "/keys", account)["keys"][-1] == key
    assert (key["kind"], key["hint"]) == ("apiKey", f"{secret[:6]}…{secret[-4:]}")
    days = datetime.fromisoformat(key["expiresTime"]) - datetime.fromisoformat(key["createdTime"])
    assert days == timedelta(days=72)


def test_a_new_client_secret_gets_access_tokens(store: RunningStore, account: Account) -> None:
    key = told(store, "POST", "/keys", account, json={"kind": "clientSecret", "days": 1})

    token = bearer(store, Account(account.publisher, account.api_key, key["secret"]))

    assert status_with(store, token) == 200
    assert key["kind"] == "clientSecret"
    days = datetime.fromisoformat(key["expiresTime"]) - datetime.fromisoformat(key["createdTime"])
    assert days == timedelta(days=1)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"kind": "api_key"}, "kind: apiKey or clientSecret is needed."),
        ({"days": 0}, "days: a whole number from 1 to 3650 is needed."),
        ({"days": 1e300}, "days: a whole number from 1 to 3650 is needed."),
        ({"days": True}, "days: a whole number from 1 to 3650 is needed."),
        ({"days": "7"}, "days: a whole number from 1 to 3650 is needed."),
        ({"productId": "mine"}, "productId: a GUID is needed."),
        ({"product": None}, "product: it is not known here. Known are kind, days, productId."),
    ],
)
def test_a_key_that_cannot_be_is_refused(
    store: RunningStore, account: Account, body: dict[str, Any], detail: str
) -> None:
    refused(ask(store, "POST", "/keys", account, json=body), 400, "ValueRefused", detail)


def test_a_revoked_key_is_refused_with_the_next_request_and_revoking_again_changes_nothing(
    store: RunningStore, account: Account
) -> None:
    key = told(store, "POST", "/keys", account)
    assert status_with(store, headers_of(account, key)) == 200

    for _ in range(2):
        answer = ask(store, "DELETE", f"/keys/{key['id']}", account)
        assert (answer.status_code, answer.content) == (204, b"")

    assert status_with(store, headers_of(account, key)) == 401
    events = store.workshop.tools.database.read(list_events, subject=key["id"])
    assert [event.verb for event in events] == ["credential.revoked", "credential.created"]


def test_a_key_revokes_itself_only_while_another_is_left(
    store: RunningStore, account: Account, product: Product
) -> None:
    own_id, secret_id = id_of(store, account), id_of(store, account, "clientSecret")
    new_key(store, account, lifetime=timedelta(days=1), product_id=product.id)  # manages none: is no other
    new_key(store, account, lifetime=timedelta(days=-1))  # has ended: is no other
    assert ask(store, "DELETE", f"/keys/{secret_id}", account).status_code == 204

    refused(
        ask(store, "DELETE", f"/keys/{own_id}", account),
        409,
        "TransitionRefused",
        f"The key {own_id} is the last one that is valid; revoking it needs another one: make it first.",
    )
    told(store, "POST", "/keys", account)
    assert ask(store, "DELETE", f"/keys/{own_id}", account).status_code == 204
    assert status_with(store, account.headers) == 401


def test_of_two_keys_that_revoke_each_other_at_once_one_is_left(store: RunningStore) -> None:
    with ThreadPoolExecutor(2) as threads:
        for _ in range(5):
            account = new_account(store)
            secret_id, first_id = id_of(store, account, "clientSecret"), id_of(store, account)
            second = told(store, "POST", "/keys", account)
            ask(store, "DELETE", f"/keys/{secret_id}", account)
            revocations = [(second["id"], account.headers), (first_id, headers_of(account, second))]

            answers = threads.map(lambda each: ask(store, "DELETE", f"/keys/{each[0]}", each[1]), revocations)

            statuses = sorted(each.status_code for each in answers)
            assert statuses in ([204, 401], [204, 409])
            left = store.workshop.tools.database.read(list_credentials, publisher=account.publisher)
            assert [each.state(datetime.now(UTC)) for each in left].count("valid") == 1


@pytest.mark.parametrize("key_id", [NOBODYS_GUID, "malformed", "%00", "foreign"])
def test_a_key_that_is_malformed_unknown_or_foreign_is_not_found(
    store: RunningStore, account: Account, key_id: str
) -> None:
    other = new_account(store)
    path = f"/keys/{id_of(store, other) if key_id == 'foreign' else key_id}"

    for method, asked in (("DELETE", path), ("POST", f"{path}/rotate")):
        refused(ask(store, method, asked, account), 404, "NotFound", "Resource not found.")
    assert status_with(store, other.headers) == 200


@dataclass
class MovedClock:
    """The machine's clock, ahead by as much as a test says."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def own_store(settings: Settings, clock: MovedClock) -> Iterator[RunningStore]:
    """A store whose time a test can move."""
    with running_store(settings, clock) as running:
        yield running


def test_a_rotated_key_works_until_the_end_of_the_overlap(own_store: RunningStore, clock: MovedClock) -> None:
    account = make_account(own_store.workshop)
    old_id = id_of(own_store, account)

    answer = ask(own_store, "POST", f"/keys/{old_id}/rotate", account, json={"overlapHours": 2})

    new = answer.json()
    assert answer.status_code == 201
    assert (new["kind"], new["productId"]) == ("apiKey", None)
    clock.ahead = timedelta(hours=1, minutes=59)
    assert status_with(own_store, account.headers) == 200
    assert status_with(own_store, headers_of(account, new)) == 200
    clock.ahead = timedelta(hours=2)
    assert status_with(own_store, account.headers) == 401
    assert status_with(own_store, headers_of(account, new)) == 200
    event = own_store.workshop.tools.database.read(list_events, subject=old_id)[0]
    assert (event.verb, event.facts["replaced_by"]) == ("credential.rotated", new["id"])
    assert new["secret"] not in str(event)


def test_the_overlap_is_a_day_unless_it_is_said_otherwise(store: RunningStore, account: Account) -> None:
    old_id = id_of(store, account)

    new = told(store, "POST", f"/keys/{old_id}/rotate", account)

    (old,) = (each for each in told(store, "GET", "/keys", account)["keys"] if each["id"] == old_id)
    assert old["expiresTime"] == wire_time(datetime.fromisoformat(new["createdTime"]) + timedelta(days=1))


def test_without_an_overlap_the_old_key_ends_at_once(store: RunningStore, account: Account) -> None:
    assert status_with(store, account.headers) == 200  # and is remembered as good

    told(store, "POST", f"/keys/{id_of(store, account)}/rotate", account, json={"overlapHours": 0})

    assert status_with(store, account.headers) == 401


def test_an_overlap_makes_no_key_live_longer(store: RunningStore, account: Account) -> None:
    old_id, headers = new_key(store, account, lifetime=timedelta(hours=1))
    ends = told(store, "GET", "/keys", account)["keys"][-1]["expiresTime"]

    ask(store, "POST", f"/keys/{old_id}/rotate", headers)

    (old,) = (each for each in told(store, "GET", "/keys", account)["keys"] if each["id"] == old_id)
    assert old["expiresTime"] == ends


def test_a_key_for_one_product_is_made_and_rotated_with_its_scope(
    store: RunningStore, account: Account, product: Product
) -> None:
    old = told(store, "POST", "/keys", account, json={"productId": product.id.upper()})
    new = told(store, "POST", f"/keys/{old['id']}/rotate", account)

    for key in (old, new):
        assert key["productId"] == product.id
        assert ask(store, "GET", f"/products/{product.id}", headers_of(account, key)).status_code == 200
        assert ask(store, "GET", "/keys", headers_of(account, key)).status_code == 403


def test_a_key_is_not_made_for_a_product_of_somebody_else(
    store: RunningStore, account: Account, product: Product
) -> None:
    stranger = new_account(store)
    for product_id in (product.id, NOBODYS_GUID):
        answer = ask(store, "POST", "/keys", stranger, json={"productId": product_id})

        assert (answer.status_code, answer.json()["code"]) == (404, "NotKnown")


@pytest.mark.parametrize("ended", ["expired", "revoked"])
def test_a_key_that_has_ended_is_not_rotated(store: RunningStore, account: Account, ended: str) -> None:
    days = -1 if ended == "expired" else 1
    old_id, _ = new_key(store, account, lifetime=timedelta(days=days))
    if ended == "revoked":
        ask(store, "DELETE", f"/keys/{old_id}", account)

    refused(
        ask(store, "POST", f"/keys/{old_id}/rotate", account),
        409,
        "TransitionRefused",
        f"The key {old_id} is {ended}; rotating it needs a valid one.",
    )


def test_a_key_says_when_it_was_last_used(open_own_store: OpenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_NOTE_USES_SECONDS", 0.01)
    with open_own_store() as store:
        account, before = new_account(store), datetime.now(UTC)

        def last_uses() -> dict[str, str | None]:
            return {
                each["kind"]: each["lastUsedTime"] for each in told(store, "GET", "/keys", account)["keys"]
            }

        store.wait_for(lambda: last_uses()["apiKey"] is not None)

        used = last_uses()
        assert used["clientSecret"] is None
        assert datetime.fromisoformat(str(used["apiKey"])) >= before


def test_when_a_key_was_last_used_is_written_down_before_a_store_ends(settings: Settings) -> None:
    with running_store(settings) as store:
        account = make_account(store.workshop)
        told(store, "GET", "/keys", account)

    with open_store(settings) as workshop:
        found = workshop.tools.database.read(list_credentials, publisher=account.publisher)

    assert [each.last_used_time is not None for each in found] == [True, False]
