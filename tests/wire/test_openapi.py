"""openapi.yaml, kept by hand, is what a running store does."""

from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
import yaml
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Route

from openaddons.store.products import Product
from openaddons.surfaces.edge import app as edge
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.conftest import new_account

PATH = Path(__file__).parent.parent.parent / "openapi.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
BODIES = st.binary(max_size=200) | st.sampled_from(
    [make_zip(), make_zip("9.9"), make_zip("nonsense"), b"PK\3\4"]
)

schemathesis.openapi.media_type("application/zip", BODIES)
SCHEMA = schemathesis.openapi.from_path(PATH)


@schemathesis.serializer("application/zip")
def _as_it_is(context: object, value: bytes) -> bytes:
    return value


OPERATIONS = [
    (method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item if method in METHODS
]


def test_the_paths_and_methods_are_those_that_are_served() -> None:
    surface = edge.EdgeSurface.__new__(edge.EdgeSurface)
    served = {
        (method, route.path)
        for route in surface.routes()
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    prefixes = [server["url"].rstrip("/") for server in DOCUMENT["servers"]]

    assert served == {
        (method, prefix + path.replace("productID", "product_id").replace("operationID", "operation_id"))
        for method, path in OPERATIONS
        for prefix in prefixes
    }


@pytest.fixture(scope="module")
def client(store: RunningStore) -> Account:
    return new_account(store)


@pytest.fixture(scope="module")
def own(store: RunningStore, client: Account) -> dict[str, str]:
    """A product in the store, and operations of it that have ended."""
    product: Product = make_published(store.workshop, client)
    publish_id = store.publish(client, product.id)
    store.status(client, product.id, publish_id)
    upload_id = store.upload(client, product.id, b"PK\3\4")
    store.status(client, product.id, upload_id, kind="upload")
    return {"productID": product.id, "uploadPackage": upload_id, "publishDraft": publish_id}


@pytest.mark.parametrize("server", ["/v1", ""])
@pytest.mark.parametrize("known", [False, True], ids=["any ids", "own ids"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_store_answers_as_the_document_says(
    store: RunningStore,
    client: Account,
    own: dict[str, str],
    method: str,
    path: str,
    known: bool,
    server: str,
) -> None:
    @hypothesis.given(case=SCHEMA[path][method].as_strategy())
    @hypothesis.settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def check(case: Any) -> None:
        """A product and an operation of one's own are good ids: then the call itself must have been seen to work."""
        if known:
            operation_id = own["uploadPackage" if "package" in path else "publishDraft"]
            ids = {"productID": own["productID"], "operationID": operation_id}
            case.path_parameters = {name: ids[name] for name in case.path_parameters}
        answer = case.call(base_url=store.url + server, headers=client.headers)
        case.validate_response(answer, checks=CHECKS)
        seen.add(answer.status_code)

    seen: set[int] = set()
    check()
    good = 202 if method == "POST" else 200
    assert (good in seen) == known


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_status_of_the_document_is_one_that_is_tested(method: str, path: str) -> None:
    """docs/api.md names a test for each; here is that the document has all of them."""
    item = DOCUMENT["paths"][path][method.lower()]
    upload, status = method == "POST" and "package" in path, method == "GET"
    expected = {"401", "404", "405", "500"}
    expected |= {"200"} if status else {"202", "408", "413", "429", "503"}
    expected |= {"400"} if upload else set()

    assert set(item["responses"]) == expected


def test_the_error_codes_are_those_of_the_outcomes() -> None:
    from openaddons.work import outcomes

    text = Path(outcomes.__file__).read_text(encoding="utf-8")
    codes = DOCUMENT["components"]["schemas"]["Operation"]["properties"]["errorCode"]["enum"]

    assert [code for code in codes if code and f'"{code}"' not in text] == []
