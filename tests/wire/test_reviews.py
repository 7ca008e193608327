"""From the API to the reviewer: what is uploaded and published is what a reviewer and the publisher are shown."""

import json
import os
import subprocess
import sys
from typing import Any

from openaddons.store.products import Product, set_certification
from tests.stores import Account, RunningStore, make_published, make_zip


def typed(store: RunningStore, *words: str) -> str:
    """What a command prints that is typed beside the running store."""
    settings = store.workshop.tools.settings
    given = {"OPENADDONS_DATA": str(settings.data)}
    if settings.database is not None:
        given["OPENADDONS_DATABASE"] = settings.database
    return subprocess.run(
        [sys.executable, "-m", "openaddons", *words],
        env=os.environ | given | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout


def send_to_review(store: RunningStore, account: Account, product: Product, package: bytes) -> str:
    """Upload and publish over the API; the id of the submission that now waits for a person."""
    store.workshop.tools.database.run(
        set_certification, product_id=product.id, policy="manual", delay_seconds=None, actor="test"
    )
    uploaded = store.status(account, product.id, store.upload(account, product.id, package), kind="upload")
    assert uploaded["status"] == "Succeeded", uploaded
    status = store.status(account, product.id, store.publish(account, product.id))
    assert status["status"] == "Succeeded", status
    return str(status["message"].split()[-1])


def test_a_reviewer_and_the_publisher_see_what_an_update_changes(
    store: RunningStore, account: Account
) -> None:
    first = make_zip(files={"old.js": b"1", "same.js": b"2"}, permissions=["storage"])
    product = make_published(store.workshop, account, first)
    update = make_zip(
        "1.1.0",
        files={"new.js": b"\neval('1')\n", "same.js": b"2"},
        permissions=["storage", "tabs"],
        host_permissions=["https://a.com/*"],
    )

    submission_id = send_to_review(store, account, product, update)

    shown: Any = json.loads(typed(store, "submission", "show", submission_id, "--json"))
    review = shown["review"]
    assert (shown["state"], review["package"]["version"], review["base"]["version"]) == (
        "In review",
        "1.1.0",
        "1.0.0",
    )
    assert review["difference"]["files"] == {
        "added": ["new.js"],
        "removed": ["old.js"],
        "changed": ["manifest.json"],
    }
    changes = review["difference"]["required"]
    assert (changes["permissions_gained"], changes["hosts_gained"]) == (["tabs"], ["https://a.com/*"])
    assert [each["text"] for each in changes["warnings_gained"]] == [
        "Read and change your data on a.com",
        "Read your browsing history",
    ]
    assert ("DynamicCode", "new.js", 2) in [
        (each["code"], each["file"], each["line"]) for each in review["findings"]
    ]
    drafted: Any = json.loads(typed(store, "draft", "show", product.id, "--json"))
    assert drafted["review"] == review


def test_the_same_is_told_in_words(store: RunningStore, account: Account, published: Product) -> None:
    submission_id = send_to_review(
        store, account, published, make_zip("1.1.0", files={"new.js": b"1"}, permissions=["tabs"])
    )

    lines = typed(store, "submission", "show", submission_id).splitlines()
    drafted = typed(store, "draft", "show", published.id).splitlines()

    told = lines[lines.index("Permissions") :]
    assert told == [
        "Permissions",
        "  Read your browsing history",
        "  permissions",
        "    tabs",
        "",
        "Permissions that may be asked for later",
        "  none",
        "",
        "Changes since 1.0.0, which was in the store",
        "  warnings",
        "    + Read your browsing history",
        "  permissions",
        "    + tabs",
        "  files: 1 added, 0 removed, 1 changed",
        "    + new.js",
        "    ~ manifest.json",
        "",
        "Warnings of the check: 1",
        "  manifest.json: IconsMissing: There is no 128 px icon. Add icons 16, 48 and 128.",
    ]
    assert drafted[drafted.index("Permissions") :] == told
