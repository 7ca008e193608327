"""Products that are walked through their states by the verbs of the store, watched at every step."""

import itertools
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from openaddons.errors import TransitionRefused, ValueRefused
from openaddons.ids import new_guid
from openaddons.objects import StoredObject
from openaddons.objects.keys import new_key
from openaddons.packages.check import Package
from openaddons.packages.version import Version
from openaddons.settings import Settings
from openaddons.store.certification.questions import answer_question, ask_publisher
from openaddons.store.certification.queue import take_submission
from openaddons.store.certification.reviews import pack_digests
from openaddons.store.drafts import set_package
from openaddons.store.keeping_back import (
    block_product,
    lift_quarantine,
    quarantine_product,
    unblock_product,
)
from openaddons.store.offers import (
    create_ring,
    offer_to_all,
    offer_to_rings,
    offered_releases,
    set_first_rings,
    withdraw_release,
)
from openaddons.store.operations import (
    Claim,
    ClaimLost,
    OperationKind,
    Outcome,
    accept_operation,
    claim_operation,
    end_operation,
)
from openaddons.store.products import SigningKey, create_product, new_product_id
from openaddons.store.publishers import Publisher, create_publisher
from openaddons.store.releases import list_releases
from openaddons.store.releasing import SignedPackage, create_release, finish_unpublishing, unpublish_product
from openaddons.store.rolling_back import roll_back
from openaddons.store.session import Database
from openaddons.store.states import (
    OPERATION,
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
from openaddons.store.tables import submissions
from openaddons.work.publishing import submit_by_hand
from tests.unit.store.seen import RING, Seen, check, look, rows_of
from tests.unit.store.uncommitted import Uncommitted

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
    "ask": (),
    "answer": (),
    "take": (),
    "hold": (),
    "let go": (),
    "release": ("publish", "roll back", "supersede"),
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
# What may be done with releases, and what goes on meanwhile; to be walked from `RELEASED`.
OFFER_STEPS: dict[str, tuple[str, ...]] = {
    "rings first": (),
    "all at once": (),
    "offer to ring": ("restore", "supersede"),
    "offer to all": ("restore", "supersede"),
    "roll back": (),
    "withdraw": ("restore", "supersede"),
    "send approved": ("submit",),
    **{name: PRODUCT_STEPS[name] for name in ("release", "release again", "cancel", "block", "unblock")},
    **{name: PRODUCT_STEPS[name] for name in ("unpublish", "finish unpublishing")},
}
RELEASED = ("send approved", "release", "send approved", "release")
# In any order alone: they change no state, and would double the states to explore.
QUARANTINE_STEPS: dict[str, tuple[str, ...]] = {"quarantine": (), "lift": ()}
STEPS = PRODUCT_STEPS | OFFER_STEPS | OPERATION_STEPS | QUARANTINE_STEPS
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
        self.changed = False
        self._claim: Claim | None = None
        self._released: Submission | None = None
        self.reached = self.look()  # by the steps up to now
        self._rows = self._read_rows()
        self._steps: dict[str, Callable[[], object]] = {
            "put package": self._put_package,
            "submit": self._submit,
            "approve": lambda: self._decide(approve_submission),
            "reject": lambda: self._decide(reject_submission, reason="It does nothing."),
            "cancel": lambda: self._decide(cancel_submission),
            "ask": lambda: self._decide(ask_publisher, text="What for?", review_days=7),
            "answer": lambda: self._decide(answer_question, answer="For that."),
            "take": lambda: self._decide(take_submission),
            "hold": lambda: self._decide(hold_submission, held=True),
            "let go": lambda: self._decide(hold_submission, held=False),
            "release": self._release,
            "release again": self._release_again,
            "unpublish": lambda: self._move(unpublish_product),
            "finish unpublishing": lambda: database.run(finish_unpublishing, product_id=self._product.id),
            "block": lambda: self._move(block_product, reason="It harms."),
            "unblock": lambda: self._move(unblock_product),
            "quarantine": lambda: self._move(quarantine_product, reason="It is odd."),
            "lift": lambda: self._move(lift_quarantine),
            "rings first": lambda: self._move(set_first_rings, names=[RING]),
            "all at once": lambda: self._move(set_first_rings, names=[]),
            "offer to ring": lambda: self._offer(offer_to_rings, names=[RING]),
            "offer to all": lambda: self._offer(offer_to_all),
            "roll back": lambda: self._move(roll_back, reason="It is broken."),
            "withdraw": self._withdraw,
            "send approved": self._send_approved,
            "accept": self._accept,
            "claim": self._claim_operation,
            "succeed": lambda: self._end(OperationState.SUCCEEDED),
            "fail": lambda: self._end(OperationState.FAILED),
        }

    @property
    def product_id(self) -> str:
        return self._product.id

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Take back at the end what was done within the block, on a database that is `Uncommitted`."""
        assert isinstance(self._database, Uncommitted)
        kept = self._claim, self._released, self.reached, self._rows
        with self._database.trial():
            yield
        self._claim, self._released, self.reached, self._rows = kept

    def step(self, name: str) -> set[Row]:
        """Try a step; returns the rows of the tables that it took. What is refused must change nothing."""
        before, rows = self.reached, self._rows
        refused = False
        try:
            self._steps[name]()
        except (TransitionRefused, ValueRefused, ClaimLost):
            refused = True
        self._rows = self._read_rows()
        self.changed = self._rows != rows
        assert not (refused and self.changed), f"{name} was refused and changed something"
        if not self.changed:
            return set()
        self.reached = self.look()
        self._check(self.reached)
        return _rows(STEPS[name], before, self.reached)

    def go(self, path: Iterable[str]) -> None:
        """Take steps that were watched before."""
        for name in path:
            self._steps[name]()
        self.reached, self._rows = self.look(), self._read_rows()

    def look(self) -> Seen:
        """The states as they are now."""
        return self._database.read(
            look, product_id=self._product.id, settings=self._settings, claim=self._claim
        )

    def check(self) -> None:
        """What must be true of the product as it is now, whatever was tried."""
        self._check(self.look())

    def _check(self, seen: Seen) -> None:
        self._database.read(check, seen, product_id=self._product.id)

    def _read_rows(self) -> dict[str, Any]:
        return self._database.read(rows_of, product_id=self._product.id)

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

    def _submit(self) -> Submission | Outcome:
        return self._database.run(
            submit_by_hand, product_id=self._product.id, notes="", actor="test", settings=self._settings
        )

    def _send_approved(self) -> None:
        self._put_package()
        sent = self._submit()
        if isinstance(sent, Submission):
            self._database.run(approve_submission, submission_id=sent.id, actor="test")

    def _offer(self, verb: Callable[..., object], **facts: object) -> None:
        """Offer the newest release, which may be withdrawn."""
        releases = self._database.read(list_releases, product_id=self._product.id)
        if releases:
            self._move(verb, version=releases[0].version, **facts)

    def _withdraw(self) -> None:
        """Withdraw the highest release that is offered."""
        offered = self._database.read(offered_releases, product_id=self._product.id)
        if offered:
            newest = max(offered.values(), key=lambda each: Version.parse(each.version))
            self._move(withdraw_release, version=newest.version, reason="It is broken.")

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
    rolled_back = {key for key in before.roll_backs if before.submissions[key] != after.submissions[key]}
    if any(after.submissions[key] == SubmissionState.IN_STORE for key in rolled_back):
        assert before.product == after.product
        taken |= {row for row in ROWS if row[1] == "roll back" and row[2] == before.product}
    for noun, start, end in moves:
        if start == end:
            continue
        rows = {row for row in ROWS if (row[0], *row[2:]) == (noun, start, end) and row[1] in verbs}
        assert rows, f"no row leads the {noun} from {start} to {end} by {verbs}"
        taken |= rows
    return taken


def make_ring(database: Database) -> None:
    """The ring that walks offer releases to."""
    database.run(create_ring, name=RING, actor="test")


def new_publisher(database: Database) -> Publisher:
    """Somebody to own the products."""
    return database.run(create_publisher, name=new_guid(), actor="test")
