"""Good answers, exact to the header (design/api.md, "Paths")."""

import re
from typing import Any

import pytest

from openaddons.store.events import list_events
from openaddons.store.products import Product
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.calls import CALLS, bearer, call, make
from tests.wire.conftest import new_account, new_product
from tests.wire.raw import Answer, Connection

GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z"
PREFIXES = ["/v1", ""]


@pytest.fixture(scope="module")
def account(store: RunningStore) -> Account:
    """One publisher for all tests of this module: a product's signing key takes its time."""
    return new_account(store)


@pytest.fixture(scope="module")
def product(store: RunningStore, account: Account) -> Product:
    return new_product(store, account)


@pytest.fixture(scope="module")
def published(store: RunningStore, account: Account) -> Product:
    return make_published(store.workshop, account)


def ask(store: RunningStore, name: str, product_id: str, headers: dict[str, str], **chosen: str) -> Answer:
    """Make a call over a fresh connection and give back the answer as it came."""
    asked = call(name, product_id, **chosen)
    sized = {"Content-Length": str(len(asked.content))} if asked.method == "POST" else {}
    with Connection(store.url) as connection:
        return connection.ask(asked.method, asked.path, asked.headers | headers | sized, asked.content)


def credentials(store: RunningStore, account: Account, generation: str) -> dict[str, str]:
    return account.headers if generation == "API key" else bearer(store, account)


