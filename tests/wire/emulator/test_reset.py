"""A reset brings back where the emulator began, whatever was done to it; a seed says where that is."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openaddons.client import CredentialsRejected, NotFound
from openaddons.errors import ControlRefused
from openaddons.packages.crx3 import crx_id
from openaddons.surfaces.emulator.seed import read_seed
from openaddons.testing import EdgeStore, EmulatorRefused, emulator
from tests.stores import wait_until
from tests.wire.emulator.asking import headers, outcome, publish, publish_version, status, upload
from tests.wire.emulator.test_time import offered


def test_a_version_that_was_published_can_be_published_again(edge: EdgeStore) -> None:
    for _ in range(3):
        publish_version(edge, "2.0")
        edge.reset()

    assert outcome(edge, edge.product_id, kind="publish")["errorCode"] == "NoModulesUpdated"


def test_an_operation_is_gone_even_where_it_is_answered_from_memory(edge: EdgeStore) -> None:
    operation_id = publish(edge, edge.product_id).headers["location"]
    before = [status(edge, edge.product_id, operation_id, kind="publish").status_code for _ in range(2)]
    edge.reset()

    after = status(edge, edge.product_id, operation_id, kind="publish").status_code

    assert (before, after) == ([200, 200], 404)


def test_browsers_are_offered_what_was_there_at_the_beginning(edge: EdgeStore) -> None:
    publish_version(edge, "2.0")
    wait_until(lambda: offered(edge, edge.crx_id) == "2.0")
    edge.reset()

    assert offered(edge, edge.crx_id) == "1.0.0"


def test_browsers_are_offered_nothing_of_a_product_that_was_seeded_since(edge: EdgeStore) -> None:
    (added,) = edge.seed([{"name": "Other", "products": [{}]}])
    crx_id = added["products"][0]["crxId"]
    before = offered(edge, crx_id)
    edge.reset()

    assert (before, offered(edge, crx_id)) == ("1.0.0", "")


def test_faults_journal_clock_and_pace_are_gone(edge: EdgeStore) -> None:
    edge.advance_clock(timedelta(days=3).total_seconds())
    edge.freeze_clock()
    edge.progress(polls=3)
    edge.fail("token", status=500)
    publish(edge, edge.product_id)
    edge.reset()

    overview = edge.http.get("/emulator").json()

    assert (
        overview["faults"],
        overview["progress"],
        overview["clock"]["frozen"],
    ) == ([], {"seconds": 0, "polls": 0}, False)
    assert edge.journal() == []


def test_a_reset_waits_for_the_step_that_is_under_way(
    edge: EdgeStore, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        # The publish has ended; certification, signing and release follow it at this very moment.
        publish_version(edge, "2.0")
        edge.reset()
        assert offered(edge, edge.crx_id) == "1.0.0"

    assert [record.message for record in caplog.records if record.name.startswith("openaddons")] == []


def test_a_status_request_that_waits_is_answered_when_its_operation_goes(edge: EdgeStore) -> None:
    edge.progress(seconds=None)
    operation_id = upload(edge, edge.product_id, edge.package("2.0")).headers["location"]
    edge.reset()

    assert status(edge, edge.product_id, operation_id, kind="upload").status_code == 404


def test_what_was_seeded_since_is_gone_with_its_credentials(edge: EdgeStore) -> None:
    (added,) = edge.seed([{"name": "Other", "products": [{}]}])
    credentials = {"Authorization": f"ApiKey {added['apiKey']}", "X-ClientID": added["clientId"]}
    path = f"/v1/products/{added['products'][0]['id']}/submissions"
    before = edge.http.post(path, headers=credentials).status_code
    edge.reset()

    assert (before, edge.http.post(path, headers=credentials).status_code) == (202, 401)


STATES = {  # what a publish of the product, as it is seeded, ends with
    "In draft": "CreateNotAllowed",
    "In review": "CreateNotAllowed",
    "In the store": "NoModulesUpdated",
    "In the store + update in review": "InProgressSubmission",
    "Unpublished": "SubmissionValidationError",
    "Blocked": "NoModulesUpdated",
}


@pytest.mark.parametrize("state", STATES)
def test_a_product_is_seeded_in_a_state(edge: EdgeStore, state: str) -> None:
    (added,) = edge.seed([{"name": "Other", "products": [{"state": state}]}])
    (product,) = added["products"]
    credentials = {"Authorization": f"ApiKey {added['apiKey']}", "X-ClientID": added["clientId"]}
    path = f"/v1/products/{product['id']}/submissions"
    accepted = edge.http.post(path, headers=credentials)
    ended = edge.http.get(f"{path}/operations/{accepted.headers['location']}", headers=credentials).json()

    assert (state, STATES[state]) == (product["state"], ended["errorCode"])


def test_a_seeded_product_has_the_id_and_the_version_that_it_is_given(edge: EdgeStore) -> None:
    product_id = "0A1B2C3D-0000-4000-8000-000000000000"
    product = {"id": product_id, "version": "7.1", "name": "Seven"}
    (added,) = edge.seed([{"name": "Other", "products": [product]}])

    assert (product_id.lower(), "Seven") == (added["products"][0]["id"], added["products"][0]["name"])
    assert offered(edge, added["products"][0]["crxId"]) == "7.1"


@pytest.mark.parametrize(
    ("publishers", "problem"),
    [
        ([], "publishers: Tuple should have at least 1 item"),
        ([{"name": "Emulator"}], "there is a publisher 'Emulator' already"),
        ([{"name": "X", "keys": 1}], "publishers.0.keys: Extra inputs are not permitted"),
        ([{"name": "X", "products": [{"state": "Unpublish in progress"}]}], "publishers.0.products.0.state"),
        ([{"name": "X", "products": [{"version": "one"}]}], "Sample one: The package has"),
        ([{"name": "X", "products": [{"id": "one"}]}], "publishers.0.products.0.id: give a GUID"),
    ],
)
def test_a_seed_that_makes_no_sense_is_refused_with_the_reason(
    edge: EdgeStore, publishers: list[dict[str, Any]], problem: str
) -> None:
    with pytest.raises(EmulatorRefused) as refused:
        edge.seed(publishers)

    assert problem in str(refused.value)


SEED = {"publishers": [{"name": "Acme", "products": [{"name": "Rocket", "version": "3.2"}]}]}
TOML = '[[publishers]]\nname = "Acme"\n\n[[publishers.products]]\nname = "Rocket"\nversion = "3.2"\n'


def test_a_seed_file_says_the_same_in_json_and_in_toml(tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text(json.dumps(SEED))
    (tmp_path / "seed.toml").write_text(TOML)

    assert read_seed(tmp_path / "seed.json") == read_seed(tmp_path / "seed.toml")


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("seed.json", "{", "cannot be read"),
        ("seed.toml", "x = ", "cannot be read"),
        ("seed.toml", "x = 1", "x: Extra inputs"),
    ],
)
def test_a_seed_file_that_cannot_be_read_is_refused(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(ControlRefused, match=problem):
        read_seed(tmp_path / name)


def test_an_emulator_begins_with_its_seed_and_keeps_apart_from_another(edge: EdgeStore) -> None:
    with emulator(seed=SEED) as other:
        publish_version(other, "4.0")

        assert (other.publisher_name, edge.publisher_name) == ("Acme", "Emulator")
        assert (
            httpx2.get(
                f"{other.url}/v1/products/{other.product_id}/submissions/operations/{edge.product_id}",
                headers=headers(edge),
                trust_env=False,
            ).status_code
            == 401
        )
    assert edge.journal() == []


def test_a_seed_needs_a_product_to_begin_with() -> None:
    with (
        pytest.raises(ControlRefused, match="the first publisher needs a product"),
        emulator(seed={"publishers": [{"name": "Acme"}]}),
    ):
        raise AssertionError


def test_the_crx_id_follows_from_the_product_id(edge: EdgeStore) -> None:
    with emulator() as other:
        assert (edge.product_id, edge.crx_id) == (other.product_id, other.crx_id)
    assert len(crx_id(b"")) == len(edge.crx_id)


def test_the_client_is_told_what_is_wrong(edge: EdgeStore) -> None:
    with edge.client() as client:
        with pytest.raises(NotFound):
            client.publish_status(edge.product_id, edge.product_id)
        edge.advance_clock(timedelta(days=100).total_seconds())
        with pytest.raises(CredentialsRejected, match="expired"):
            client.publish(edge.product_id)
