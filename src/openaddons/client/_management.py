"""The calls of the management API about products, submissions, releases, events and keys."""

import re
from collections.abc import Iterable
from typing import Any, Final

from openaddons.client._calls import (
    Call,
    Fields,
    Page,
    given,
    list_call,
    page_call,
    product_path,
    segment,
)
from openaddons.client._core import described_operation
from openaddons.client.models import Operation, OperationKind, OperationStatus
from openaddons.client.products import (
    Draft,
    DraftModule,
    Event,
    KeptBack,
    Key,
    LiveVersion,
    NewKey,
    Place,
    ProductState,
    Question,
    Release,
    ReviewRecord,
    Rings,
    Standing,
    Submission,
)

_VERSION: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10}){0,3}")


def product(product_id: str) -> Call[ProductState]:
    """A product in one answer."""
    return Call("the question about the product", "GET", product_path(product_id), _product)


def products(*, after: str | None) -> Call[Page[ProductState]]:
    """A page of the products that the credentials open, the oldest first."""
    return page_call(
        "the question about the products", "/products", "products", read=_product, cursor="after", at=after
    )


def create_product(name: str, *, key: str | None) -> Call[ProductState]:
    """A new product in draft."""
    return Call("the request for a product", "POST", "/products", _product, given(name=name, key=key))


def operations(product_id: str, *, kind: OperationKind | None) -> Call[tuple[Operation, ...]]:
    """The newest operations of a product, the newest first."""
    return list_call(
        "the question about operations",
        f"{product_path(product_id)}/operations",
        "operations",
        read=_operation,
        **given(kind=kind),
    )


def submissions(product_id: str) -> Call[tuple[Submission, ...]]:
    """The newest submissions of a product, the newest first."""
    path = f"{product_path(product_id)}/submissions"
    return list_call("the question about submissions", path, "submissions", read=_submission)


def submission(product_id: str, submission_id: str) -> Call[Submission]:
    """One submission."""
    path = _submission_path(product_id, submission_id)
    return Call("the question about the submission", "GET", path, _submission)


def cancel(product_id: str, submission_id: str, *, reason: str) -> Call[Submission]:
    """Take a submission back."""
    return _decide(product_id, submission_id, "cancel", **given(reason=reason or None))


def hold(product_id: str, submission_id: str) -> Call[Submission]:
    """Keep a submission out of the store for now."""
    return _decide(product_id, submission_id, "hold")


def release(product_id: str, submission_id: str) -> Call[Submission]:
    """Let a submission that is held into the store."""
    return _decide(product_id, submission_id, "release")


def answer(product_id: str, submission_id: str, *, text: str) -> Call[Submission]:
    """Answer a reviewer's question."""
    return _decide(product_id, submission_id, "answer", answer=text)


def releases(product_id: str) -> Call[tuple[Release, ...]]:
    """The releases of a product, the newest first."""
    path = f"{product_path(product_id)}/releases"
    return list_call("the question about releases", path, "releases", read=_release)


def offer(product_id: str, version: str, *, rings: Iterable[str] | None) -> Call[tuple[Release, ...]]:
    """A release offered to more browsers."""
    body = given(rings=None if rings is None else list(rings))
    return _change_release(product_id, version, "offer", **body)


def withdraw(product_id: str, version: str, *, reason: str) -> Call[tuple[Release, ...]]:
    """A release that is offered no longer."""
    return _change_release(product_id, version, "withdraw", reason=reason)


def rings(product_id: str) -> Call[Rings]:
    """The rings of the store, and which of them are first."""
    return Call("the question about rings", "GET", f"{product_path(product_id)}/rings", _rings)


def set_first_rings(
    product_id: str, names: Iterable[str], *, instead_of: Iterable[str] | None
) -> Call[Rings]:
    """Other rings that get the next releases first."""
    body = given(first=list(names), insteadOf=None if instead_of is None else list(instead_of))
    return Call("the choice of rings", "PUT", f"{product_path(product_id)}/rings", _rings, body)


def roll_back(product_id: str, *, to: str | None, as_version: str | None, reason: str) -> Call[Submission]:
    """Older content as a new release with a higher version."""
    body = given(to=to, **{"as": as_version}, reason=reason)
    return Call("the roll back", "POST", f"{product_path(product_id)}/rollback", _submission, body)


def unpublish(product_id: str) -> Call[ProductState]:
    """Take a product out of the store."""
    return Call("the unpublish", "POST", f"{product_path(product_id)}/unpublish", _product, {})


def events(product_id: str | None, *, before: str | None) -> Call[Page[Event]]:
    """A page of what was done with a product, or with all that is the publisher's, the newest first."""
    path = "" if product_id is None else product_path(product_id)
    return page_call(
        "the question about events", f"{path}/events", "events", read=_event, cursor="before", at=before
    )


def keys() -> Call[tuple[Key, ...]]:
    """The keys and client secrets of the publisher, without their secrets."""
    return list_call("the question about keys", "/keys", "keys", read=_key)


def create_key(*, kind: str, days: int | None, product_id: str | None) -> Call[NewKey]:
    """A new key or client secret."""
    body = given(kind=kind, days=days, productId=product_id)
    return Call("the request for a key", "POST", "/keys", _new_key, body)


def revoke_key(key_id: str) -> Call[None]:
    """A key that opens nothing any more."""
    path = f"/keys/{segment('key_id', key_id)}"
    return Call("the revoking of a key", "DELETE", path, lambda _fields: None)


def rotate_key(key_id: str, *, overlap_hours: int) -> Call[NewKey]:
    """A new key in place of an old one, which goes on for a while."""
    path = f"/keys/{segment('key_id', key_id)}/rotate"
    return Call("the rotation of a key", "POST", path, _new_key, {"overlapHours": overlap_hours})


