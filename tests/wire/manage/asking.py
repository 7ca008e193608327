"""Calls of the management API as tests make them."""

import re
from typing import Any

from openaddons.policies import CertificationPolicy
from openaddons.store.products import Product, set_certification
from tests.stores import Account, RunningStore, make_zip
from tests.wire.updates.asking import asked, check, offered_version

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def ask(store: RunningStore, method: str, path: str, who: Account | dict[str, str], **sent: Any) -> Any:
    """Make a call below ``/manage/v1``."""
    headers = who.headers if isinstance(who, Account) else who
    return store.http.request(method, f"/manage/v1{path}", headers=headers, **sent)


def told(store: RunningStore, method: str, path: str, who: Account, **sent: Any) -> Any:
    """The JSON of a call that succeeds."""
    answer = ask(store, method, path, who, **sent)
    assert answer.is_success, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def refused(answer: Any, status: int, code: str, detail: str) -> None:
    """Check that an answer is that problem (RFC 9457)."""
    problem = answer.json()
    assert problem.pop("correlationId") == answer.headers["x-correlation-id"]
    assert GUID.fullmatch(answer.headers["x-correlation-id"])
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem == {
        "type": "about:blank",
        "title": answer.reason_phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    assert answer.status_code == status


def do(store: RunningStore, verb: Any, **facts: Any) -> Any:
    """Carry out a verb of the store, below HTTP."""
    return store.workshop.tools.database.run(verb, actor="test", **facts)


def manually(store: RunningStore, product: Product) -> None:
    """From now on a person approves the product's submissions."""
    policy = CertificationPolicy.MANUAL
    do(store, set_certification, product_id=product.id, policy=policy, delay_seconds=None)


def put_up(
    store: RunningStore, account: Account, product: Product, version: str, *, name: str = "Sample"
) -> str:
    """Upload and publish a version; returns the publish operation's id once it has ended."""
    upload = store.upload(account, product.id, make_zip(version, name=name))
    assert store.status(account, product.id, upload, kind="upload")["status"] == "Succeeded"
    operation_id = store.publish(account, product.id, b"Mind the gap")
    assert store.status(account, product.id, operation_id)["status"] == "Succeeded"
    return operation_id


def offered(store: RunningStore, product: Product) -> str | None:
    """The version that browsers are offered."""
    return offered_version(store.http.get(check(asked(product.crx_id))).content)
