"""What each call of the client does, step by step, as the flows of ``_session.py``."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from openaddons.client._core import (
    LONGEST_HOLD_SECONDS,
    Package,
    Request,
    accepted_operation_id,
    operation_of,
    publish_request,
    status_request,
    upload_request,
)
from openaddons.client._later import Later
from openaddons.client._retry import ONE_CALL, WHILE_WAITING, Patience, poll_pause_seconds
from openaddons.client._session import Flow, Pause, Session
from openaddons.client.errors import (
    AnswerLost,
    AnswerUnreadable,
    EdgeAddonsError,
    NotFound,
    NotSupported,
    ReviewFailed,
    SubmissionCancelled,
    Timeout,
    failure_of,
)
from openaddons.client.models import Operation, OperationKind, checked_guid

if TYPE_CHECKING:
    from openaddons.client import _calls as calls
    from openaddons.client import _management as management
    from openaddons.client import products
    from openaddons.client.products import CredentialsCheck, ProductState, Submission
else:
    calls = Later("openaddons.client._calls")
    management = Later("openaddons.client._management")
    products = Later("openaddons.client.products")

NO_OPERATION: Final = "00000000-0000-0000-0000-000000000000"
"""The id of an operation that no store has: asking for it changes nothing and shows whether one may ask."""

_CLOCKS_DISAGREE: Final = timedelta(minutes=1)
"""What a store accepted so far in the future shows that its ``Date`` is not by the clock of its operations."""

_SETTLING_SECONDS: Final = 1.0
"""A request whose answer is lost may be on its way still; the store is asked for it when it has had time to arrive."""

T = TypeVar("T")


def upload(session: Session, product_id: str, package: Package, *, timeout_seconds: float) -> Flow[str]:
    """Upload the package; the operation ID."""
    request = upload_request(session.base_url, product_id, package)
    answer = yield from session.exchange(request, deadline_seconds=session.clock() + timeout_seconds)
    return accepted_operation_id(answer)


def publish(
    session: Session, product_id: str, *, notes: str, notes_as_text: bool, timeout_seconds: float
) -> Flow[str]:
    """Publish the draft; the operation ID.

    Where the answer is lost and the store is an OpenAddons, it is asked which publishes it has accepted: one
    that it got since is ours; without one, the request is sent once more.
    """
    deadline_seconds = session.clock() + timeout_seconds
    request = publish_request(session.base_url, product_id, notes=notes, notes_as_text=notes_as_text)
    for _ in range(2):
        sent_at_seconds = session.clock()
        outcome = yield from _publish_once(session, request, deadline_seconds=deadline_seconds)
        operation_id: str | None
        if isinstance(outcome, AnswerLost):
            lost = outcome
            operation_id = yield from _accepted_since(
                session, product_id, sent_at_seconds, deadline_seconds=deadline_seconds, lost=lost
            )
        else:
            operation_id = outcome
        if operation_id is not None:
            session.publishes.add(operation_id)
            return operation_id
        if session.clock() >= deadline_seconds:
            break
    raise lost


def _publish_once(session: Session, request: Request, *, deadline_seconds: float) -> Flow[str | AnswerLost]:
    try:
        answer = yield from session.exchange(request, deadline_seconds=deadline_seconds)
    except AnswerLost as lost:
        return lost
    try:
        return accepted_operation_id(answer)
    except AnswerUnreadable as unreadable:
        # Accepted, and no way to ask what became of it: for the caller that is a lost answer.
        return AnswerLost(
            unreadable.message,
            http_status=unreadable.http_status,
            correlation_id=unreadable.correlation_id,
        )


def _accepted_since(
    session: Session, product_id: str, sent_at_seconds: float, *, deadline_seconds: float, lost: AnswerLost
) -> Flow[str | None]:
    """The newest publish that the store accepted since that moment and that is none of our earlier ones; None
    where there is none. Raises ``lost`` where the store cannot tell."""
    if session.at_microsoft:
        raise lost
    yield Pause(_SETTLING_SECONDS)
    call = management.operations(product_id, kind=OperationKind.PUBLISH)
    request = calls.request_of(session.base_url, call)
    publishes = None
    with suppress(EdgeAddonsError):
        answer = yield from session.exchange(request, deadline_seconds=deadline_seconds)
        publishes = calls.result_of(call, answer)
    if publishes is None or answer.sent_time is None:
        raise lost
    # By the store's clock alone: when it answers now, and when it accepted a publish. Its Date is cut to the
    # second, so ours is never missed; and a publish of the same second that is somebody else's is all that may be
    # taken for ours. More leeway would do harm: a second publish is refused, a wrong one is believed.
    gone_by = timedelta(seconds=session.clock() - sent_at_seconds)
    for publish in publishes:
        if publish.created_time is None or answer.sent_time - publish.created_time < -_CLOCKS_DISAGREE:
            raise lost
        if answer.sent_time - publish.created_time <= gone_by and publish.id not in session.publishes:
            return publish.id
    return None


def status(
    session: Session, product_id: str, operation_id: str, *, kind: OperationKind, timeout_seconds: float
) -> Flow[Operation]:
    """The operation as it is now."""
    deadline_seconds = session.clock() + timeout_seconds
    return (yield from _look(session, product_id, operation_id, kind=kind, deadline_seconds=deadline_seconds))


def wait(
    session: Session, product_id: str, operation_id: str, *, kind: OperationKind, timeout_seconds: float
) -> Flow[Operation]:
    """The operation once it has succeeded; the reason as an exception when it failed, or when time is up.

    It looks at least once, also when there is no time.
    """
    operation_id = checked_guid("operation_id", operation_id)
    deadline_seconds = session.clock() + timeout_seconds
    look = 0
    while True:
        look += 1
        asked_at_seconds = session.clock()
        hold_seconds = int(max(0.0, min(LONGEST_HOLD_SECONDS, deadline_seconds - asked_at_seconds)))
        operation = yield from _look(
            session,
            product_id,
            operation_id,
            kind=kind,
            deadline_seconds=deadline_seconds,
            hold_seconds=hold_seconds,
            patience=WHILE_WAITING,
        )
        if failure := failure_of(operation):
            raise failure
        if operation.succeeded:
            return operation
        now_seconds = session.clock()
        if now_seconds >= deadline_seconds:
            raise Timeout(
                f"The {kind} was still in progress after {timeout_seconds:.0f} seconds.",
                advice="It goes on in the store; do not send it twice. "
                f"Ask again: openaddons status {operation_id}",
                operation=operation,
            )
        pause = poll_pause_seconds(look, held_seconds=now_seconds - asked_at_seconds)
        yield Pause(min(pause, deadline_seconds - now_seconds))


def _look(
    session: Session,
    product_id: str,
    operation_id: str,
    *,
    kind: OperationKind,
    deadline_seconds: float,
    hold_seconds: int = 0,
    patience: Patience = ONE_CALL,
) -> Flow[Operation]:
    request = status_request(session.base_url, product_id, operation_id, kind=kind, hold_seconds=hold_seconds)
    answer = yield from session.exchange(
        request, deadline_seconds=deadline_seconds, hold_seconds=hold_seconds, patience=patience
    )
    return operation_of(answer, kind=kind, operation_id=request.operation_id or operation_id)


def manage(session: Session, call: calls.Call[T], *, timeout_seconds: float) -> Flow[T]:
    """One call of the management API."""
    return (yield from _manage(session, call, deadline_seconds=session.clock() + timeout_seconds))


def _manage(
    session: Session, call: calls.Call[T], *, deadline_seconds: float, patience: Patience = ONE_CALL
) -> Flow[T]:
    if session.at_microsoft:
        raise NotSupported("Microsoft's store has no management API.")
    request = calls.request_of(session.base_url, call)
    answer = yield from session.exchange(request, deadline_seconds=deadline_seconds, patience=patience)
    return calls.result_of(call, answer)


def check_credentials(session: Session, product_id: str, *, timeout_seconds: float) -> Flow[CredentialsCheck]:
    """Ask for what is not there: who may ask is told so, and nothing changes."""
    deadline_seconds = session.clock() + timeout_seconds
    with suppress(NotFound):
        yield from _look(
            session, product_id, NO_OPERATION, kind=OperationKind.UPLOAD, deadline_seconds=deadline_seconds
        )
    try:
        yield from _manage(session, management.product(product_id), deadline_seconds=deadline_seconds)
    except NotFound:
        return products.CredentialsCheck(product_known=False)
    except NotSupported:
        return products.CredentialsCheck(product_known=None)
    return products.CredentialsCheck(product_known=True)


def wait_in_store(
    session: Session, product_id: str, version: str, *, timeout_seconds: float
) -> Flow[ProductState]:
    """The product once that version is in the store; an exception when it does not get there, or in time."""
    deadline_seconds = session.clock() + timeout_seconds
    look = 0
    while True:
        look += 1
        product = yield from _manage(
            session,
            management.product(product_id),
            deadline_seconds=deadline_seconds,
            patience=WHILE_WAITING,
        )
        if product.live is not None and product.live.version == version:
            return product
        submission = yield from _submission_of(session, product, version, deadline_seconds=deadline_seconds)
        if submission.state in {products.SubmissionState.IN_STORE, products.SubmissionState.SUPERSEDED}:
            return product  # for a ring alone so far, or followed by another already
        _raise_if_dropped(submission)
        now_seconds = session.clock()
        if now_seconds >= deadline_seconds:
            raise Timeout(
                f"Version {version} was still {submission.state} after {timeout_seconds:.0f} seconds"
                + (f"; it waits for {submission.waits_for}." if submission.waits_for else "."),
                advice="Certification goes on in the store. Ask again later; do not publish it twice.",
                operation_id=submission.operation_id,
                submission=submission,
            )
        yield Pause(min(poll_pause_seconds(look, held_seconds=0), deadline_seconds - now_seconds))


def _submission_of(
    session: Session, product: ProductState, version: str, *, deadline_seconds: float
) -> Flow[Submission]:
    """The newest submission of that version."""
    if product.submission is not None and product.submission.version == version:
        return product.submission
    submissions = yield from _manage(
        session,
        management.submissions(product.id),
        deadline_seconds=deadline_seconds,
        patience=WHILE_WAITING,
    )
    for submission in submissions:
        if submission.version == version:
            return submission
    raise NotFound(
        f"Version {version} of product {product.id} has not been submitted.",
        advice="Publish it first: openaddons publish ZIP",
    )


def _raise_if_dropped(submission: Submission) -> None:
    reason = f": {submission.reason}" if submission.reason else "."
    if submission.state == products.SubmissionState.REVIEW_FAILED:
        raise ReviewFailed(
            f"Version {submission.version} failed its review{reason}",
            operation_id=submission.operation_id,
            submission=submission,
        )
    if submission.state == products.SubmissionState.CANCELLED:
        raise SubmissionCancelled(
            f"The submission of version {submission.version} was cancelled{reason}",
            operation_id=submission.operation_id,
            submission=submission,
        )
