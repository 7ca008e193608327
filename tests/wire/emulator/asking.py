"""The calls of the API to an emulator, by plain HTTP and by our client with a time of its own."""

import io
import time
from typing import Any

from openaddons.client import ApiKey, EdgeAddons
from openaddons.testing import EdgeStore

JUNK = b"PK\x03\x04 no package at all"


class QuickTime:
    """The client's time and the emulator's: when the client pauses, both are at once as much later."""

    def __init__(self, edge: EdgeStore) -> None:
        self._edge = edge
        self._skipped_seconds = 0.0

    def now(self) -> float:
        return time.monotonic() + self._skipped_seconds

    def sleep(self, seconds: float) -> None:
        self._skipped_seconds += seconds
        self._edge.advance_clock(seconds)


def quick_client(edge: EdgeStore) -> EdgeAddons:
    """Our client, which waits without taking time."""
    quick = QuickTime(edge)
    return EdgeAddons(
        ApiKey(edge.client_id, edge.api_key),
        base_url=edge.url,
        timeout_seconds=100,
        clock=quick.now,
        sleep=quick.sleep,
    )


def headers(edge: EdgeStore) -> dict[str, str]:
    return {"Authorization": f"ApiKey {edge.api_key}", "X-ClientID": edge.client_id}


def upload(edge: EdgeStore, product_id: str, package: bytes = JUNK) -> Any:
    """The answer to an upload."""
    return edge.http.post(
        f"/v1/products/{product_id}/submissions/draft/package",
        content=package,
        headers=headers(edge) | {"Content-Type": "application/zip"},
    )


def publish(edge: EdgeStore, product_id: str) -> Any:
    """The answer to a publish."""
    return edge.http.post(f"/v1/products/{product_id}/submissions", headers=headers(edge))


def status(edge: EdgeStore, product_id: str, operation_id: str, *, kind: str, prefer: str = "wait=20") -> Any:
    """The answer to a status request."""
    between = "draft/package/" if kind == "upload" else ""
    return edge.http.get(
        f"/v1/products/{product_id}/submissions/{between}operations/{operation_id}",
        headers=headers(edge) | {"Prefer": prefer},
    )


def outcome(edge: EdgeStore, product_id: str, *, kind: str, package: bytes = JUNK) -> Any:
    """The end of an upload or a publish, as its status says it."""
    answer = upload(edge, product_id, package) if kind == "upload" else publish(edge, product_id)
    assert answer.status_code == 202, answer.text
    return status(edge, product_id, answer.headers["location"], kind=kind).json()


def publish_version(edge: EdgeStore, version: str) -> None:
    """Upload and publish a version of the seeded product, with our client."""
    with edge.client() as client:
        upload_id = client.upload(edge.product_id, io.BytesIO(edge.package(version)))
        client.wait_upload(edge.product_id, upload_id)
        client.wait_publish(edge.product_id, client.publish(edge.product_id))
