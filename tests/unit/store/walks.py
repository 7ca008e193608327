"""Products that are walked through their states by the verbs of the store, watched at every step."""

import itertools
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from openaddons.errors import TransitionRefused
from openaddons.ids import new_guid
from openaddons.objects import StoredObject
from openaddons.objects.keys import new_key
from openaddons.packages.check import Package
from openaddons.packages.version import Version
from openaddons.settings import Settings
from openaddons.store.drafts import set_package
from openaddons.store.operations import (
    Claim,
    ClaimLost,
    OperationKind,
    Outcome,
    accept_operation,
    claim_operation,
    end_operation,
)
from openaddons.store.products import (
    SigningKey,
    block_product,
    create_product,
    find_product,
    lock_product,
    new_product_id,
    unblock_product,
)
from openaddons.store.publishers import Publisher, create_publisher
from openaddons.store.releasing import SignedPackage, create_release, finish_unpublishing, unpublish_product
from openaddons.store.reviews import pack_digests
from openaddons.store.session import Database, Transaction
from openaddons.store.states import (
    OPERATION,
    PENDING_SUBMISSION,
    PRODUCT,
    SUBMISSION,
    OperationState,
    SubmissionState,
)
from openaddons.store.submissions import (
    Submission,
    approve_submission,
    cancel_submission,
    claim_submission,
    hold_submission,
    reject_submission,
)
from openaddons.store.tables import metadata, operations, products, submissions
from openaddons.work.publishing import refusal_to_submit, submit_draft

# One row of a table of transitions: which table, verb, from, to.
Row = tuple[str, str, Any, Any]

TABLES = {"operation": OPERATION, "submission": SUBMISSION, "product": PRODUCT}
ROWS: frozenset[Row] = frozenset(
    (noun, verb, start, end)
    for noun, table in TABLES.items()
    for verb, moves in table.items()
    for start, end in moves.items()
)

# What a step may do to the states, as verbs of the three tables.
_DROPS = ("cancel", "drop", "drop after unpublishing")
PRODUCT_STEPS: dict[str, tuple[str, ...]] = {
    "put package": (),
    "submit": ("submit",),
    "approve": ("approve",),
    "reject": ("reject", "drop", "drop after unpublishing"),
    "cancel": _DROPS,
    "hold": (),
    "let go": (),
    "release": ("publish", "supersede"),
    "release again": ("publish", "supersede"),
    "unpublish": ("unpublish", "cancel"),
    "finish unpublishing": ("finish unpublishing", "supersede"),
    "block": ("block", "cancel"),
    "unblock": ("unblock to draft", "unblock to store", "unblock to unpublished"),
}
OPERATION_STEPS: dict[str, tuple[str, ...]] = {
    "accept": (),
    "claim": (),
    "succeed": ("succeed",),
    "fail": ("fail",),
}
STEPS = PRODUCT_STEPS | OPERATION_STEPS
_LEASE = timedelta(seconds=15)
_PACKAGE = Package(
    name="Sample",
    version=Version.parse("1"),
    description="",
    manifest_version=3,
    manifest={},
    default_locale=None,
    locales=(),
    root="",
    file_count=1,
    unpacked_bytes=1,
    permissions=(),
)


def _stored() -> StoredObject:
    digest = secrets.token_hex(32)
    return StoredObject(key=new_key(digest), digest=digest, size_bytes=1)


def _submit(tx: Transaction, *, product_id: str, settings: Settings) -> Submission | Outcome:
    product = lock_product(tx, product_id=product_id)
    refusal = refusal_to_submit(tx, product=product, settings=settings)
    if refusal is not None:
        return refusal
    return submit_draft(tx, product=product, settings=settings, notes="", actor="test")


@dataclass(frozen=True, slots=True)
class Seen:
    """The states of a product, of its submissions and of its operations."""

    product: str
    submissions: dict[str, str]
    operations: dict[str, str]
    live: bool
    was_published: bool
    held: bool | None
    refusal: bool
    leased: bool

    @property
    def present(self) -> tuple[object, ...]:
        """What decides where the verbs lead from here: all but what has had its day."""
        pending = [state for state in self.submissions.values() if state in PENDING_SUBMISSION]
        running = [state for state in self.operations.values() if state == OperationState.IN_PROGRESS]
        return (
            self.product,
            *pending,
            bool(running),
            self.live,
            self.was_published,
            self.held,
            self.refusal,
            self.leased,
        )


