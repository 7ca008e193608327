"""What must be true of a store at rest, whatever it went through."""

import hashlib
import json
import zipfile
from collections import Counter
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from openaddons.packages.crx3 import verify_crx
from openaddons.store.operations import OperationKind
from openaddons.store.session import Transaction
from openaddons.store.states import OperationState, SubmissionState
from openaddons.store.tables import (
    contents,
    drafts,
    events,
    metadata,
    operations,
    packages,
    products,
    releases,
    submissions,
)
from openaddons.work.sweeping import sweep_objects
from openaddons.work.tools import Tools
from tests.chaos.scene import Scene

Rows = list[sa.RowMapping]


def _all(tx: Transaction) -> dict[str, Rows]:
    return {
        name: list(tx.execute(sa.select(table)).mappings().all()) for name, table in metadata.tables.items()
    }


def audit(scene: Scene) -> None:
    """Stop the store and prove that nothing was lost, nothing happened twice, and nothing is left over."""
    tools = scene.workshop.tools
    wait_for_rest(scene)
    scene.stop()
    rows = tools.database.read(_all)
    ended = _check_operations(scene, rows)
    _check_drafts(rows)
    _check_submissions(rows)
    _check_releases(tools, rows)
    _check_objects(tools, rows)
    scene.tally.ended += len(ended & scene.accepted)


def wait_for_rest(scene: Scene) -> None:
    """Wait until no operation is in progress and nothing is on its way into or out of the store."""
    scene.wait_reviving(lambda: not scene.workshop.tools.database.read(_busy))


def _busy(tx: Transaction) -> int:
    running = sa.select(sa.func.count()).where(operations.c.state == OperationState.IN_PROGRESS)
    pending = sa.select(sa.func.count()).where(
        submissions.c.state.in_([SubmissionState.IN_REVIEW, SubmissionState.APPROVED])
    )
    leaving = sa.select(sa.func.count()).where(products.c.state == "Unpublish in progress")
    return sum(tx.execute(query).scalar_one() for query in (running, pending, leaving))


def _check_operations(scene: Scene, rows: dict[str, Rows]) -> set[str]:
    """Each has one beginning and one end, in its row and in the events; leases are given back."""
    verbs = {"accepted": Counter[str](), "ended": Counter[str]()}
    for event in rows[events.name]:
        kind, _, what = event["verb"].partition(".")
        if kind in {each.value for each in OperationKind}:
            verbs["accepted" if what == "accepted" else "ended"][event["subject"]] += 1
    ids = {row["id"] for row in rows[operations.name]}
    ended = {row["id"] for row in rows[operations.name] if row["state"] != OperationState.IN_PROGRESS}
    scene.tally.lost += len(scene.accepted - ended)
    scene.tally.doubled += sum(count - 1 for count in verbs["ended"].values())
    assert not scene.accepted - ended
    assert dict.fromkeys(ids, 1) == dict(verbs["accepted"]) == dict(verbs["ended"])
    assert not [row for row in rows[operations.name] if row["leased_until"] is not None]
    for product in rows[products.name]:
        numbers = [row["number"] for row in rows[operations.name] if row["product_id"] == product["id"]]
        assert sorted(numbers) == list(range(1, product["operation_count"] + 1))
    return ended


def _check_drafts(rows: dict[str, Rows]) -> None:
    """Each change of a draft is one package, brought by one upload that succeeded, with its digests."""
    uploads = {
        row["object_key"]: row["state"]
        for row in rows[operations.name]
        if row["kind"] == OperationKind.UPLOAD
    }
    keys = [row["object_key"] for row in rows[packages.name]]
    assert len(keys) == len(set(keys))
    assert all(uploads[key] == OperationState.SUCCEEDED for key in keys)
    assert sorted(row["id"] for row in rows[packages.name]) == sorted(
        row["package_id"] for row in rows[contents.name]
    )
    changes = Counter(row["product_id"] for row in rows[packages.name])
    assert {row["product_id"]: row["revision"] for row in rows[drafts.name] if row["revision"]} == changes


def _check_submissions(rows: dict[str, Rows]) -> None:
    """Each publish that succeeded made the one submission that its message names; the others made none."""
    named = {
        row["id"]: row["message"].rpartition(" ")[2]
        for row in rows[operations.name]
        if row["kind"] == OperationKind.PUBLISH and row["state"] == OperationState.SUCCEEDED
    }
    made = {row["operation_id"]: row["id"] for row in rows[submissions.name] if row["operation_id"]}
    assert named == made
    assert not [row for row in rows[submissions.name] if row["leased_until"] is not None]


def _check_releases(tools: Tools, rows: dict[str, Rows]) -> None:
    """Each submission that came into the store has one release, whose bytes are signed and what they say."""
    published = (SubmissionState.IN_STORE, SubmissionState.SUPERSEDED)
    in_store = [row["id"] for row in rows[submissions.name] if row["state"] in published]
    assert sorted(in_store) == sorted(row["submission_id"] for row in rows[releases.name])
    crx_ids = {row["id"]: row["crx_id"] for row in rows[products.name]}
    for row in rows[releases.name]:
        with tools.objects.open(row["object_key"]) as file:
            assert verify_crx(file).crx_id == crx_ids[row["product_id"]]
            assert json.loads(zipfile.ZipFile(file).read("manifest.json"))["version"] == row["version"]
            file.seek(0)
            assert hashlib.sha256(file.read()).hexdigest() == row["digest"]
            assert file.tell() == row["size_bytes"]
    newest: dict[str, Any] = {}
    for row in sorted(rows[releases.name], key=lambda each: each["created_time"]):
        newest[row["product_id"]] = row["id"]
    for row in rows[products.name]:
        assert row["live_release_id"] in {None, newest.get(row["id"])}


def _check_objects(tools: Tools, rows: dict[str, Rows]) -> None:
    """After a sweep there are the bytes that rows name and no others."""
    sweep_objects(tools, grace=timedelta(0))
    kept = {entry.key for entry in tools.objects.entries()}
    named = {row["object_key"] for table in (operations, packages, releases) for row in rows[table.name]}
    assert kept == named - {None}
    assert not list((tools.settings.data / "objects" / "incoming").iterdir())
