"""The journal says what was asked and what was answered, and no secret."""

import base64

import httpx2
import pytest

from openaddons.clock import SystemClock
from openaddons.surfaces.emulator.journal import Journal
from openaddons.testing import EdgeStore
from tests.wire.emulator.asking import headers, publish, upload


def test_a_request_is_noted_with_its_answer(edge: EdgeStore) -> None:
    package = edge.package("2.0")
    answer = upload(edge, edge.product_id, package)

    (entry,) = edge.journal()

    assert (
        "POST",
        f"/v1/products/{edge.product_id}/submissions/draft/package",
        "upload",
        edge.product_id,
        202,
        len(package),
        answer.headers["x-correlation-id"],
        None,
    ) == (
        entry.method,
        entry.path,
        entry.endpoint,
        entry.product_id,
        entry.status,
        entry.body_size_bytes,
        entry.correlation_id,
        entry.fault,
    )


def test_the_correlation_id_is_that_of_the_answer_from_memory_too(edge: EdgeStore) -> None:
    base = f"/v1/products/{edge.product_id}/submissions"
    operation_id = publish(edge, edge.product_id).headers["location"]
    answers = [edge.http.get(f"{base}/operations/{operation_id}", headers=headers(edge)) for _ in range(3)]

    ids = [entry.correlation_id for entry in edge.journal() if entry.endpoint == "publishStatus"]

    assert [answer.headers["x-correlation-id"] for answer in answers] == ids


def test_no_secret_is_noted(edge: EdgeStore) -> None:
    basic = base64.b64encode(f"{edge.client_id}:{edge.client_secret}".encode()).decode()
    form = {"scope": "x/.default", "grant_type": "client_credentials"}
    given = {"Authorization": f"Basic {basic}", "Cookie": "session=crumbs", "X-My-Key": "hush"}
    token = httpx2.post(edge.token_url, data=form, headers=given, trust_env=False).json()["access_token"]
    publish(edge, edge.product_id)
    edge.http.get("/updates", headers={"Authorization": f"Bearer {token}"})
    edge.http.get("/updates", headers={"Authorization": edge.api_key})

    text = edge.http.get("/emulator/journal").text

    secrets = (basic, edge.client_secret, edge.api_key, token, "crumbs", "hush")
    assert [secret for secret in secrets if secret in text] == []
    assert [entry.headers["authorization"] for entry in edge.journal()] == [
        "Basic [hidden]",
        "ApiKey [hidden]",
        "Bearer [hidden]",
        "[hidden]",
    ]
    assert [name for name in edge.journal()[0].headers if name in {"cookie", "x-my-key"}] == [
        "cookie",
        "x-my-key",
    ]


def test_the_newest_thousand_are_kept() -> None:
    journal = Journal(SystemClock())
    for number in range(1010):
        journal.begin({"method": "GET", "path": f"/none/{number}", "headers": []})

    kept = [entry.path for entry in journal.entries]

    assert (len(kept), kept[0], kept[-1]) == (1000, "/none/10", "/none/1009")


def test_those_after_a_number_are_shown(edge: EdgeStore) -> None:
    for number in range(3):
        edge.http.get(f"/none/{number}")
    first = edge.journal()[0].number

    newest = edge.http.get("/emulator/journal", params={"after": first}).json()["entries"]

    assert [each["path"] for each in newest] == ["/none/1", "/none/2"]


def test_the_controls_are_not_noted(edge: EdgeStore) -> None:
    edge.http.get("/emulator")
    edge.http.get("/emulators")

    assert [entry.path for entry in edge.journal()] == ["/emulators"]


def test_the_journal_can_be_cleared(edge: EdgeStore) -> None:
    publish(edge, edge.product_id)
    edge.http.delete("/emulator/journal")

    assert edge.journal() == []


@pytest.mark.parametrize("after", ["-1", "x", "9" * 40])
def test_a_number_that_is_none_is_refused(edge: EdgeStore, after: str) -> None:
    answer = edge.http.get("/emulator/journal", params={"after": after})

    assert (answer.status_code, answer.json()["message"]) == (400, "after: give a number.")
