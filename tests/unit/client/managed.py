"""Answers of the management API, as contract and docs/management.md have them."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2

from .scripted import OPERATION, PRODUCT

NOON = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)
SUBMISSION = "1152921505694969999"
WEBHOOK = "8a3b0c83-7d0a-4b51-8f1c-95ab31fca2f3"
DELIVERY = "f0e0a4c8-8a0b-4d1e-9d53-bb1f6a1e8c11"


def answer(value: Any, status: int = 200, *, date: datetime = NOON) -> httpx2.Response:
    return httpx2.Response(status, headers={"Date": format_datetime(date, usegmt=True)}, json=value)


def problem(status: int, code: str = "NotFound", detail: str = "Resource not found.") -> httpx2.Response:
    document = {"type": "about:blank", "title": code, "status": status, "detail": detail, "code": code}
    return httpx2.Response(
        status, headers={"Content-Type": "application/problem+json", "X-Correlation-ID": "c-1"}, json=document
    )


def standing(**facts: Any) -> dict[str, Any]:
    return {
        "waitsFor": "reviewer",
        "words": "a reviewer's decision",
        "since": "2026-11-26T11:00:01.0000000Z",
        "until": "2026-12-07T11:00:00.0000000Z",
        "place": {"number": 3, "total": 12},
        "reviews": {"count": 40, "medianSeconds": 18_000, "ninetyPercentSeconds": 259_200},
        "next": "A reviewer approves it.",
    } | facts


def question(**facts: Any) -> dict[str, Any]:
    return {
        "text": "What are the tabs read for?",
        "askedTime": "2026-11-26T11:00:01.0000000Z",
        "answer": None,
        "closedTime": None,
    } | facts


def submission(state: str = "In review", **facts: Any) -> dict[str, Any]:
    return {
        "id": SUBMISSION,
        "operationId": OPERATION,
        "version": "1.2.0",
        "state": state,
        "held": False,
        "waitsFor": "a reviewer's decision" if state == "In review" else None,
        "standing": standing(),
        "dueTime": None,
        "reason": None,
        "policies": ["1.1.3"],
        "questions": [question()],
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
        "keptBack": {"reason": "It is looked at.", "sinceTime": "2026-11-26T11:00:02.0000000Z"},
        "live": live(),
        "draft": {
            "version": "1.2.0",
            "modules": [{"name": "LISTING", "valid": False, "problems": ["Description: it is missing."]}],
        },
        "standing": standing(),
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


def event(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "time": "2026-11-26T11:00:02.0000000Z",
        "verb": "release.created",
        "actor": "store",
        "productId": PRODUCT,
        "subject": "7",
        "correlationId": None,
        "facts": {"version": "1.1.0"},
    }


def module(name: str = "AVAILABILITY") -> dict[str, Any]:
    return {"name": name, "valid": True, "problems": [], "tag": "2240e058b32c0d86", "content": {"a": [1]}}


def language() -> dict[str, Any]:
    return {"language": "en", "valid": False, "problems": ["No."], "tag": "9cbff6b6", "content": {"a": 1}}


def image() -> dict[str, Any]:
    return {
        "key": "2cf8.1c27",
        "width": 300,
        "height": 200,
        "sha256": "ab" * 32,
        "sizeBytes": 913,
        "createdTime": "2026-11-26T11:00:02.0000000Z",
    }


def webhook(**facts: Any) -> dict[str, Any]:
    return {
        "id": WEBHOOK,
        "url": "https://ci.example.com/add-ons",
        "types": ["release.created"],
        "enabled": True,
        "disabledReason": None,
        "formerSecretUntil": None,
        "lastSuccessTime": None,
        "createdTime": "2026-11-26T11:00:02.0000000Z",
    } | facts


def delivery(**facts: Any) -> dict[str, Any]:
    return {
        "id": DELIVERY,
        "type": "webhook.tested",
        "state": "Pending",
        "attempt": 1,
        "status": 500,
        "answer": "Oops.",
        "createdTime": "2026-11-26T11:00:00.0000000Z",
        "triedTime": "2026-11-26T11:00:02.0000000Z",
        "nextTime": None,
        "tries": [
            {
                "attempt": 1,
                "endedTime": "2026-11-26T11:00:02.0000000Z",
                "durationMilliseconds": 38,
                "status": 500,
                "answer": "Oops.",
            }
        ],
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
