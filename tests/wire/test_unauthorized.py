"""401: who is not known, and how the answer says which scheme it wants."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openaddons.store.products import Product
from openaddons.store.publishers import CredentialKind, Principal, list_credentials, revoke_credential
from openaddons.surfaces.gate import make_token
from tests.stores import Account, RunningStore
from tests.wire.calls import CALLS, NOBODYS_GUID, bearer, call, error, make, new_key
from tests.wire.conftest import new_account, new_product

BOTH = ["ApiKey", "Bearer"]
API_KEY = ["ApiKey"]
BEARER = ['Bearer error="invalid_token"']
WRONG_KEY = "The API key is not valid for this client ID. Check X-ClientID and the key."
MISSING = "Credentials are missing. Send Authorization: ApiKey and X-ClientID, or Authorization: Bearer."
NO_JWT = "Invalid JWT. Ask the token endpoint for a new access token."


@pytest.fixture(scope="module")
def account(store: RunningStore) -> Account:
    """One publisher for all tests of this module: a product's signing key takes its time."""
    return new_account(store)


@pytest.fixture(scope="module")
def product(store: RunningStore, account: Account) -> Product:
    return new_product(store, account)


def refused(answer: Any, message: str, schemes: list[str]) -> None:
    assert (answer.status_code, answer.json()) == (401, error(401, message))
    assert answer.headers.get_list("www-authenticate") == schemes


@pytest.mark.parametrize("name", CALLS)
def test_a_request_without_credentials_is_asked_for_either_kind(
    store: RunningStore, product: Product, name: str
) -> None:
    refused(make(store, call(name, product.id), {}), MISSING, BOTH)


@pytest.mark.parametrize(
    ("authorization", "message", "schemes"),
    [
        ("", MISSING, BOTH),
        ("Basic YTpi", MISSING, BOTH),
        ("oak_without_a_scheme", MISSING, BOTH),
        ("ApiKey", WRONG_KEY, API_KEY),
        ("ApiKey short", WRONG_KEY, API_KEY),
        ("ApiKey oak_" + "x" * 49, WRONG_KEY, API_KEY),
        ("Bearer", NO_JWT, BEARER),
        ("Bearer no.token.atall", NO_JWT, BEARER),
        ("Bearer eyJhbGciOiJub25lIn0.e30.", NO_JWT, BEARER),
        ("Bearer \xfcber.straigh\xe4.t", NO_JWT, BEARER),
        ("ApiKey " + "x" * 5000, "The Authorization header is too long.", BOTH),
    ],
)
def test_malformed_credentials_are_refused_for_their_scheme(
    store: RunningStore,
    account: Account,
    product: Product,
    authorization: str,
    message: str,
    schemes: list[str],
) -> None:
    headers = {b"X-ClientID": account.publisher.client_id.encode()}
    answer = store.http.get(
        call("publish status", product.id).path,
        headers=headers | {b"Authorization": authorization.encode("latin-1")},
    )

    refused(answer, message, schemes)


def test_a_key_that_is_not_ascii_is_refused(store: RunningStore, account: Account, product: Product) -> None:
    key = "oak_" + "x" * 43 + "\xfcber\xe4\xe4"
    headers = {b"X-ClientID": account.publisher.client_id.encode()}

    answer = store.http.get(
        call("publish status", product.id).path,
        headers=headers | {b"Authorization": f"ApiKey {key}".encode("latin-1")},
    )

    refused(answer, WRONG_KEY, API_KEY)


def test_a_well_formed_key_that_is_nobodys_is_refused(
    store: RunningStore, account: Account, product: Product
) -> None:
    other = new_account(store)

    for key in (other.api_key, account.client_secret):
        headers = account.headers | {"Authorization": f"ApiKey {key}"}
        refused(make(store, call("publish", product.id), headers), WRONG_KEY, API_KEY)


@pytest.mark.parametrize("client_id", [None, "", "not-a-guid", "00000000-0000-0000-0000-000000000000"])
def test_a_key_without_its_client_id_is_refused(
    store: RunningStore, account: Account, product: Product, client_id: str | None
) -> None:
    headers = {"Authorization": f"ApiKey {account.api_key}"}
    if client_id is not None:
        headers["X-ClientID"] = client_id

    refused(make(store, call("upload", product.id), headers), WRONG_KEY, API_KEY)


def test_an_expired_key_is_refused_and_its_end_is_said(
    store: RunningStore, account: Account, product: Product
) -> None:
    _, headers = new_key(store, account, lifetime=timedelta(days=-1))
    ended = datetime.now(UTC) - timedelta(days=1)

    refused(
        make(store, call("upload", product.id), headers),
        f"The API key expired on {ended:%Y-%m-%d}. Make a new one.",
        API_KEY,
    )


