"""Every fault with every verb of the client: the right exception and exit code, no secret, nothing published twice."""

import io
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from openaddons.client import EdgeAddons, EdgeAddonsError
from openaddons.testing import EdgeStore
from tests.wire.calls import NOBODYS_GUID
from tests.wire.emulator.asking import headers, publish, quick_client, status, upload

SUBMISSION = "1" * 19

FAULTS: dict[str, dict[str, Any]] = {
    **{str(status): {"status": status} for status in (400, 401, 403, 404, 408, 413, 429, 500, 502, 503)},
    "redirect": {"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}},
    "HTML": {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>"},
    "dropped before": {"drop": "beforeCommit"},
    "dropped after": {"drop": "afterCommit"},
    "truncated": {"truncate": True},
}

READ = {  # what a request that changes nothing ends in, repeated or not
    "400": ("RequestRefused", 9),
    "401": ("CredentialsRejected", 3),
    "403": ("CredentialsRejected", 3),
    "404": ("NotFound", 2),
    "408": ("RequestRefused", 9),
    "413": ("RequestRefused", 9),
    "429": ("TooManyRequests", 9),
    "500": ("StoreUnavailable", 9),
    "502": ("StoreUnavailable", 9),
    "503": ("StoreUnavailable", 9),
    "redirect": ("RedirectRefused", 9),
    "HTML": ("AnswerUnreadable", 9),
    "dropped before": ("NetworkError", 9),
    "dropped after": ("NetworkError", 9),
    "truncated": ("NetworkError", 9),
}
OF_PACKAGES = {"408": ("UploadStalled", 9), "413": ("PackageTooLarge", 4)}
STATUS = READ | OF_PACKAGES
# A 202 has no body that could be cut in half.
UPLOAD = STATUS | {"400": ("RequestRefused", 4), "truncated": None}
# A publish whose answer was lost is looked for by the management API.
PUBLISH = UPLOAD | {
    "400": ("RequestRefused", 5),
    "502": ("AnswerLost", 9),
    "HTML": ("AnswerLost", 9),
    "dropped before": ("AnswerLost", 9),
    "dropped after": None,
}
LOST = ("AnswerLost", 9)
CHANGE = READ | dict.fromkeys(("400", "408", "413"), ("RequestRefused", 5))
CHANGE |= dict.fromkeys(("502", "dropped before", "dropped after", "truncated"), LOST)

Outcome = tuple[str, int] | None
Verb = Callable[[EdgeAddons, EdgeStore, str], object]

VERBS: Mapping[str, tuple[str, Verb, Mapping[str, Outcome]]] = {
    "upload": ("upload", lambda to, at, _: to.upload(at.product_id, io.BytesIO(at.package("3.0"))), UPLOAD),
    "upload_status": ("uploadStatus", lambda to, at, of: to.upload_status(at.product_id, of), STATUS),
    "wait_upload": ("uploadStatus", lambda to, at, of: to.wait_upload(at.product_id, of), STATUS),
    "publish": ("publish", lambda to, at, _: to.publish(at.product_id), PUBLISH),
    "publish_status": ("publishStatus", lambda to, at, of: to.publish_status(at.product_id, of), STATUS),
    "wait_publish": ("publishStatus", lambda to, at, of: to.wait_publish(at.product_id, of), STATUS),
    "check_credentials": (
        "uploadStatus",
        lambda to, at, _: to.check_credentials(at.product_id),
        STATUS | {"404": None},
    ),
    "product": ("manage", lambda to, at, _: to.product(at.product_id), READ),
    "products": ("manage", lambda to, _, __: list(to.products()), READ),
    "wait_in_store": ("manage", lambda to, at, _: to.wait_in_store(at.product_id, "1.0.0"), READ),
    "submissions": ("manage", lambda to, at, _: to.submissions(at.product_id), READ),
    "releases": ("manage", lambda to, at, _: to.releases(at.product_id), READ),
    "keys": ("manage", lambda to, _, __: to.keys(), READ),
    "cancel": ("manage", lambda to, at, _: to.cancel(at.product_id, SUBMISSION), CHANGE),
    "hold": ("manage", lambda to, at, _: to.hold(at.product_id, SUBMISSION), CHANGE),
    "release": ("manage", lambda to, at, _: to.release(at.product_id, SUBMISSION), CHANGE),
    "roll_back": ("manage", lambda to, at, _: to.roll_back(at.product_id, reason="it leaks"), CHANGE),
    "unpublish": ("manage", lambda to, at, _: to.unpublish(at.product_id), CHANGE),
    "create_product": ("manage", lambda to, _, __: to.create_product("Another"), CHANGE),
    "create_key": ("manage", lambda to, _, __: to.create_key(), CHANGE),
    "revoke_key": ("manage", lambda to, _, __: to.revoke_key(NOBODYS_GUID), CHANGE),
    "rotate_key": ("manage", lambda to, _, __: to.rotate_key(NOBODYS_GUID), CHANGE),
    "offer": ("manage", lambda to, at, _: to.offer(at.product_id, "1.0.0"), CHANGE),
    "withdraw": ("manage", lambda to, at, _: to.withdraw(at.product_id, "1.0.0", reason="it leaks"), CHANGE),
    "rings": ("manage", lambda to, at, _: to.rings(at.product_id), READ),
    "set_first_rings": ("manage", lambda to, at, _: to.set_first_rings(at.product_id, []), CHANGE),
    "operations": ("manage", lambda to, at, _: to.operations(at.product_id), READ),
    "submission": ("manage", lambda to, at, _: to.submission(at.product_id, SUBMISSION), READ),
    "answer": ("manage", lambda to, at, _: to.answer(at.product_id, SUBMISSION, "So."), CHANGE),
    "events": ("manage", lambda to, at, _: list(to.events(at.product_id)), READ),
    "draft": ("manage", lambda to, at, _: to.draft(at.product_id), READ),
    "set_module": ("manage", lambda to, at, _: to.set_module(at.product_id, "privacy", {}), CHANGE),
    "language": ("manage", lambda to, at, _: to.language(at.product_id, "en"), READ),
    "set_language": ("manage", lambda to, at, _: to.set_language(at.product_id, "en", {}), CHANGE),
    "remove_language": ("manage", lambda to, _, __: to.remove_language(NOBODYS_GUID, "en"), CHANGE),
    "add_image": ("manage", lambda to, at, _: to.add_image(at.product_id, b"\x89PNG"), CHANGE),
    "webhooks": ("manage", lambda to, _, __: to.webhooks(), READ),
    "create_webhook": ("manage", lambda to, _, __: to.create_webhook("http://127.0.0.1:9/"), CHANGE),
    "change_webhook": ("manage", lambda to, _, __: to.change_webhook(NOBODYS_GUID, enabled=True), CHANGE),
    "rotate_webhook_secret": ("manage", lambda to, _, __: to.rotate_webhook_secret(NOBODYS_GUID), CHANGE),
    "try_webhook": ("manage", lambda to, _, __: to.try_webhook(NOBODYS_GUID), CHANGE),
    "deliveries": ("manage", lambda to, _, __: list(to.deliveries(NOBODYS_GUID)), READ),
    "redeliver": ("manage", lambda to, _, __: to.redeliver(NOBODYS_GUID, NOBODYS_GUID), CHANGE),
    "delete_webhook": ("manage", lambda to, _, __: to.delete_webhook(NOBODYS_GUID), CHANGE),
}


def test_every_verb_of_the_client_is_here() -> None:
    public = {name for name in vars(EdgeAddons) if not name.startswith("_")}

    assert public - {"close"} == set(VERBS)


def end_of(verb: Verb, edge: EdgeStore, operation_id: str) -> Outcome:
    """The exception that the verb ends in, with its exit code; None where it ends well."""
    with quick_client(edge) as store:
        try:
            verb(store, edge, operation_id)
        except EdgeAddonsError as error:
            told = "".join(traceback.format_exception(error)) + error.message + error.advice
            assert edge.api_key not in told
            return type(error).__name__, error.exit_code
    return None


@pytest.mark.parametrize("name", VERBS)
def test_each_fault_is_told_as_what_it_is(edge: EdgeStore, name: str) -> None:
    endpoint, verb, expected = VERBS[name]
    operation_id = ended_operation(edge, endpoint)
    ends = {}
    for fault, rule in FAULTS.items():
        edge.fail(endpoint, **rule)
        ends[fault] = end_of(verb, edge, operation_id)
        edge.clear_faults()

    assert ends == dict(expected)


@pytest.mark.parametrize("times", [1, 2, None], ids=["once", "twice", "always"])
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_published_twice(edge: EdgeStore, fault: str, times: int | None) -> None:
    edge.fail("publish", times=times, **FAULTS[fault])
    end = end_of(lambda to, at, _: to.publish(at.product_id), edge, "")
    edge.clear_faults()

    found = edge.http.get(
        f"/manage/v1/products/{edge.product_id}/operations", params={"kind": "publish"}, headers=headers(edge)
    )

    accepted = len(found.json()["operations"])
    assert accepted <= 1
    assert accepted == 1 or end is not None


def ended_operation(edge: EdgeStore, endpoint: str) -> str:
    """The id of an operation that has ended, for those who ask after one."""
    if endpoint not in {"uploadStatus", "publishStatus"}:
        return ""
    kind = endpoint.removesuffix("Status")
    send = upload if kind == "upload" else publish
    answer = send(edge, edge.product_id)
    operation_id = str(answer.headers["location"])
    status(edge, edge.product_id, operation_id, kind=kind)
    return operation_id
