"""The Publish API page: keys that publishing tools use, and calls that do what they say."""

import re
import subprocess
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from openaddons.store.products import Product
from openaddons.store.publishers import Credential, list_credentials
from tests.conftest import need_program
from tests.stores import Account, RunningStore, make_draft, make_published
from tests.wire.calls import NOBODYS_GUID, new_key
from tests.wire.conftest import new_account
from tests.wire.dashboard.conftest import Browser, counting_queries

SECRET = re.compile(r'<code id="new-secret">(oa[ks]_\w+)</code>')


def page(account: Account, *path: str) -> str:
    return "/".join(("/dashboard/publishers", account.publisher.id, "api", *path))


def keys(store: RunningStore, account: Account) -> list[Credential]:
    return store.workshop.tools.database.read(list_credentials, publisher=account.publisher)


def secret_on(text: str) -> str:
    found = SECRET.search(text)
    assert found is not None, text
    return found[1]


def status_of(store: RunningStore, account: Account, secret: str) -> int:
    headers = account.headers | {"Authorization": f"ApiKey {secret}"}
    return int(store.http.get("/manage/v1/products", headers=headers).status_code)


def test_a_key_is_made_shown_once_and_works(store: RunningStore, account: Account, owner: Browser) -> None:
    made = owner.send(page(account), {"kind": "api_key", "days": "30"}, status=200)

    secret = secret_on(made.text)
    assert status_of(store, account, secret) == 200
    assert made.headers["cache-control"] == "no-store"
    again = owner.get(page(account)).text
    assert secret not in again
    newest = keys(store, account)[-1]
    assert newest.hint in again
    assert newest.expires_time - newest.created_time == timedelta(days=30)


def test_a_key_for_one_product_says_so(store: RunningStore, account: Account, owner: Browser) -> None:
    product = make_draft(store.workshop, account, name="<i>Tab</i> Tally")

    owner.send(page(account), {"kind": "client_secret", "days": "1", "product": product.id}, status=200)

    assert keys(store, account)[-1].product_id == product.id
    shown = owner.get(page(account)).text
    assert "<bdi>&lt;i&gt;Tab&lt;/i&gt; Tally</bdi>" in shown
    assert "<i>Tab" not in shown


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"kind": "password", "days": "1"}, "choose one."),
        ({"kind": "api_key", "days": "0"}, "a whole number from 1 to 3,650 is needed."),
        ({"kind": "api_key", "days": "3651"}, "a whole number from 1 to 3,650 is needed."),
        ({"kind": "api_key", "days": "\u0663"}, "a whole number from 1 to 3,650 is needed."),
        ({"kind": "api_key", "days": "1", "product": "<b>"}, "that is no product ID."),
        ({"kind": "api_key", "days": "1", "product": NOBODYS_GUID}, "the publisher has no such product."),
    ],
)
def test_what_cannot_be_is_told_beside_the_form_and_what_was_typed_stays(
    store: RunningStore, account: Account, owner: Browser, fields: dict[str, str], problem: str
) -> None:
    answer = owner.send(page(account), fields, status=400)

    assert problem in answer.text
    assert len(keys(store, account)) == 2
    if fields.get("product") == NOBODYS_GUID:
        assert f'value="{NOBODYS_GUID}"' in answer.text


def test_a_product_of_somebody_else_is_as_one_that_does_not_exist(
    store: RunningStore, account: Account, owner: Browser
) -> None:
    foreign = make_draft(store.workshop, new_account(store))

    answer = owner.send(page(account), {"kind": "api_key", "days": "1", "product": foreign.id}, status=400)

    assert "the publisher has no such product." in answer.text


def test_a_key_is_replaced_with_an_overlap(store: RunningStore, account: Account, owner: Browser) -> None:
    (old, _) = keys(store, account)

    made = owner.send(page(account, old.id, "rotate"), {"overlap": "24"}, page=page(account), status=200)

    assert status_of(store, account, secret_on(made.text)) == 200
    assert status_of(store, account, account.api_key) == 200
    (old, _, new) = keys(store, account)
    ends = old.expires_time - datetime.now(UTC)
    assert timedelta(hours=23) < ends < timedelta(hours=25)
    assert new.kind == old.kind


def test_a_key_is_revoked(store: RunningStore, account: Account, owner: Browser) -> None:
    (own, _) = keys(store, account)

    owner.send(page(account, own.id, "revoke"), page=page(account))

    assert status_of(store, account, account.api_key) == 401
    text = owner.get(f"{page(account)}?notice=key-revoked").text
    assert "The key is revoked" in text


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
def test_a_key_of_somebody_else_is_not_there(
    store: RunningStore, account: Account, owner: Browser, verb: str
) -> None:
    other = new_account(store)
    (foreign, _) = keys(store, other)

    owner.send(page(account, foreign.id, verb), {"overlap": "0"}, page=page(account), status=404)

    assert status_of(store, other, other.api_key) == 200


@pytest.mark.parametrize("generation", ["api-key", "token"])
def test_the_calls_do_what_they_say(
    store: RunningStore, account: Account, owner: Browser, generation: str
) -> None:
    """The lines that lead to the credentials, typed into a shell, with a request of the API after them."""
    bash, _ = need_program("bash", hint="install it"), need_program("curl", hint="install it")
    product = make_published(store.workshop, account)
    text = owner.get(page(account)).text
    found = re.search(rf'<pre id="calls-{generation}" tabindex="0">(.*?)</pre>', text, re.DOTALL)
    assert found is not None
    lines, _, _ = unescape(found[1]).partition("# Upload the package.")
    assert f"/v1/products/{product.id}/submissions" in lines

    asked = f'{lines}\ncurl -s "${{AUTH[@]}}" "$SUBMISSIONS/operations/{NOBODYS_GUID}"'
    answer = subprocess.run(
        [bash, "-c", asked],
        env={
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "EDGE_ADDONS_API_KEY": account.api_key,
            "EDGE_ADDONS_CLIENT_SECRET": account.client_secret,
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout == '{"statusCode":404,"message":"Resource not found."}', answer.stderr


def test_the_page_asks_as_often_for_many_keys_as_for_few(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    def asked() -> int:
        with counting_queries(store) as statements:
            owner.get(page(account))
        return len(statements)

    few = asked()
    for _ in range(5):
        new_key(store, account, lifetime=timedelta(days=1), product_id=product.id)
        make_draft(store.workshop, account)

    assert asked() == few
