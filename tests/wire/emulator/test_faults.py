"""Fault rules: what is asked for happens, to whom it is asked for, as often as it is asked for."""

import asyncio
import io
from typing import Any

import httpx2
import pytest

from openaddons import client
from openaddons.errors import ControlRefused
from openaddons.surfaces.emulator.gate import Faults
from openaddons.surfaces.emulator.wire import EndpointName, FaultRule
from openaddons.surfaces.updates.app import STORE_PATHS
from openaddons.testing import EdgeStore
from tests.wire.calls import NOBODYS_GUID
from tests.wire.emulator.asking import headers, outcome, publish, quick_client, status, upload

ZIP = b"PK\x03\x04"


def ask(edge: EdgeStore, endpoint: str) -> Any:
    """One request to an endpoint."""
    base = f"/v1/products/{edge.product_id}"
    requests = {
        "upload": ("POST", f"{base}/submissions/draft/package"),
        "uploadStatus": ("GET", f"{base}/submissions/draft/package/operations/{NOBODYS_GUID}"),
        "publish": ("POST", f"{base}/submissions"),
        "publishStatus": ("GET", f"{base}/submissions/operations/{NOBODYS_GUID}"),
        "token": ("POST", edge.token_url.removeprefix(edge.url)),
        "manage": ("GET", "/manage/v1/products"),
        "updates": ("GET", "/updates"),
        "packages": ("GET", f"/packages/{edge.crx_id}/{'0' * 64}.crx"),
    }
    method, path = requests[endpoint]
    return edge.http.request(method, path, headers=headers(edge))


@pytest.mark.parametrize("endpoint", [each.value for each in EndpointName])
def test_a_rule_is_for_its_endpoint_alone(edge: EdgeStore, endpoint: str) -> None:
    edge.fail(endpoint, status=418, body={"pot": "short"})

    refused = [each.value for each in EndpointName if ask(edge, each.value).status_code == 418]

    assert [endpoint] == refused


def test_a_rule_without_an_endpoint_is_for_all_but_the_controls(edge: EdgeStore) -> None:
    edge.fail(status=500)

    assert {500} == {ask(edge, each.value).status_code for each in EndpointName}
    assert edge.http.get("/emulator").status_code == 200


def test_a_rule_for_update_checks_holds_at_the_paths_of_the_public_stores_too(edge: EdgeStore) -> None:
    edge.fail("updates", status=500)

    answered = {edge.http.get(path).status_code for path in STORE_PATHS}

    assert answered == {500}


def test_a_rule_can_be_for_one_product(edge: EdgeStore) -> None:
    other = edge.seed([{"name": "Other", "products": [{}]}])[0]["products"][0]["id"]
    edge.fail("publish", product_id=other.upper(), status=500)

    assert [publish(edge, edge.product_id).status_code, publish(edge, other).status_code] == [202, 500]


def test_a_rule_happens_as_often_as_it_says(edge: EdgeStore) -> None:
    edge.fail("publish", status=503, times=2)

    assert [publish(edge, edge.product_id).status_code for _ in range(3)] == [503, 503, 202]
    assert edge.http.get("/emulator/faults").json()["faults"] == []


def test_the_first_rule_that_fits_decides(edge: EdgeStore) -> None:
    edge.fail("publish", status=503, times=1)
    edge.fail(status=500, times=1)

    assert [publish(edge, edge.product_id).status_code for _ in range(3)] == [503, 500, 202]


def test_a_rule_goes_before_a_reserved_product(edge: EdgeStore) -> None:
    edge.fail("publish", status=202, headers={"Location": NOBODYS_GUID}, times=1)
    product_id = edge.reserved("http-500")

    assert [publish(edge, product_id).status_code for _ in range(2)] == [202, 500]


def test_rules_can_be_cleared(edge: EdgeStore) -> None:
    edge.fail(status=500)
    edge.clear_faults()

    assert publish(edge, edge.product_id).status_code == 202


def test_an_answer_is_made_of_what_was_given(edge: EdgeStore) -> None:
    edge.fail("publish", status=429, headers={"Retry-After": "7"}, body="slow down", times=1)

    answer = publish(edge, edge.product_id)

    assert (answer.status_code, answer.headers["retry-after"], answer.text) == (429, "7", "slow down")


def test_headers_alone_leave_the_stores_body(edge: EdgeStore) -> None:
    edge.fail("publish", status=429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})

    answer = publish(edge, edge.product_id)

    assert answer.headers["retry-after"] == "Wed, 21 Oct 2026 07:28:00 GMT"
    assert answer.json() == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds."}


def test_a_status_that_the_store_never_answers_has_the_same_form(edge: EdgeStore) -> None:
    edge.fail("publish", status=502)

    assert publish(edge, edge.product_id).json() == {"statusCode": 502, "message": "Bad Gateway"}


@pytest.mark.parametrize(
    ("drop", "then"), [("beforeCommit", "NoModulesUpdated"), ("afterCommit", "")], ids=["before", "after"]
)
def test_a_dropped_upload_has_reached_the_store_or_not(edge: EdgeStore, drop: str, then: str) -> None:
    edge.fail("upload", drop=drop, times=1)

    with pytest.raises(httpx2.RemoteProtocolError):
        upload(edge, edge.product_id, edge.package("2.0"))

    # The publish comes after whatever was accepted, and finds it in the draft.
    assert then == outcome(edge, edge.product_id, kind="publish")["errorCode"]


def test_a_large_upload_is_read_to_its_end_before_the_connection_is_dropped(edge: EdgeStore) -> None:
    edge.fail("upload", drop="beforeCommit")
    package = ZIP + bytes(3_000_000)

    with pytest.raises(httpx2.RemoteProtocolError):
        upload(edge, edge.product_id, package)

    assert [len(package)] == [entry.body_size_bytes for entry in edge.journal()]


