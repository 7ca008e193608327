"""Answers of the management API, as contract and docs/management.md have them."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2

from .scripted import OPERATION, PRODUCT

NOON = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)
SUBMISSION = "1152921505694969999"


def answer(value: Any, status: int = 200, *, date: datetime = NOON) -> httpx2.Response:
    return httpx2.Response(status, headers={"Date": format_datetime(date, usegmt=True)}, json=value)


def problem(status: int, code: str = "NotFound", detail: str = "Resource not found.") -> httpx2.Response:
    document = {"type": "about:blank", "title": code, "status": status, "detail": detail, "code": code}
    return httpx2.Response(
        status, headers={"Content-Type": "application/problem+json", "X-Correlation-ID": "c-1"}, json=document
    )


def submission(state: str = "In review", **facts: Any) -> dict[str, Any]:
    return {
        "id": SUBMISSION,
        "operationId": OPERATION,
        "version": "1.2.0",
        "state": state,
        "held": False,
        "waitsFor": "a reviewer's decision" if state == "In review" else None,
        "dueTime": None,
        "reason": None,
        "notes": "Hello",
        "restores": None,
        "createdTime": "2026-11-26T11:00:00.0000000Z",
        "lastUpdatedTime": "2026-11-26T11:00:01.0000000Z",
    } | facts


def live(version: str = "1.1.0") -> dict[str, Any]:
    return {
        "version": version,
        "sha256": "ab" * 32,
        "sizeBytes": 1234,
        "releasedTime": "2026-11-26T11:00:02.0000000Z",
    }


def product(**facts: Any) -> dict[str, Any]:
    return {
        "id": PRODUCT,
        "name": "Tab Tally",
        "crxId": "abcdefghijklmnopabcdefghijklmnop",
        "state": "In the store + update in review",
        "live": live(),
        "draft": {
            "version": "1.2.0",
            "modules": [{"name": "LISTING", "valid": False, "problems": ["Description: it is missing."]}],
        },
        "submission": submission(),
        "lastUpdatedTime": "2026-11-26T11:00:02.0000000Z",
    } | facts


def release(version: str = "1.1.0", **facts: Any) -> dict[str, Any]:
    return {
        "version": version,
        "live": True,
        "rings": ["early"],
        "contentOf": None,
        "sha256": "ab" * 32,
        "sizeBytes": 1234,
        "createdTime": "2026-11-26T11:00:02.0000000Z",
        "withdrawnTime": None,
        "withdrawnReason": None,
    } | facts


def key(**facts: Any) -> dict[str, Any]:
    return {
        "id": "k-1",
        "kind": "apiKey",
        "clientId": "client-1",
        "hint": "oak_ab…wxyz",
        "productId": None,
        "createdTime": "2026-11-26T11:00:00.0000000Z",
        "expiresTime": "2027-02-06T11:00:00.0000000Z",
        "revokedTime": None,
    } | facts


def publishes(*seconds_before_noon: float) -> httpx2.Response:
    """The list of publish operations, asked for at noon; the first is the newest."""
    operations = [
        {
            "id": f"0f1e2d3c-4b5a-6978-8796-{number:012}",
            "kind": "publish",
            "status": "InProgress",
            "createdTime": (NOON - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        }
        for number, seconds in enumerate(seconds_before_noon)
    ]
    return answer({"operations": operations})
