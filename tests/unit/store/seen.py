"""What is seen of a product, and what must be true of it, whatever was tried."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from openaddons.packages.version import Version
from openaddons.settings import Settings
from openaddons.store.catalogue import find_add_on
from openaddons.store.certification.standing import WaitsFor, standing_of, standing_of_product, standings_of
from openaddons.store.offered import ALL, read_offered
from openaddons.store.offers import offered_releases
from openaddons.store.operations import Claim
from openaddons.store.products import Product, find_product
from openaddons.store.releases import list_releases
from openaddons.store.session import Transaction
from openaddons.store.states import PENDING_SUBMISSION, OperationState, SubmissionState
from openaddons.store.submissions import list_submissions, pending_submission
from openaddons.store.tables import metadata, operations, products, submissions
from openaddons.work.publishing import refusal_to_submit

RING = "early"
# Made once: they are asked thousands of times.
_ROWS = {
    table.name: sa.select(table).where(column == sa.bindparam("mine"))
    for table in metadata.sorted_tables
    if (column := products.c.id if table is products else table.c.get("product_id")) is not None
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The states of a product, of its submissions and of its operations."""

    product: str
    quarantined: bool
    served: bool
    submissions: dict[str, str]
    operations: dict[str, str]
    live: bool
    was_published: bool
    held: bool | None
    asked: bool
    """Whether a question is open."""
    taken: bool
    roll_backs: frozenset[str]
    ahead: str | None
    """Of the ring: the version that it is offered."""
    first_rings: bool
    spare: bool
    """Whether there is a version that could be offered in the place of the live one."""
    refusal: bool
    leased: bool

    @property
    def present(self) -> tuple[object, ...]:
        """What decides where the verbs lead from here: all but what has had its day."""
        pending = sorted(
            (key in self.roll_backs, state)
            for key, state in self.submissions.items()
            if state in PENDING_SUBMISSION
        )
        running = [state for state in self.operations.values() if state == OperationState.IN_PROGRESS]
        return (
            self.product,
            *pending,
            bool(running),
            self.live,
            self.was_published,
            self.held,
            self.asked,
            self.taken,
            self.ahead is not None,
            self.first_rings,
            self.spare,
            self.refusal,
            self.leased,
        )


def look(tx: Transaction, *, product_id: str, settings: Settings, claim: Claim | None) -> Seen:
    """The states as they are now; ``claim`` is the last that somebody had on one of the operations."""
    product = find_product(tx, id_or_crx_id=product_id)
    mine = {
        table.name: {
            row.id: row.state
            for row in tx.execute(sa.select(table).where(table.c.product_id == product_id)).all()
        }
        for table in (submissions, operations)
    }
    update = pending_submission(tx, product_id=product_id)
    restored = sa.select(submissions.c.id).where(
        submissions.c.product_id == product_id, submissions.c.restored_release_id.is_not(None)
    )
    offered = offered_releases(tx, product_id=product_id)
    return Seen(
        product=str(product.state),
        quarantined=product.quarantined,
        served=product.served,
        submissions=mine["submissions"],
        operations=mine["operations"],
        live=product.live_release_id is not None,
        was_published=product.first_published_time is not None,
        held=None if update is None else update.held,
        asked=update is not None and standing_of(tx, submission=update).waits_for is WaitsFor.ANSWER,
        taken=update is not None and update.taken_by is not None,
        roll_backs=frozenset(tx.execute(restored).scalars()),
        ahead=offered[RING].version if RING in offered else None,
        first_rings=bool(product.first_rings),
        spare=any(
            each.offered_to_all_time is not None
            and each.withdrawn_time is None
            and each.id != product.live_release_id
            for each in list_releases(tx, product_id=product_id)
        ),
        refusal=refusal_to_submit(tx, product=product, settings=settings) is not None,
        leased=claim is not None and mine["operations"][claim.id] == OperationState.IN_PROGRESS,
    )


def rows_of(tx: Transaction, *, product_id: str) -> dict[str, Any]:
    """Every row of the product in every table. Its events are among them, so each verb that did something shows."""
    return {name: tx.execute(query, {"mine": product_id}).all() for name, query in _ROWS.items()}


def check(tx: Transaction, seen: Seen, *, product_id: str) -> None:
    """What must be true of a product, whatever was tried."""
    pending = [key for key, state in seen.submissions.items() if state in PENDING_SUBMISSION]
    rolling_back = len(seen.roll_backs & set(pending))
    updates = len(pending) - rolling_back
    assert rolling_back <= int(seen.product.startswith("In the store"))
    offered = seen.live or seen.ahead is not None
    assert (updates, offered, seen.was_published) in {
        "In draft": {(0, False, False)},
        "In review": {(1, False, False), (1, False, True)},
        "In the store": {(0, True, True)},
        "In the store + update in review": {(1, True, True)},
        "Unpublish in progress": {(0, True, True)},
        "Unpublished": {(0, False, True)},
        "Blocked": {(0, False, False), (0, True, True), (0, False, True)},
    }[seen.product]
    product = find_product(tx, id_or_crx_id=product_id)
    _check_served(tx, seen, product)
    _check_releases(tx, seen, product)
    _check_standings(tx, seen, product)


def _check_served(tx: Transaction, seen: Seen, product: Product) -> None:
    """Browsers get a product while something is offered and it is not kept back, whoever is asked."""
    kept_back = seen.quarantined or seen.product == "Blocked"
    found = {each.crx_id: each for each in read_offered(tx, since=-1)}.get(product.crx_id)
    live = find_add_on(tx, crx_id=product.crx_id) is not None
    assert bool(found and found.releases) == seen.served
    assert seen.served == ((seen.live or seen.ahead is not None) and not kept_back)
    assert live == (seen.live and not kept_back)


def _check_releases(tx: Transaction, seen: Seen, product: Product) -> None:
    """Versions only go up, a ring is ahead of all, and what is offered is in the store and not withdrawn."""
    releases = list_releases(tx, product_id=product.id)
    versions = [Version.parse(each.version) for each in reversed(releases)]
    assert versions == sorted(set(versions))
    offered = offered_releases(tx, product_id=product.id)
    in_store = {key for key, state in seen.submissions.items() if state == SubmissionState.IN_STORE}
    assert in_store == {each.submission_id for each in offered.values()}
    assert not [each for each in offered.values() if each.withdrawn_time is not None]
    if seen.live and seen.ahead is not None:
        assert Version.parse(seen.ahead) > Version.parse(offered[ALL].version)
    assert not seen.live or offered[ALL].offered_to_all_time is not None


def _check_standings(tx: Transaction, seen: Seen, product: Product) -> None:
    """Nobody guesses: whatever state is reached says what it waits for, since when, and what comes next."""
    found = list_submissions(tx, product_id=product.id)
    standings = standings_of(tx, found=found)
    for submission in found:
        standing = standings[submission.id]
        assert (standing.awaited is not None) == (submission.state in PENDING_SUBMISSION)
        assert (standing.waits_for is WaitsFor.ANSWER) == (seen.asked and submission.state == "In review")
        assert (standing.place is not None) == (standing.waits_for is WaitsFor.REVIEWER)
        assert submission.created_time <= standing.since <= tx.now
    for told in (*standings.values(), standing_of_product(tx, product=product)):
        assert (told.words != "", told.next[-1:]) == (True, ".")
