"""Operations: accepted with a 202, carried out afterwards, in order, by whoever holds the lease.

The table is the truth; an engine only says "look at this product". Each claim of an operation raises its
``attempt``, and only the holder of the newest attempt can end it: so a worker that was taken for dead and
wakes up again changes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from openaddons.clock import wire_time
from openaddons.errors import NotFound, NotKnown
from openaddons.ids import new_guid
from openaddons.objects import StoredObject
from openaddons.store.session import Transaction
from openaddons.store.states import OperationState
from openaddons.store.tables import operations, products

GENERIC_FAILURE = "An error occurred while performing the operation"


class OperationKind(StrEnum):
    """What was asked for."""

    UPLOAD = "upload"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class Operation:
    """One asynchronous request, as its status is told."""

    id: str
    publisher_id: str
    product_id: str
    kind: OperationKind
    state: OperationState
    created_time: datetime
    last_updated_time: datetime
    message: str | None
    error_code: str | None
    errors: list[dict[str, Any]] | None
    unexpected: bool

    def describe(self) -> dict[str, Any]:
        """The operation with its keys in the reference's order, null never left out."""
        return {
            "id": self.id,
            "createdTime": wire_time(self.created_time),
            "lastUpdatedTime": wire_time(self.last_updated_time),
            "status": self.state.value,
            "message": self.message,
            "errorCode": self.error_code,
            "errors": self.errors,
        }

    def to_json(self) -> bytes:
        """The body of a status answer, compact."""
        value = self.describe()
        if self.unexpected and self.kind is OperationKind.PUBLISH:
            # Reference, "Response when the publish call fails with an unexpected failure": these two keys alone.
            value = {"id": self.id, "message": self.message}
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


STATUS_COLUMNS = tuple(Operation.__slots__)
_STATUS = sa.select(*(operations.c[name] for name in STATUS_COLUMNS))


@dataclass(frozen=True, slots=True)
class PastOperation:
    """An operation among all of its product, and who asked for it."""

    operation: Operation
    number: int
    """Counts a product's operations from 1."""
    actor: str
    correlation_id: str


_OF_THE_REQUEST = ("number", "actor", "correlation_id")
_PAST = sa.select(*(operations.c[name] for name in (*STATUS_COLUMNS, *_OF_THE_REQUEST)))


@dataclass(frozen=True, slots=True)
class Claim:
    """An operation that the holder may work on and, with this attempt, end."""

    id: str
    product_id: str
    publisher_id: str
    kind: OperationKind
    attempt: int
    object_key: str | None
    digest: str | None
    size_bytes: int | None
    notes: str
    actor: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation ends."""

    state: OperationState
    message: str
    error_code: str | None = None
    errors: Sequence[dict[str, Any]] | None = None
    unexpected: bool = False


class ClaimLost(Exception):  # noqa: N818 - not an error: somebody else has taken over
    """Another worker holds the operation or the submission now; what was about to be written is dropped."""


def accept_operation(
    tx: Transaction,
    *,
    kind: OperationKind,
    product_id: str,
    publisher_id: str,
    actor: str,
    correlation_id: str,
    stored: StoredObject | None = None,
    notes: str = "",
    notes_cut_characters: int = 0,
) -> str:
    """Take an operation in. After the commit it will be carried out, whatever happens. Returns its id.

    Raises `NotFound` when the product is not the publisher's.
    """
    # The update locks the product's row: so numbers follow the order of acceptance without a gap or a tie.
    number = tx.execute(
        products.update()
        .where(products.c.id == product_id, products.c.publisher_id == publisher_id)
        .values(operation_count=products.c.operation_count + 1)
        .returning(products.c.operation_count)
    ).scalar_one_or_none()
    if number is None:
        raise NotFound
    operation_id = new_guid()
    tx.execute(
        operations.insert(),
        {
            "id": operation_id,
            "product_id": product_id,
            "publisher_id": publisher_id,
            "number": number,
            "kind": kind,
            "state": OperationState.IN_PROGRESS,
            "created_time": tx.now,
            "last_updated_time": tx.now,
            "object_key": stored and stored.key,
            "digest": stored and stored.digest,
            "size_bytes": stored and stored.size_bytes,
            "notes": notes,
            "actor": actor,
            "correlation_id": correlation_id,
        },
    )
    facts: dict[str, object] = {"digest": stored.digest, "size_bytes": stored.size_bytes} if stored else {}
    if notes_cut_characters:
        facts["notes_cut_characters"] = notes_cut_characters
    tx.record(
        f"{kind}.accepted",
        actor=actor,
        publisher_id=publisher_id,
        product_id=product_id,
        subject=operation_id,
        correlation_id=correlation_id,
        **facts,
    )
    tx.changes.products_with_work.add(product_id)
    return operation_id


def claim_operation(tx: Transaction, *, product_id: str, lease: timedelta) -> Claim | None:
    """The product's oldest operation in progress, leased; None when there is none or another holds it."""
    row = tx.one_or_none(
        sa.select(operations)
        .where(operations.c.product_id == product_id, operations.c.state == OperationState.IN_PROGRESS)
        .order_by(operations.c.number)
        .limit(1)
    )
    if row is None or (row["leased_until"] is not None and row["leased_until"] > tx.now):
        return None
    claimed = tx.execute(
        operations.update()
        .where(operations.c.id == row["id"], operations.c.attempt == row["attempt"])
        .where(operations.c.state == OperationState.IN_PROGRESS)
        .values(attempt=row["attempt"] + 1, leased_until=tx.now + lease)
    )
    if claimed.rowcount != 1:
        return None
    values = {name: row[name] for name in Claim.__slots__}
    return Claim(**values | {"kind": OperationKind(row["kind"]), "attempt": row["attempt"] + 1})