@pytest.mark.parametrize("generation", ["API key", "access token"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_all_four_calls_work_with_both_credentials_on_both_paths(
    store: RunningStore, account: Account, published: Product, prefix: str, generation: str
) -> None:
    headers = credentials(store, account, generation)
    for kind in ("upload", "publish"):
        accepted = ask(store, kind, published.id, headers, prefix=prefix)
        operation_id = accepted.header("location") or ""
        status = ask(store, f"{kind} status", published.id, headers, operation_id=operation_id, prefix=prefix)

        assert (accepted.status, status.status) == (202, 200)
        assert f'"id":"{operation_id}"'.encode() in status.body


@pytest.mark.parametrize("name", ["upload", "publish"])
def test_a_202_has_a_bare_location_and_nothing_else(
    store: RunningStore, account: Account, product: Product, name: str
) -> None:
    answer = ask(store, name, product.id, account.headers)

    assert (answer.status, answer.body) == (202, b"")
    assert sorted(key for key, _ in answer.headers) == [
        "content-length",
        "date",
        "location",
        "x-correlation-id",
    ]
    assert answer.header("content-length") == "0"
    assert re.fullmatch(GUID, answer.header("location") or "")
    assert re.fullmatch(GUID, answer.header("x-correlation-id") or "")


def test_a_status_has_the_keys_of_the_reference_in_their_order_and_is_compact(
    store: RunningStore, account: Account, published: Product
) -> None:
    upload_id = store.upload(account, published.id, make_zip("1.1.0"))
    store.status(account, published.id, upload_id, kind="upload")

    answer = ask(store, "upload status", published.id, account.headers, operation_id=upload_id)

    assert re.fullmatch(
        rf'{{"id":"{upload_id}","createdTime":"{TIME}","lastUpdatedTime":"{TIME}","status":"Succeeded",'
        r'"message":"Successfully updated package to sample_1\.1\.0\.zip","errorCode":"","errors":null}',
        answer.body.decode(),
    )
    assert sorted(answer.headers)[:2] == [
        ("content-length", str(len(answer.body))),
        ("content-type", "application/json; charset=utf-8"),
    ]
    assert [key for key, _ in sorted(answer.headers)[2:]] == ["date", "x-correlation-id"]


def test_a_failed_publish_has_its_errors_as_objects(store: RunningStore, account: Account) -> None:
    published = make_published(store.workshop, account)
    upload_id = store.upload(account, published.id, make_zip("0.1"))
    store.status(account, published.id, upload_id, kind="upload")
    publish_id = store.publish(account, published.id)
    store.status(account, published.id, publish_id)

    answer = ask(store, "publish status", published.id, account.headers, operation_id=publish_id)

    assert answer.body.decode().partition('"status":')[2] == (
        '"Failed","message":"Extension can\'t be published as there are submission validation failures. '
        'Fix these errors and try again later.","errorCode":"SubmissionValidationError",'
        '"errors":[{"message":"The Zip version number needs to be higher than previous version: 1.0.0"}]}'
    )


def test_an_answer_from_memory_is_the_answer_from_the_database(
    store: RunningStore, account: Account, published: Product
) -> None:
    publish_id = store.publish(account, published.id)
    store.status(account, published.id, publish_id)

    # Capitals are folded by the router alone, so that one is looked up and the other remembered.
    looked_up = ask(store, "publish status", published.id, account.headers, operation_id=publish_id.upper())
    remembered = ask(store, "publish status", published.id, account.headers, operation_id=publish_id)

    assert (looked_up.status, looked_up.body) == (remembered.status, remembered.body)
    differing = {"date", "x-correlation-id"}
    assert sorted(each for each in looked_up.headers if each[0] not in differing) == sorted(
        each for each in remembered.headers if each[0] not in differing
    )


def test_ids_may_be_in_capitals_and_have_blanks_around_them(
    store: RunningStore, account: Account, published: Product
) -> None:
    operation_id = store.publish(account, published.id)
    store.status(account, published.id, operation_id)

    for product_id, written in (
        (published.id, f"%20{operation_id}"),
        (published.id.upper(), operation_id.upper()),
        (f"%20{published.id}%20", f"%20{operation_id.upper()}%20"),
    ):
        answer = ask(store, "publish status", product_id, account.headers, operation_id=written)
        assert (answer.status, operation_id.encode() in answer.body) == (200, True)
        assert ask(store, "publish", product_id, account.headers).status == 202


def test_header_names_and_the_client_id_may_be_in_any_case(
    store: RunningStore, account: Account, published: Product
) -> None:
    client_id = account.publisher.client_id.upper()
    headers = {"authorization": f"ApiKey {account.api_key}", "X-Clientid": client_id}

    assert ask(store, "publish", published.id, headers).status == 202


@pytest.mark.parametrize("content_type", ["application/zip", "text/nonsense", ";;;"])
def test_the_content_type_of_a_status_request_is_ignored(
    store: RunningStore, account: Account, published: Product, content_type: str
) -> None:
    operation_id = store.publish(account, published.id)
    headers = account.headers | {"Content-Type": content_type}

    answer = ask(store, "publish status", published.id, headers, operation_id=operation_id)

    assert answer.status == 200


@pytest.mark.parametrize(
    "content_type",
    ["application/zip", "APPLICATION/ZIP", "application/zip; charset=utf-8", "application/zip ;boundary=x"],
)
def test_the_content_type_of_an_upload_may_have_parameters(
    store: RunningStore, account: Account, product: Product, content_type: str
) -> None:
    headers = account.headers | {"Content-Type": content_type}

    assert ask(store, "upload", product.id, headers).status == 202


@pytest.mark.parametrize("kind", ["upload", "publish"])
def test_head_gives_the_headers_of_a_status_without_its_body(
    store: RunningStore, account: Account, published: Product, kind: str
) -> None:
    operation_id = getattr(store, kind)(account, published.id, make_zip("1.1.0"))
    expected = store.status(account, published.id, operation_id, kind=kind)
    path = call(f"{kind} status", published.id, operation_id).path

    with Connection(store.url) as connection:
        answer = connection.ask("HEAD", path, account.headers)
        again = connection.ask("GET", path, account.headers)

    assert expected["id"] == operation_id
    assert (answer.status, answer.header("content-length")) == (200, str(len(again.body)))
    assert answer.header("content-type") == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("DELETE", "/v1/products/x/submissions"),
        ("POST", "/v1/products/x/submissions"),
        ("POST", "/x/oauth2/v2.0/token"),
    ],
)
def test_every_answer_has_a_correlation_id_of_its_own(store: RunningStore, method: str, path: str) -> None:
    ids = {store.http.request(method, path).headers["x-correlation-id"] for _ in range(2)}

    assert len(ids) == 2
    assert all(re.fullmatch(GUID, each) for each in ids)


@pytest.mark.parametrize("name", CALLS)
def test_an_error_has_the_type_of_json(store: RunningStore, product: Product, name: str) -> None:
    answer: Any = make(store, call(name, product.id), {})

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.content.startswith(b'{"statusCode":401,"message":"')


def test_the_correlation_id_of_an_accepted_request_is_in_the_events(
    store: RunningStore, account: Account, product: Product
) -> None:
    answer = ask(store, "publish", product.id, account.headers)
    operation_id = answer.header("location")
    assert operation_id is not None
    store.status(account, product.id, operation_id)

    events = store.workshop.tools.database.read(list_events, subject=operation_id)
    assert [(each.verb, each.correlation_id) for each in events] == [
        ("publish.failed", answer.header("x-correlation-id")),
        ("publish.accepted", answer.header("x-correlation-id")),
    ]
