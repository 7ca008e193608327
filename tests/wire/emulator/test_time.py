"""The emulator's clock, and the pace of its operations."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from openaddons.testing import EdgeStore, EmulatorRefused
from tests.stores import wait_until
from tests.wire.emulator.asking import (
    headers,
    outcome,
    publish,
    publish_version,
    quick_client,
    status,
    upload,
)

MOMENT = datetime(2030, 1, 31, 12, tzinfo=UTC)


def test_a_frozen_clock_stands_still_and_can_be_moved(edge: EdgeStore) -> None:
    edge.set_clock(MOMENT)
    edge.freeze_clock()
    frozen = edge.clock()
    edge.advance_clock(90)

    assert [frozen + timedelta(seconds=90)] * 2 == [edge.clock(), edge.clock()]
    assert MOMENT <= frozen < MOMENT + timedelta(minutes=1)


def test_a_clock_runs_on_from_where_it_stands(edge: EdgeStore) -> None:
    edge.freeze_clock()
    edge.set_clock(MOMENT)
    edge.run_clock()

    wait_until(lambda: edge.clock() > MOMENT)
    assert edge.clock() < MOMENT + timedelta(hours=1)


def test_the_machines_clock_comes_back(edge: EdgeStore) -> None:
    edge.set_clock(MOMENT)
    edge.http.delete("/emulator/clock")

    assert abs(edge.clock() - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ({"now": "2030-01-31T12:00:00"}, "now: give the offset from UTC too"),
        ({"now": "1999-12-31T12:00:00Z"}, "from the year 2000 to 2099"),
        ({"now": "2099-12-31T12:00:00Z", "advanceSeconds": 90_000}, "from the year 2000 to 2099"),
        ({"advance": 1}, "advance: Extra inputs are not permitted"),
    ],
)
def test_a_clock_setting_that_makes_no_sense_is_refused(
    edge: EdgeStore, setting: dict[str, Any], problem: str
) -> None:
    answer = edge.http.put("/emulator/clock", json=setting)

    assert answer.status_code == 400
    assert problem in answer.json()["message"]


def test_operations_are_stamped_by_the_clock(edge: EdgeStore) -> None:
    edge.advance_clock(86_400)
    edge.freeze_clock()

    ended = outcome(edge, edge.product_id, kind="publish")

    assert edge.clock() == datetime.fromisoformat(ended["createdTime"])


def test_answers_are_dated_by_the_clock(edge: EdgeStore) -> None:
    edge.set_clock(MOMENT)
    edge.freeze_clock()
    edge.set_clock(MOMENT)

    answers = [publish(edge, edge.product_id), edge.http.get("/emulator"), edge.http.get("/none")]

    assert [answer.headers["date"] for answer in answers] == ["Thu, 31 Jan 2030 12:00:00 GMT"] * 3


def test_a_lost_publish_is_found_again_whatever_the_clock_says(edge: EdgeStore) -> None:
    edge.advance_clock(timedelta(days=30).total_seconds())
    edge.fail("publish", drop="afterCommit", times=1)

    with quick_client(edge) as store:
        operation_id = store.publish(edge.product_id)

    found = status(edge, edge.product_id, operation_id, kind="publish").json()
    assert found["errorCode"] == "NoModulesUpdated"
    assert [entry.status for entry in edge.journal() if entry.endpoint == "publish"] == [None]


def test_an_api_key_expires_by_the_clock(edge: EdgeStore) -> None:
    before = publish(edge, edge.product_id)
    edge.advance_clock(timedelta(days=73).total_seconds())
    after = publish(edge, edge.product_id)
    edge.advance_clock(-timedelta(days=73).total_seconds())

    assert [
        before.status_code,
        after.status_code,
        publish(edge, edge.product_id).status_code,
    ] == [202, 401, 202]
    assert "The API key expired on" in after.json()["message"]


def test_an_access_token_expires_by_the_clock(edge: EdgeStore) -> None:
    form = {
        "client_id": edge.client_id,
        "client_secret": edge.client_secret,
        "scope": "https://api.addons.microsoftedge.microsoft.com/.default",
        "grant_type": "client_credentials",
    }
    token = httpx2.post(edge.token_url, data=form, trust_env=False).json()["access_token"]
    path = f"/v1/products/{edge.product_id}/submissions"

    codes = []
    for seconds in (0, 3600):
        edge.advance_clock(seconds)
        answer = edge.http.post(path, headers={"Authorization": f"Bearer {token}"})
        codes.append(answer.status_code)

    assert codes == [202, 401]


def test_a_delayed_certification_becomes_due_by_the_clock(edge: EdgeStore) -> None:
    product = {"certification": "delayed", "certificationDelaySeconds": 86_400}
    account = edge.seed([{"name": "Careful", "products": [product]}])[0]
    (seeded,) = account["products"]
    credentials = {"Authorization": f"ApiKey {account['apiKey']}", "X-ClientID": account["clientId"]}
    base = f"/v1/products/{seeded['id']}/submissions"
    edge.http.post(
        f"{base}/draft/package",
        content=edge.package("2.0"),
        headers=credentials | {"Content-Type": "application/zip"},
    )
    accepted = edge.http.post(base, headers=credentials)
    edge.http.get(f"{base}/operations/{accepted.headers['location']}", headers=credentials)

    before = offered(edge, seeded["crxId"])
    edge.advance_clock(86_400)

    wait_until(lambda: offered(edge, seeded["crxId"]) == "2.0")
    assert before == "1.0.0"


def offered(edge: EdgeStore, crx_id: str) -> str:
    """The version that browsers are offered now."""
    answer = edge.http.get("/updates", params={"x": f"id={crx_id}&v=0.1&uc"}).text
    return answer.partition("<updatecheck")[2].partition(' version="')[2].partition('"')[0]


def test_operations_end_at_once_unless_a_pace_is_set(edge: EdgeStore) -> None:
    assert outcome(edge, edge.product_id, kind="upload", package=edge.package("2.0"))["status"] == "Succeeded"


def test_an_operation_stays_in_progress_for_so_many_polls(edge: EdgeStore) -> None:
    edge.progress(polls=2)
    operation_id = upload(edge, edge.product_id, edge.package("2.0")).headers["location"]

    states = [
        status(edge, edge.product_id, operation_id, kind="upload", prefer="wait=0").json()["status"]
        for _ in range(3)
    ]

    assert states == ["InProgress", "InProgress", "Succeeded"]


def test_an_operation_stays_in_progress_for_so_many_seconds_of_the_clock(edge: EdgeStore) -> None:
    edge.freeze_clock()
    edge.progress(seconds=30)
    operation_id = upload(edge, edge.product_id, edge.package("2.0")).headers["location"]

    states = []
    for seconds in (0, 29, 1):
        edge.advance_clock(seconds)
        states.append(status(edge, edge.product_id, operation_id, kind="upload").json()["status"])

    assert states == ["InProgress", "InProgress", "Succeeded"]


def test_what_is_behind_a_held_operation_is_held_too(edge: EdgeStore) -> None:
    edge.progress(polls=1)
    upload_id = upload(edge, edge.product_id, edge.package("2.0")).headers["location"]
    publish_id = publish(edge, edge.product_id).headers["location"]

    behind = [status(edge, edge.product_id, publish_id, kind="publish").json()["status"] for _ in range(3)]
    first = [status(edge, edge.product_id, upload_id, kind="upload").json()["status"] for _ in range(2)]

    assert (behind, first) == (["InProgress"] * 3, ["InProgress", "Succeeded"])
    ended = status(edge, edge.product_id, publish_id, kind="publish").json()
    assert ended["status"] == "Succeeded"


def test_operations_that_are_held_end_when_the_pace_is_lifted(edge: EdgeStore) -> None:
    edge.progress(seconds=None)
    operation_id = upload(edge, edge.product_id, edge.package("2.0")).headers["location"]
    held = status(edge, edge.product_id, operation_id, kind="upload").json()["status"]
    edge.progress()

    ended = status(edge, edge.product_id, operation_id, kind="upload").json()["status"]

    assert (held, ended) == ("InProgress", "Succeeded")


def test_a_pace_that_makes_no_sense_is_refused(edge: EdgeStore) -> None:
    with pytest.raises(EmulatorRefused, match="polls: Input should be greater than or equal to 0"):
        edge.progress(polls=-1)


def test_seeding_does_not_wait_for_the_pace(edge: EdgeStore) -> None:
    edge.progress(seconds=None)

    added = edge.seed([{"name": "Other", "products": [{}]}])

    assert [each["state"] for each in added[0]["products"]] == ["In the store"]


def test_a_release_is_offered_by_the_emulator_too(edge: EdgeStore) -> None:
    publish_version(edge, "3.0")

    wait_until(lambda: offered(edge, edge.crx_id) == "3.0")
    assert headers(edge)["X-ClientID"] == edge.client_id