class Walk:
    """One product and the steps that can be tried with it, allowed or not."""

    def __init__(self, database: Database, settings: Settings, publisher: Publisher) -> None:
        self._database = database
        self._settings = settings
        key = SigningKey(crx_id=secrets.token_hex(16), sealed=b"", sealed_by="test")
        self._product = database.run(
            create_product,
            publisher=publisher,
            product_id=new_product_id(),
            name="Sample",
            key=key,
            actor="test",
        )
        self._versions = itertools.count(1)
        self.changed = False  # by the last step
        self._claim: Claim | None = None
        self._released: Submission | None = None
        self._steps: dict[str, Callable[[], object]] = {
            "put package": self._put_package,
            "submit": lambda: database.run(_submit, product_id=self._product.id, settings=settings),
            "approve": lambda: self._decide(approve_submission),
            "reject": lambda: self._decide(reject_submission, reason="It does nothing."),
            "cancel": lambda: self._decide(cancel_submission),
            "hold": lambda: self._decide(hold_submission, held=True),
            "let go": lambda: self._decide(hold_submission, held=False),
            "release": self._release,
            "release again": self._release_again,
            "unpublish": lambda: self._move(unpublish_product),
            "finish unpublishing": lambda: database.run(finish_unpublishing, product_id=self._product.id),
            "block": lambda: self._move(block_product, reason="It harms."),
            "unblock": lambda: self._move(unblock_product),
            "accept": self._accept,
            "claim": self._claim_operation,
            "succeed": lambda: self._end(OperationState.SUCCEEDED),
            "fail": lambda: self._end(OperationState.FAILED),
        }

    @property
    def product_id(self) -> str:
        return self._product.id

    def step(self, name: str) -> set[Row]:
        """Try a step; returns the rows of the tables that it took. What is refused must change nothing."""
        before, everything = self.look(), self._everything()
        refused = False
        try:
            self._steps[name]()
        except (TransitionRefused, ClaimLost):
            refused = True
        self.changed = self._everything() != everything
        assert not (refused and self.changed), f"{name} was refused and changed something"
        rows = _rows(STEPS[name], before, self.look())
        self.check()
        return rows

    def go(self, path: Iterable[str]) -> None:
        """Take steps that were watched before."""
        for name in path:
            self._steps[name]()

    def look(self) -> Seen:
        """The states as they are now."""
        return self._database.read(self._look)

    def _look(self, tx: Transaction) -> Seen:
        product = find_product(tx, id_or_crx_id=self._product.id)
        mine = {
            table.name: {
                row.id: row.state
                for row in tx.execute(sa.select(table).where(table.c.product_id == product.id)).all()
            }
            for table in (submissions, operations)
        }
        held = tx.execute(
            sa.select(submissions.c.held).where(
                submissions.c.product_id == product.id,
                submissions.c.state.in_([SubmissionState.IN_REVIEW, SubmissionState.APPROVED]),
            )
        ).scalar_one_or_none()
        return Seen(
            product=str(product.state),
            submissions=mine["submissions"],
            operations=mine["operations"],
            live=product.live_release_id is not None,
            was_published=product.first_published_time is not None,
            held=held,
            refusal=refusal_to_submit(tx, product=product, settings=self._settings) is not None,
            leased=self._claim is not None
            and mine["operations"][self._claim.id] == OperationState.IN_PROGRESS,
        )

    def _everything(self) -> dict[str, Any]:
        """Every row of the product in every table."""
        mine = {table: table.c.get("product_id") for table in metadata.sorted_tables} | {
            products: products.c.id
        }
        return self._database.read(
            lambda tx: {
                table.name: tx.execute(sa.select(table).where(column == self._product.id)).all()
                for table, column in mine.items()
                if column is not None
            }
        )

    def check(self) -> None:
        """What must be true of a product, whatever was tried."""
        seen = self.look()
        live, was_published = seen.live, seen.was_published
        states = list(seen.submissions.values())
        pending = states.count(SubmissionState.IN_REVIEW) + states.count(SubmissionState.APPROVED)
        assert pending <= 1
        assert states.count(SubmissionState.IN_STORE) == int(live)
        assert was_published or not live
        assert (pending, live, was_published) in {
            "In draft": {(0, False, False)},
            "In review": {(1, False, False), (1, False, True)},
            "In the store": {(0, True, True)},
            "In the store + update in review": {(1, True, True)},
            "Unpublish in progress": {(0, True, True)},
            "Unpublished": {(0, False, True)},
            "Blocked": {(0, False, False), (0, True, True), (0, False, True)},
        }[seen.product]
        versions = self._database.read(self._released_versions)
        assert versions == sorted(set(versions))

    def _released_versions(self, tx: Transaction) -> list[Version]:
        releases = metadata.tables["releases"]
        query = (
            sa.select(releases.c.version)
            .where(releases.c.product_id == self._product.id)
            .order_by(releases.c.created_time)
        )
        return [Version.parse(text) for text in tx.execute(query).scalars()]

    def _newest(self) -> str | None:
        query = (
            sa.select(submissions.c.id)
            .where(submissions.c.product_id == self._product.id)
            .order_by(submissions.c.created_time.desc())
            .limit(1)
        )
        return self._database.read(lambda tx: tx.execute(query).scalar_one_or_none())

    def _decide(self, verb: Callable[..., object], **facts: object) -> None:
        submission_id = self._newest()
        if submission_id is not None:
            self._database.run(lambda tx: verb(tx, submission_id=submission_id, actor="test", **facts))

    def _move(self, verb: Callable[..., object], **facts: object) -> None:
        self._database.run(lambda tx: verb(tx, product_id=self._product.id, actor="test", **facts))

    def _put_package(self) -> None:
        package = _PACKAGE._replace(version=Version.parse(str(next(self._versions))))
        self._database.run(
            set_package,
            product_id=self._product.id,
            package=package,
            stored=_stored(),
            findings=(),
            finding_total=0,
            digests=pack_digests({}),
        )

    def _release(self) -> None:
        claim = self._database.run(claim_submission, product_id=self._product.id, lease=_LEASE)
        # One that is still in review is due for certification, not for release; it is tried all the same.
        if claim is not None:
            self._released = claim
            self._database.run(create_release, claim=claim, signed=SignedPackage(_stored()))

    def _release_again(self) -> None:
        if self._released is not None:
            self._database.run(create_release, claim=self._released, signed=SignedPackage(_stored()))

    def _accept(self) -> None:
        self._database.run(
            accept_operation,
            kind=OperationKind.PUBLISH,
            product_id=self._product.id,
            publisher_id=self._product.publisher_id,
            actor="test",
            correlation_id=new_guid(),
        )

    def _claim_operation(self) -> None:
        claim = self._database.run(claim_operation, product_id=self._product.id, lease=_LEASE)
        self._claim = claim or self._claim

    def _end(self, state: OperationState) -> None:
        if self._claim is not None:
            self._database.run(end_operation, claim=self._claim, outcome=Outcome(state, "It ended."))


def _rows(verbs: tuple[str, ...], before: Seen, after: Seen) -> set[Row]:
    """The rows that lead from one to the other. Fails when there is none, or it is none of the step's verbs."""
    moves = [("product", before.product, after.product)]
    moves += [("submission", state, after.submissions[key]) for key, state in before.submissions.items()]
    moves += [("operation", state, after.operations[key]) for key, state in before.operations.items()]
    taken: set[Row] = set()
    for noun, start, end in moves:
        if start == end:
            continue
        rows = {row for row in ROWS if (row[0], *row[2:]) == (noun, start, end) and row[1] in verbs}
        assert rows, f"no row leads the {noun} from {start} to {end} by {verbs}"
        taken |= rows
    return taken


def new_publisher(database: Database) -> Publisher:
    """Somebody to own the products."""
    return database.run(create_publisher, name=new_guid(), actor="test")