def test_an_answer_can_be_cut_in_half(edge: EdgeStore) -> None:
    operation_id = upload(edge, edge.product_id, edge.package("2.0")).headers["location"]
    whole = status(edge, edge.product_id, operation_id, kind="upload")
    edge.fail("uploadStatus", truncate=True, times=1)

    with pytest.raises(httpx2.RemoteProtocolError, match="without sending complete message body"):
        status(edge, edge.product_id, operation_id, kind="upload")

    again = status(edge, edge.product_id, operation_id, kind="upload")
    assert whole.text == again.text


def test_a_delay_comes_before_the_stores_own_answer(edge: EdgeStore) -> None:
    edge.fail("publish", delay_seconds=0.2, times=1)

    answer = publish(edge, edge.product_id)

    assert answer.status_code == 202
    assert answer.elapsed.total_seconds() >= 0.2


def test_the_client_survives_what_passes(edge: EdgeStore) -> None:
    edge.fail("upload", status=503, times=1)
    edge.fail("uploadStatus", truncate=True, times=1)
    edge.fail("publish", status=429, times=1)
    edge.fail("publishStatus", status=500, times=1)

    with quick_client(edge) as store:
        upload_id = store.upload(edge.product_id, io.BytesIO(edge.package("2.0")))
        store.wait_upload(edge.product_id, upload_id)
        ended = store.wait_publish(edge.product_id, store.publish(edge.product_id))

    assert client.OperationStatus.SUCCEEDED is ended.status
    assert [entry.status for entry in edge.journal() if entry.endpoint == "publish"].count(202) == 1


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (b"{", "The body is not JSON."),
        (b"[" * 100_000, "The body is not JSON."),
        (b"{}", "say what happens: status, drop, truncate or delaySeconds"),
        (b'{"status":500,"drop":"afterCommit"}', "give one of status, drop and truncate"),
        (b'{"status":99}', "status: Input should be greater than or equal to 200"),
        (b'{"status":520}', "give the body: HTTP has no words for status 520"),
        (b'{"status":204,"body":"x"}', "an answer with status 204 has no body"),
        (b'{"status":500,"headers":{"Content-Length":"1"}}', "the emulator itself says how long the body is"),
        (b'{"status":500,"headers":{"A":"b\\r\\nC: d"}}', "headers.A: String should match pattern"),
        (b'{"body":"x","truncate":true}', "headers and body need a status"),
        (b'{"status":500,"endpoint":"all"}', "endpoint: Input should be 'upload'"),
        (b'{"status":500,"productId":"1"}', "productId: give a GUID"),
        (b'{"status":500,"time":1}', "time: Extra inputs are not permitted"),
        (b'{"status":500,"times":0}', "times: Input should be greater than or equal to 1"),
        (b'{"delaySeconds":NaN}', "delaySeconds: Input should be a finite number"),
        (b'{"delaySeconds":61}', "delaySeconds: Input should be less than or equal to 60"),
        (b'"' + b"x" * 1_000_001 + b'"', "The body is larger than 1000000 bytes."),
    ],
    ids=range(17),
)
def test_a_rule_that_makes_no_sense_is_refused_with_the_reason(
    edge: EdgeStore, rule: bytes, problem: str
) -> None:
    answer = edge.http.post("/emulator/faults", content=rule)

    assert (answer.status_code, answer.json()["statusCode"]) == (400, 400)
    assert problem in answer.json()["message"]


def test_there_are_not_more_than_a_thousand_rules() -> None:
    faults, rule = Faults(), FaultRule(status=500)
    for _ in range(1000):
        faults.add(rule)

    with pytest.raises(ControlRefused, match="There are 1000 rules"):
        faults.add(rule)


def test_a_fault_of_the_management_api_is_told_in_its_form(edge: EdgeStore) -> None:
    edge.fail("manage", status=404, times=1)
    edge.fail("manage", status=502, times=1)

    answers = [edge.http.get("/manage/v1/products", headers=headers(edge)) for _ in range(3)]

    assert [answer.headers["content-type"].partition(";")[0] for answer in answers] == [
        "application/problem+json",
        "application/problem+json",
        "application/json",
    ]
    assert [answers[0].json()["code"], answers[1].json()["code"]] == ["NotFound", "Forced"]


def test_the_client_does_not_take_a_fault_for_another_kind_of_store(edge: EdgeStore) -> None:
    edge.fail("manage", status=404, times=1)

    with quick_client(edge) as store:
        with pytest.raises(client.NotFound) as raised:
            store.product(edge.product_id)
        assert store.product(edge.product_id).state == "In the store"

    assert type(raised.value) is client.NotFound


def test_the_client_finds_a_publish_again_whose_answer_was_lost(edge: EdgeStore) -> None:
    edge.fail("publish", drop="afterCommit", times=1)

    with quick_client(edge) as store:
        store.wait_upload(edge.product_id, store.upload(edge.product_id, io.BytesIO(edge.package("2.0"))))
        ended = store.wait_publish(edge.product_id, store.publish(edge.product_id))

    assert ended.status is client.OperationStatus.SUCCEEDED
    assert [entry.status for entry in edge.journal() if entry.endpoint == "publish"] == [None]


def test_the_client_for_asyncio_is_pointed_there_too(edge: EdgeStore) -> None:
    product_id = edge.reserved("upload-refused")

    async def upload_and_wait() -> None:
        async with edge.async_client() as store:
            operation_id = await store.upload(product_id, io.BytesIO(edge.package("2.0")))
            await store.wait_upload(product_id, operation_id)

    with pytest.raises(client.PackageRefused):
        asyncio.run(upload_and_wait())
