"""Our own command line, as processes against the store as a process: what it does and how it ends."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Store
from tests.stores import make_zip

Openaddons = Callable[..., tuple[int, Any]]


@pytest.fixture
def openaddons(store: Store, tmp_path: Path) -> Openaddons:
    """Runs a command in the environment of a build; returns its exit code and the JSON that it prints."""
    given = {
        "EDGE_ADDONS_BASE_URL": store.url,
        "EDGE_ADDONS_PRODUCT_ID": store.product.id,
        "EDGE_ADDONS_CLIENT_ID": store.account.publisher.client_id,
        "EDGE_ADDONS_API_KEY": store.account.api_key,
    }

    def run(*command: str | Path, **overridden: str | None) -> tuple[int, Any]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(sys.path),
            **given,
            **overridden,
        }
        done = subprocess.run(
            [sys.executable, "-m", "openaddons", *map(str, command), "--json"],
            env={name: value for name, value in environment.items() if value is not None},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert store.account.api_key not in done.stdout + done.stderr
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    return run


@pytest.fixture
def update(tmp_path: Path) -> Path:
    """A good package of version 1.1.0."""
    path = tmp_path / "update.zip"
    path.write_bytes(make_zip("1.1.0"))
    return path


@pytest.mark.parametrize("options", [(), ("--notes-as-text",)])
def test_publish_brings_an_update_into_the_store(
    openaddons: Openaddons, store: Store, update: Path, options: tuple[str, ...]
) -> None:
    code, answer = openaddons("publish", update, *options, "--notes", 'Say "hello".')

    assert (code, answer["outcome"], answer["status"]) == (0, "published", "Succeeded")
    submission = store.wait_for_release("1.1.0")["submissions"][0]
    assert answer["message"] == f"Successfully created submission with ID {submission['id']}"
    assert submission["notes"] == 'Say "hello".'


def test_upload_status_and_publish_do_the_same_in_steps(
    openaddons: Openaddons, store: Store, update: Path
) -> None:
    accepted = openaddons("upload", update, "--no-wait")[1]
    assert accepted["outcome"] == "accepted"
    code, answer = openaddons("wait", accepted["next"][0].split()[-1])
    assert (code, answer["outcome"]) == (0, "uploaded")

    accepted = openaddons("publish", "--no-wait")[1]
    code, answer = openaddons("wait", accepted["next"][0].split()[-1])

    assert (code, answer["outcome"]) == (0, "published")
    assert store.wait_for_release("1.1.0")["state"] == "In the store"


def test_a_reviewer_asks_and_the_publisher_answers_from_afar(
    openaddons: Openaddons, store: Store, update: Path
) -> None:
    store.operate("product", "policy", store.product.id, "manual")
    submission_id = openaddons("publish", update)[1]["submission_id"]
    store.operate("submission", "take", submission_id)
    store.operate("submission", "ask", submission_id, "--question", "What are the tabs read for?")

    asked = openaddons("status")[1]
    code, answered = openaddons("answer", "To count them.")

    assert (asked["product"]["standing"]["waits_for"], asked["next"]) == (
        "answer",
        ["openaddons answer TEXT"],
    )
    assert asked["product"]["submission"]["questions"][0]["text"] == "What are the tabs read for?"
    assert (code, answered["submission"]["standing"]["place"]) == (0, {"number": 1, "total": 1})


def test_webhooks_are_managed_from_afar(openaddons: Openaddons) -> None:
    made = openaddons("webhook", "create", "https://ci.example.com/", EDGE_ADDONS_PRODUCT_ID=None)[1]
    code, listed = openaddons("webhook", "list", EDGE_ADDONS_PRODUCT_ID=None)

    assert made["webhook"]["secret"].startswith("whsec_")
    assert (code, [each["id"] for each in listed["webhooks"]]) == (0, [made["webhook"]["id"]])


def test_the_older_credentials_do_as_well(openaddons: Openaddons, store: Store, update: Path) -> None:
    code, answer = openaddons(
        "publish",
        update,
        EDGE_ADDONS_API_KEY=None,
        EDGE_ADDONS_CLIENT_SECRET=store.account.client_secret,
        EDGE_ADDONS_TOKEN_URL=store.token_url,
    )

    assert (code, answer["outcome"]) == (0, "published")
    assert store.wait_for_release("1.1.0")["state"] == "In the store"


def test_a_refused_package_ends_with_4_and_every_reason(
    openaddons: Openaddons, store: Store, update: Path
) -> None:
    before = store.in_store()
    update.write_bytes(make_zip("1.1.0.beta"))

    code, answer = openaddons("publish", update, "--no-lint")

    assert (code, answer["outcome"], answer["error_code"]) == (4, "package_refused", "PackageValidationError")
    assert [(error["code"], error["file"]) for error in answer["errors"]] == [
        ("VersionInvalid", "manifest.json")
    ]
    assert store.in_store() == before


def test_a_version_that_was_published_before_ends_with_5(openaddons: Openaddons, update: Path) -> None:
    update.write_bytes(make_zip("1.0.0", description="Changed, but not its version."))

    code, answer = openaddons("publish", update)

    assert (code, answer["outcome"], answer["error_code"]) == (
        5,
        "submission_invalid",
        "SubmissionValidationError",
    )


def test_a_submission_in_review_ends_a_wait_with_8_and_the_next_publish_with_6(
    openaddons: Openaddons, store: Store, update: Path
) -> None:
    store.operate("product", "policy", store.product.id, "manual")
    first = openaddons("publish", update)
    assert first[0] == 0
    waited = openaddons("wait", first[1]["publish_id"], "--until", "in-store", "--timeout", "1")
    assert (waited[0], waited[1]["outcome"]) == (8, "timeout")
    update.write_bytes(make_zip("1.2.0"))

    code, answer = openaddons("publish", update)

    assert (code, answer["error_code"]) == (6, "InProgressSubmission")
    assert store.shown()["submissions"][0]["waits_for"] == "a reviewer's decision"


def test_nothing_to_publish_ends_with_7(openaddons: Openaddons) -> None:
    code, answer = openaddons("publish")

    assert (code, answer["error_code"]) == (7, "NoModulesUpdated")


def test_a_slot_that_becomes_free_is_taken(openaddons: Openaddons, store: Store, update: Path) -> None:
    store.operate("product", "policy", store.product.id, "manual")
    first = openaddons("publish", update)[1]
    update.write_bytes(make_zip("1.2.0"))
    assert openaddons("upload", update)[0] == 0

    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(openaddons, "publish", "--draft", "--wait-for-slot", "60")
        store.operate("submission", "approve", first["submission_id"])

    assert (second.result()[0], second.result()[1]["outcome"]) == (0, "published")


def test_nothing_to_publish_may_be_well(openaddons: Openaddons) -> None:
    code, answer = openaddons("publish", "--ok-if-unchanged")

    assert (code, answer["outcome"]) == (0, "unchanged")


def test_a_rehearsal_and_a_check_of_credentials_change_nothing(
    openaddons: Openaddons, store: Store, update: Path
) -> None:
    before = store.shown()

    assert openaddons("publish", update, "--dry-run")[0] == 0
    assert openaddons("check-credentials")[0] == 0
    assert openaddons("check-credentials", EDGE_ADDONS_API_KEY="wrong")[0] == 3
    assert store.shown() == before


def test_a_wait_that_ran_out_of_time_is_taken_up_by_another_process(
    openaddons: Openaddons, store: Store, update: Path
) -> None:
    operation_id = openaddons("publish", update, "--wait", "none")[1]["publish_id"]

    code, answer = openaddons("wait", operation_id)

    assert (code, answer["outcome"], answer["publish_id"]) == (0, "published", operation_id)
    assert store.wait_for_release("1.1.0")["state"] == "In the store"


CRASHING = """
import os
import openaddons.client._sync as sync
def crash(self, *args, **kwargs): raise RuntimeError("a fault of ours")
setattr(sync.EdgeAddons, os.environ["CRASH"], crash)
"""


def test_no_crash_shows_a_secret(store: Store, update: Path, tmp_path: Path) -> None:
    client_id, api_key = store.account.publisher.client_id, store.account.api_key
    (tmp_path / "sitecustomize.py").write_text(CRASHING, encoding="utf-8")
    dotenv = f"EDGE_ADDONS_API_KEY='{api_key}'\nEDGE_ADDONS_CLIENT_ID={client_id}\n"
    (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
    command = [sys.executable, "-m", "openaddons", "publish", str(update), "--verbose"]
    place = ["--base-url", store.url, "--product", store.product.id]
    path = os.pathsep.join([str(tmp_path), *sys.path])

    for crash in ("__init__", "upload", "wait_upload", "publish", "wait_publish"):
        done = subprocess.run(
            [*command, *place, *(["--json"] if crash == "publish" else [])],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "CRASH": crash},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, "RuntimeError: a fault of ours" in done.stderr) == (1, True)
        assert "API key        (.env, line 1)" in done.stderr
        assert api_key not in done.stdout + done.stderr


def test_wrong_credentials_end_with_3(openaddons: Openaddons, store: Store, update: Path) -> None:
    by_key = openaddons("upload", update, EDGE_ADDONS_API_KEY="wrong")
    by_secret = openaddons(
        "upload",
        update,
        EDGE_ADDONS_API_KEY=None,
        EDGE_ADDONS_CLIENT_SECRET="wrong",
        EDGE_ADDONS_TOKEN_URL=store.token_url,
    )

    assert (by_key[0], by_secret[0]) == (3, 3)
    assert by_key[1]["advice"]
    assert by_secret[1]["advice"]


def test_a_revoked_key_ends_with_3(openaddons: Openaddons, store: Store, update: Path) -> None:
    key = next(each for each in store.operate("key", "list")["keys"] if each["kind"] == "api_key")
    store.operate("key", "revoke", key["id"])

    assert openaddons("upload", update)[0] == 3


def test_an_unknown_product_or_operation_ends_with_2(openaddons: Openaddons, update: Path) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"

    assert openaddons("upload", update, "--product", nobody)[0] == 2
    assert openaddons("status", nobody)[0] == 2


def test_a_store_that_does_not_answer_ends_with_9(openaddons: Openaddons, update: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen: nobody else can have the port meanwhile
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"

        code, answer = openaddons("publish", update, "--base-url", url, "--timeout", "5")

    assert (code, bool(answer["advice"])) == (9, True)