def end_operation(tx: Transaction, *, claim: Claim, outcome: Outcome) -> None:
    """Write how the operation ended. Raises `ClaimLost` when the attempt is no longer the newest."""
    ended = tx.execute(
        operations.update()
        .where(operations.c.id == claim.id, operations.c.attempt == claim.attempt)
        .where(operations.c.state == OperationState.IN_PROGRESS)
        .values(
            state=outcome.state,
            message=outcome.message.replace("\x00", "\ufffd"),  # PostgreSQL keeps no NUL
            error_code=outcome.error_code,
            errors=sa.null() if outcome.errors is None else list(outcome.errors),
            unexpected=outcome.unexpected,
            last_updated_time=tx.now,
            leased_until=None,
        )
    )
    if ended.rowcount != 1:
        raise ClaimLost
    tx.record(
        f"{claim.kind}.{outcome.state.value.lower()}",
        actor=claim.actor,
        publisher_id=claim.publisher_id,
        product_id=claim.product_id,
        subject=claim.id,
        correlation_id=claim.correlation_id,
        attempt=claim.attempt,
        message=outcome.message,
        error_code=outcome.error_code,
    )
    tx.changes.operations_ended.add(claim.id)


def read_operation(tx: Transaction, *, operation_id: str) -> Operation | None:
    """An operation by its id."""
    row = tx.one_or_none(_STATUS.where(operations.c.id == operation_id))
    return None if row is None else _operation(row)


def list_operations(
    tx: Transaction,
    *,
    product_id: str,
    kind: OperationKind | None = None,
    before: int | None = None,
    limit: int,
) -> list[PastOperation]:
    """The newest operations of a product, newest first; ``before``: those with a lower number."""
    query = _PAST.where(operations.c.product_id == product_id).order_by(operations.c.number.desc())
    if kind is not None:
        query = query.where(operations.c.kind == kind)
    if before is not None:
        query = query.where(operations.c.number < before)
    return [_past_operation(row) for row in tx.execute(query.limit(limit)).mappings()]


def find_operation(tx: Transaction, *, product_id: str, operation_id: str) -> PastOperation:
    """An operation of that product. Raises `NotKnown`."""
    query = _PAST.where(operations.c.product_id == product_id, operations.c.id == operation_id)
    row = tx.one_or_none(query)
    if row is None:
        raise NotKnown(noun="operation", id=operation_id)
    return _past_operation(row)


def _past_operation(row: sa.RowMapping) -> PastOperation:
    return PastOperation(
        operation=_operation({name: row[name] for name in STATUS_COLUMNS}),
        **{name: row[name] for name in _OF_THE_REQUEST},
    )


def _operation(row: Mapping[Any, Any]) -> Operation:
    return Operation(
        **dict(row) | {"kind": OperationKind(row["kind"]), "state": OperationState(row["state"])}
    )