def test_a_revoked_key_is_refused_with_the_next_request(
    store: RunningStore, account: Account, product: Product
) -> None:
    credential_id, headers = new_key(store, account, lifetime=timedelta(days=1))
    asked = call("publish status", product.id)
    assert make(store, asked, headers).status_code == 404  # good, and remembered as good

    store.workshop.tools.database.run(revoke_credential, credential_id=credential_id, actor="test")

    refused(make(store, asked, headers), "The API key was revoked. Use another one.", API_KEY)


def test_a_revoked_key_does_not_get_answers_from_memory(
    store: RunningStore, account: Account, published: Product
) -> None:
    credential_id, headers = new_key(store, account, lifetime=timedelta(days=1))
    operation_id = store.publish(account, published.id)
    store.status(account, published.id, operation_id)
    asked = call("publish status", published.id, operation_id)
    assert make(store, asked, headers).status_code == 200

    store.workshop.tools.database.run(revoke_credential, credential_id=credential_id, actor="test")

    assert make(store, asked, headers).status_code == 401


def test_the_token_of_a_revoked_secret_is_refused(store: RunningStore) -> None:
    account = new_account(store)
    headers = bearer(store, account)
    asked = call("publish status", NOBODYS_GUID)
    assert make(store, asked, headers).status_code == 404
    database = store.workshop.tools.database
    (secret,) = (
        each
        for each in database.read(list_credentials, publisher=account.publisher)
        if each.kind is CredentialKind.CLIENT_SECRET
    )

    database.run(revoke_credential, credential_id=secret.id, actor="test")

    message = "Invalid JWT. The client secret behind it was revoked. Use another one."
    refused(make(store, asked, headers), message, BEARER)


def test_an_expired_token_is_refused(store: RunningStore, account: Account, product: Product) -> None:
    tools = store.workshop.tools
    credential = tools.database.read(list_credentials, publisher=account.publisher)[-1]
    token = make_token(
        Principal(
            account.publisher.id, account.publisher.client_id, credential.id, None, credential.expires_time
        ),
        key=tools.master_key.derive("access tokens"),
        now=datetime.now(UTC) - timedelta(hours=2),
        tenant_id=account.publisher.tenant_id,
    )

    answer = make(store, call("upload", product.id), {"Authorization": f"Bearer {token}"})

    refused(answer, "Invalid JWT. The access token has expired; ask for a new one.", BEARER)


def test_a_token_of_another_store_is_refused(store: RunningStore, account: Account, product: Product) -> None:
    credential = store.workshop.tools.database.read(list_credentials, publisher=account.publisher)[-1]
    token = make_token(
        Principal(
            account.publisher.id, account.publisher.client_id, credential.id, None, credential.expires_time
        ),
        key=b"another store's key, of 32 bytes!",
        now=datetime.now(UTC),
        tenant_id=account.publisher.tenant_id,
    )

    answer = make(store, call("upload", product.id), {"Authorization": f"Bearer {token}"})

    refused(answer, NO_JWT, BEARER)


def test_the_token_of_a_secret_that_is_not_there_is_refused(
    store: RunningStore, account: Account, product: Product
) -> None:
    """As after a backup of an earlier day was put back: the signature is good, the secret is gone."""
    tools = store.workshop.tools
    token = make_token(
        Principal(account.publisher.id, account.publisher.client_id, NOBODYS_GUID, None, datetime.now(UTC)),
        key=tools.master_key.derive("access tokens"),
        now=datetime.now(UTC),
        tenant_id=account.publisher.tenant_id,
    )

    answer = make(store, call("upload", product.id), {"Authorization": f"Bearer {token}"})

    refused(answer, "Invalid JWT. Its client secret is not known.", BEARER)


def test_scheme_names_may_be_written_in_any_case(
    store: RunningStore, account: Account, product: Product
) -> None:
    asked = call("publish status", product.id)
    token = bearer(store, account)["Authorization"]

    for authorization in (
        f"apikey {account.api_key}",
        f"APIKEY  {account.api_key}",
        token.swapcase()[:6] + token[6:],
    ):
        answer = make(store, asked, account.headers | {"Authorization": authorization})
        assert answer.status_code == 404, answer.text


def test_credentials_are_looked_at_before_the_product_and_the_body(
    store: RunningStore, product: Product
) -> None:
    for product_id in (product.id, "not-a-guid"):
        answer = store.http.post(f"/v1/products/{product_id}/submissions/draft/package", content=b"no zip")
        refused(answer, MISSING, BOTH)