def _decide(product_id: str, submission_id: str, verb: str, **body: str) -> Call[Submission]:
    path = f"{_submission_path(product_id, submission_id)}/{verb}"
    return Call(f"the {verb} of submission {submission_id.strip()}", "POST", path, _submission, body)


def _change_release(product_id: str, version: str, verb: str, **body: Any) -> Call[tuple[Release, ...]]:
    if not _VERSION.fullmatch(version.strip()):
        raise ValueError(f"version must be 1 to 4 numbers with dots between them, not {version!r}")
    path = f"{product_path(product_id)}/releases/{version.strip()}/{verb}"
    return Call(
        f"the {verb} of version {version.strip()}",
        "POST",
        path,
        lambda fields: fields.each("releases", _release),
        body,
    )


def _submission_path(product_id: str, submission_id: str) -> str:
    return f"{product_path(product_id)}/submissions/{segment('submission_id', submission_id)}"


def _product(fields: Fields) -> ProductState:
    return ProductState(
        id=fields.text("id"),
        name=fields.text("name"),
        crx_id=fields.text("crxId"),
        state=fields.text("state"),
        kept_back=fields.maybe("keptBack", _kept_back),
        live=fields.maybe("live", _live),
        draft=fields.object("draft", _draft),
        standing=fields.object("standing", _standing),
        submission=fields.maybe("submission", _submission),
        last_updated_time=fields.moment("lastUpdatedTime"),
    )


def _kept_back(fields: Fields) -> KeptBack:
    return KeptBack(reason=fields.text("reason"), since_time=fields.moment("sinceTime"))


def _live(fields: Fields) -> LiveVersion:
    return LiveVersion(
        version=fields.text("version"),
        sha256=fields.text("sha256"),
        size_bytes=fields.number("sizeBytes"),
        released_time=fields.moment("releasedTime"),
    )


def _draft(fields: Fields) -> Draft:
    return Draft(version=fields.maybe_text("version"), modules=fields.each("modules", _module))


def _module(fields: Fields) -> DraftModule:
    return DraftModule(fields.text("name"), fields.flag("valid"), fields.texts("problems"))


def _standing(fields: Fields) -> Standing:
    return Standing(
        waits_for=fields.text("waitsFor"),
        words=fields.text("words"),
        since=fields.moment("since"),
        until=fields.moment("until"),
        place=fields.maybe("place", lambda place: Place(place.number("number"), place.number("total"))),
        reviews=fields.maybe("reviews", _reviews),
        next=fields.text("next"),
    )


def _reviews(fields: Fields) -> ReviewRecord:
    return ReviewRecord(
        count=fields.number("count"),
        median_seconds=fields.number("medianSeconds"),
        ninety_percent_seconds=fields.number("ninetyPercentSeconds"),
    )


def _submission(fields: Fields) -> Submission:
    return Submission(
        id=fields.text("id"),
        version=fields.text("version"),
        state=fields.text("state"),
        operation_id=fields.maybe_text("operationId"),
        held=fields.flag("held"),
        waits_for=fields.maybe_text("waitsFor"),
        standing=fields.object("standing", _standing),
        due_time=fields.moment("dueTime"),
        reason=fields.maybe_text("reason"),
        policies=fields.texts("policies"),
        questions=fields.each("questions", _question),
        notes=fields.maybe_text("notes") or "",
        restores=fields.maybe_text("restores"),
        created_time=fields.moment("createdTime"),
        last_updated_time=fields.moment("lastUpdatedTime"),
    )


def _question(fields: Fields) -> Question:
    return Question(
        text=fields.text("text"),
        asked_time=fields.moment("askedTime"),
        answer=fields.maybe_text("answer"),
        closed_time=fields.moment("closedTime"),
    )


def _operation(fields: Fields) -> Operation:
    return described_operation(
        fields.all(),
        kind=fields.word("kind", OperationKind),
        operation_id=fields.text("id"),
        status=fields.word("status", OperationStatus),
    )


def _release(fields: Fields) -> Release:
    return Release(
        version=fields.text("version"),
        live=fields.flag("live"),
        rings=fields.texts("rings"),
        content_of=fields.maybe_text("contentOf"),
        sha256=fields.text("sha256"),
        size_bytes=fields.number("sizeBytes"),
        created_time=fields.moment("createdTime"),
        withdrawn_time=fields.moment("withdrawnTime"),
        withdrawn_reason=fields.maybe_text("withdrawnReason"),
    )


def _rings(fields: Fields) -> Rings:
    return Rings(names=fields.texts("rings"), first=fields.texts("first"))


def _event(fields: Fields) -> Event:
    return Event(
        number=fields.number("number"),
        time=fields.moment("time"),
        verb=fields.text("verb"),
        actor=fields.text("actor"),
        product_id=fields.maybe_text("productId"),
        subject=fields.maybe_text("subject"),
        correlation_id=fields.maybe_text("correlationId"),
        facts=fields.values("facts"),
    )


def _key_values(fields: Fields) -> dict[str, Any]:
    return {
        "id": fields.text("id"),
        "kind": fields.text("kind"),
        "client_id": fields.text("clientId"),
        "hint": fields.maybe_text("hint") or "",
        "product_id": fields.maybe_text("productId"),
        "created_time": fields.moment("createdTime"),
        "expires_time": fields.moment("expiresTime"),
        "revoked_time": fields.moment("revokedTime"),
        "last_used_time": fields.moment("lastUsedTime"),
    }


def _key(fields: Fields) -> Key:
    return Key(**_key_values(fields))


def _new_key(fields: Fields) -> NewKey:
    return NewKey(**_key_values(fields), secret=fields.text("secret"))
