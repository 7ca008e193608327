"""What the store says of its management API is what it does."""

from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from openaddons.surfaces.manage.app import ENDPOINTS, PREFIX
from openaddons.surfaces.manage.endpoints import Endpoint
from openaddons.surfaces.manage.openapi import describe_api
from openaddons.work.images import FORMATS
from tests.pictures import picture
from tests.stores import Account, RunningStore, make_published
from tests.wire.conftest import new_account
from tests.wire.manage.asking import told

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
schemathesis.openapi.format("uri", st.sampled_from(["http://127.0.0.1:1/", "https://[", "about:blank"]))
for media_type in FORMATS.values():
    schemathesis.openapi.media_type(media_type, st.sampled_from([picture(), b"", b"no picture"]))
DOCUMENT = describe_api(ENDPOINTS, prefix=PREFIX)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


def test_the_store_describes_itself_to_anybody(store: RunningStore) -> None:
    answer = store.http.get("/manage/v1/openapi.json")

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json() == DOCUMENT


def test_every_endpoint_is_described_once() -> None:
    described = [
        (method, operation["operationId"])
        for item in DOCUMENT["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]

    assert sorted(described) == sorted((each.method.lower(), each.name) for each in ENDPOINTS)
    assert len({each.name for each in ENDPOINTS}) == len(ENDPOINTS)


@pytest.fixture(scope="module")
def client(store: RunningStore) -> Account:
    return new_account(store)


@pytest.fixture(scope="module")
def own(store: RunningStore, client: Account) -> dict[str, str]:
    """Ids that are good for this client."""
    product = make_published(store.workshop, client)
    submission = told(store, "GET", f"/products/{product.id}", client)["submission"]
    key = told(store, "POST", "/keys", client)
    webhook = told(store, "POST", "/webhooks", client, json={"url": "http://127.0.0.1:1/"})
    told(store, "PUT", f"/products/{product.id}/draft/listing/en", client, json={"content": {}})
    return {
        "productId": product.id,
        "submissionId": submission["id"],
        "keyId": key["id"],
        "webhookId": webhook["id"],
        "deliveryId": told(store, "POST", f"/webhooks/{webhook['id']}/test", client)["id"],
        "language": "en",
        "version": "1.0.0",
    }


@pytest.mark.parametrize("known", [False, True], ids=["any ids", "own ids"])
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_the_store_answers_as_the_description_says(
    store: RunningStore, client: Account, own: dict[str, str], endpoint: Endpoint, known: bool
) -> None:
    @hypothesis.given(case=SCHEMA.find_operation_by_id(endpoint.name).as_strategy())
    @hypothesis.settings(
        max_examples=15,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def check(case: Any) -> None:
        if known:
            case.path_parameters = {name: own[name] for name in case.path_parameters}
        answer = case.call(base_url=store.url + PREFIX, headers=client.headers)
        case.validate_response(answer, checks=CHECKS)
        seen.add(answer.status_code)

    seen: set[int] = set()
    check()
    if known:
        # What the state of a product in the store does not allow is refused as a conflict.
        assert seen & {endpoint.status, 409}
