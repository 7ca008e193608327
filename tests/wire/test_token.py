"""The token endpoint: OAuth 2.0 client credentials, with the error numbers of Microsoft Entra."""

import base64
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import jwt
import pytest

from openaddons.store.products import Product
from openaddons.store.publishers import CredentialKind, create_credential, list_credentials, revoke_credential
from tests.stores import Account, RunningStore
from tests.wire.calls import NOBODYS_GUID, bearer, call, make, token_form, token_path
from tests.wire.conftest import new_account
from tests.wire.raw import Connection

SCOPE = "https://api.addons.microsoftedge.microsoft.com/.default"


def basic(client_id: str, client_secret: str) -> dict[str, str]:
    """RFC 6749 section 2.3.1: both parts are form-encoded before they are joined."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def granted(answer: Any) -> None:
    body = answer.json()
    token = body.pop("access_token")
    assert (answer.status_code, body) == (
        200,
        {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599},
    )
    assert len(jwt.get_unverified_header(token)) == 2
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"


def refused(answer: Any, status: int, code: str, number: int) -> None:
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, code, [number])
    assert list(body) == [
        "error",
        "error_description",
        "error_codes",
        "timestamp",
        "trace_id",
        "correlation_id",
    ]
    assert re.fullmatch(
        rf"AADSTS{number}: .+ Trace ID: {body['trace_id']} Correlation ID: {body['correlation_id']} "
        r"Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ",
        body["error_description"],
    )
    assert body["correlation_id"] == answer.headers["x-correlation-id"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("www-authenticate") == ('Basic realm="token"' if status == 401 else None)


def test_a_client_secret_in_the_form_gives_a_token(store: RunningStore, account: Account) -> None:
    granted(store.http.post(token_path(account), data=token_form(account)))


def test_a_client_secret_by_basic_authentication_gives_a_token(store: RunningStore, account: Account) -> None:
    form = {"scope": SCOPE, "grant_type": "client_credentials"}
    headers = basic(account.publisher.client_id, account.client_secret)

    granted(store.http.post(token_path(account), data=form, headers=headers))


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=utf-8", None],
)
def test_the_form_may_be_unescaped_in_any_order_and_of_any_type(
    store: RunningStore, account: Account, content_type: str | None
) -> None:
    """As curl and Plasmo send it: with ``://`` in the scope."""
    body = (
        f"grant_type=client_credentials&scope={SCOPE}"
        f"&client_secret={account.client_secret}&client_id={account.publisher.client_id.upper()}"
    )
    headers = {} if content_type is None else {"Content-Type": content_type}

    granted(store.http.post(token_path(account), content=body, headers=headers))


def test_a_token_works_and_another_one_may_be_asked_for_at_once(
    store: RunningStore, account: Account, product: Product
) -> None:
    """One client asks anew before every call."""
    statuses = [
        make(store, call(name, product.id), bearer(store, account)).status_code
        for name in ("upload", "publish", "upload status")
    ]

    assert statuses == [202, 202, 404]


@pytest.mark.parametrize("missing", ["grant_type", "client_id", "client_secret", "scope"])
def test_a_missing_parameter_is_named(store: RunningStore, account: Account, missing: str) -> None:
    for form in (
        token_form(account) | {missing: ""},
        {k: v for k, v in token_form(account).items() if k != missing},
    ):
        answer = store.http.post(token_path(account), data=form)

        refused(answer, 400, "invalid_request", 900144)
        assert f"'{missing}'" in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("change", "code", "number"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type", 70003),
        ({"scope": "https://example.com/user.read"}, "invalid_scope", 70011),
        ({"client_id": NOBODYS_GUID}, "unauthorized_client", 700016),
        ({"client_id": "not-a-guid"}, "unauthorized_client", 700016),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_number(
    store: RunningStore, account: Account, change: dict[str, str], code: str, number: int
) -> None:
    refused(store.http.post(token_path(account), data=token_form(account) | change), 400, code, number)


@pytest.mark.parametrize("tenant", [NOBODYS_GUID, "common", "%00"])
def test_an_unknown_tenant_is_refused(store: RunningStore, account: Account, tenant: str) -> None:
    answer = store.http.post(f"/{tenant}/oauth2/v2.0/token", data=token_form(account))

    refused(answer, 400, "invalid_request", 90002)


def test_the_tenant_of_another_publisher_is_refused(store: RunningStore, account: Account) -> None:
    other = new_account(store)

    refused(store.http.post(token_path(other), data=token_form(account)), 400, "unauthorized_client", 700016)


def test_a_wrong_secret_is_refused(store: RunningStore, account: Account) -> None:
    other = new_account(store)
    for secret in ("wrong", account.api_key, other.client_secret, f"{account.client_secret}x"):
        form = token_form(account) | {"client_secret": secret}
        refused(store.http.post(token_path(account), data=form), 401, "invalid_client", 7000215)


def test_a_revoked_secret_is_a_wrong_one(store: RunningStore, account: Account) -> None:
    database = store.workshop.tools.database
    for each in database.read(list_credentials, publisher=account.publisher):
        database.run(revoke_credential, credential_id=each.id, actor="test")

    answer = store.http.post(token_path(account), data=token_form(account))

    refused(answer, 401, "invalid_client", 7000215)


def test_an_expired_secret_is_refused_with_its_own_number(store: RunningStore, account: Account) -> None:
    _, secret = store.workshop.tools.database.run(
        create_credential,
        publisher=account.publisher,
        kind=CredentialKind.CLIENT_SECRET,
        lifetime=timedelta(days=-1),
        actor="test",
    )

    answer = store.http.post(token_path(account), data=token_form(account) | {"client_secret": secret})

    refused(answer, 401, "invalid_client", 7000222)


@pytest.mark.parametrize("value", ["!!!", base64.b64encode(b"\xff:\xff").decode(), "YWJj"])
def test_a_malformed_basic_authentication_is_refused(
    store: RunningStore, account: Account, value: str
) -> None:
    form = {"scope": SCOPE, "grant_type": "client_credentials"}
    answer = store.http.post(token_path(account), data=form, headers={"Authorization": f"Basic {value}"})

    no_secret = value == "YWJj"  # "abc", without a colon
    if no_secret:
        refused(answer, 400, "invalid_request", 900144)
    else:
        refused(answer, 401, "invalid_client", 90023)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\xff\xfe", 400),
        (b"&".join(b"x=1" for _ in range(100)), 400),
        (b"x" * 20_000, 413),
    ],
)
def test_a_body_that_is_no_form_is_refused(
    store: RunningStore, account: Account, body: bytes, status: int
) -> None:
    refused(store.http.post(token_path(account), content=body), status, "invalid_request", 90100)


def test_another_method_is_not_allowed(store: RunningStore, account: Account) -> None:
    answer = store.http.get(token_path(account))

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_connection_is_usable_after_a_refusal(store: RunningStore, account: Account) -> None:
    path = token_path(account)
    with Connection(store.url) as connection:
        assert connection.ask("POST", path, {"Content-Length": "1"}, b"x").status == 400
        assert connection.ask("POST", path, {"Content-Length": "20000"}, b"x" * 20_000).status == 413
        assert connection.ask("GET", "/healthz", {}).status == 200
