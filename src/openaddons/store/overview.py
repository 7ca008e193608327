"""Products as those see them who publish them: where each stands, and what it waits for.

A page asks a fixed number of questions, however much it shows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from openaddons.policies import Requirement
from openaddons.store.drafts import Draft, describe_draft, draft_row, read_package
from openaddons.store.operations import OperationKind, PastOperation, list_operations
from openaddons.store.packages import UploadedPackage, read_packages
from openaddons.store.products import PRODUCT, Product, find_product, product_of
from openaddons.store.releases import Release, read_release
from openaddons.store.session import Transaction
from openaddons.store.standing import Standing, standings_of
from openaddons.store.states import PENDING_SUBMISSION, ProductState, SubmissionState
from openaddons.store.submissions import (
    Submission,
    current_submission,
    current_submissions,
    list_submissions,
    live_package_id,
)
from openaddons.store.tables import drafts, packages, products, publishers, releases

PAGE_PRODUCTS: Final = 50


@dataclass(frozen=True, slots=True)
class Wait:
    """What a product waits for, in words, and since when."""

    what: str
    since: datetime | None
    """None where it is not written down."""


@dataclass(frozen=True, slots=True)
class OwnProduct:
    """A product as one of many of its publishers'."""

    product: Product
    publisher: str
    live_version: str | None
    """What all are offered."""
    draft_version: str | None
    wait: Wait | None
    """None: it waits for nothing."""


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """A part of the products of some publishers, by name."""

    products: tuple[OwnProduct, ...]
    more: bool
    """Whether another page follows."""


def read_overview(
    tx: Transaction, *, publisher_ids: Collection[str] | None, words: Sequence[str], page: int
) -> OverviewPage:
    """Products of these publishers, or of all with None, in whose names all of the words occur.

    A word may also be a product ID or a CRX ID. Pages count from 1. Two questions, and four about what is pending.
    """
    query = (
        sa.select(
            *PRODUCT,
            publishers.c.name.label("publisher"),
            releases.c.version.label("live_version"),
            packages.c.version.label("draft_version"),
            drafts.c.package_id,
            drafts.c.revision,
            drafts.c.live_revision,
            drafts.c.last_updated_time.label("draft_time"),
        )
        .join_from(products, publishers, publishers.c.id == products.c.publisher_id)
        .join(drafts, drafts.c.product_id == products.c.id)
        .outerjoin(releases, releases.c.id == products.c.live_release_id)
        .outerjoin(packages, packages.c.id == drafts.c.package_id)
        .where(*(_matches(word) for word in words))
        .order_by(products.c.sorted_name, products.c.id)
        .limit(PAGE_PRODUCTS + 1)
        .offset((page - 1) * PAGE_PRODUCTS)
    )
    if publisher_ids is not None:
        query = query.where(products.c.publisher_id.in_(publisher_ids))
    rows = tx.execute(query).mappings().all()
    shown = rows[:PAGE_PRODUCTS]
    submissions = current_submissions(tx, product_ids=[row["id"] for row in shown])
    standings = standings_of(tx, found=[*submissions.values()])
    return OverviewPage(
        tuple(_own_product(row, submissions.get(row["id"]), standings) for row in shown),
        more=len(rows) > PAGE_PRODUCTS,
    )


def _matches(word: str) -> sa.ColumnElement[bool]:
    folded = word.casefold()
    return sa.or_(
        products.c.sorted_name.contains(folded, autoescape=True),
        products.c.id == folded,
        products.c.crx_id == folded,
    )


def _own_product(
    row: sa.RowMapping, submission: Submission | None, standings: Mapping[str, Standing]
) -> OwnProduct:
    product = product_of(row)
    return OwnProduct(
        product=product,
        publisher=row["publisher"],
        live_version=row["live_version"] if product.served else None,
        draft_version=row["draft_version"],
        wait=_wait(product, row, submission, standings, draft_time=row["draft_time"]),
    )


def _wait(  # noqa: PLR0911 - one return for each thing that is waited for
    product: Product,
    draft: Mapping[Any, Any],
    submission: Submission | None,
    standings: Mapping[str, Standing],
    *,
    draft_time: datetime,
) -> Wait | None:
    """``draft`` is its row; ``submission`` the current one."""
    if product.state is ProductState.BLOCKED:
        return Wait("the store's administrator, who blocked it", product.kept_back_time)
    if product.state is ProductState.UNPUBLISHING:
        return Wait("the store to take it out", None)
    if submission is not None and submission.state in PENDING_SUBMISSION:
        standing = standings[submission.id]
        return Wait(standing.words, standing.since)
    if draft["package_id"] is None:
        return Wait("a package to be uploaded", draft_time)
    ended = (SubmissionState.REVIEW_FAILED, draft["revision"])
    if submission is not None and (submission.state, submission.revision) == ended:
        return Wait("its publisher to mend what the review found", submission.last_updated_time)
    if draft["revision"] != draft["live_revision"]:
        return Wait("its draft to be submitted", draft_time)
    return None


@dataclass(frozen=True, slots=True)
class ProductSheet:
    """All that the page of a product shows."""

    product: Product
    publisher: str
    wait: Wait | None
    draft: Draft
    draft_package: UploadedPackage | None
    live: Release | None
    """What all are offered."""
    live_package: UploadedPackage | None
    update: Submission | None
    """What is in review or approved."""
    update_package: UploadedPackage | None
    roll_back: Submission | None
    """What is just coming back."""
    current: Submission | None
    """The one of these that decides where the product stands, else the newest that has ended."""
    upload: PastOperation | None
    """The newest."""


def read_product_sheet(tx: Transaction, *, product_id: str, require: Requirement) -> ProductSheet:
    """A product, side by side what is live, what is in review and what the draft holds. Raises `NotKnown`."""
    # The product is read after its submissions: what they say has happened, it shows already.
    current = current_submission(tx, product_id=product_id)
    standings = standings_of(tx, found=[] if current is None else [current])
    pending = list_submissions(tx, product_id=product_id, pending=True)
    update, roll_back = (_of_kind(pending, rolls_back=each) for each in (False, True))
    product = find_product(tx, id_or_crx_id=product_id)
    draft = draft_row(tx, product_id=product_id)
    package = read_package(tx, package_id=draft["package_id"])
    live_id = live_package_id(tx, product=product)
    update_id = None if update is None else update.package_id
    found = read_packages(tx, package_ids=(draft["package_id"], live_id, update_id))
    offered = product.live_release_id if product.served else None
    uploads = list_operations(tx, product_id=product_id, kind=OperationKind.UPLOAD, limit=1)
    name = sa.select(publishers.c.name).where(publishers.c.id == product.publisher_id)
    return ProductSheet(
        product=product,
        publisher=tx.execute(name).scalar_one(),
        wait=_wait(product, draft, current, standings, draft_time=draft["last_updated_time"]),
        draft=describe_draft(draft, package, require=require),
        draft_package=found.get(draft["package_id"]),
        live=None if offered is None else read_release(tx, release_id=offered),
        live_package=None if offered is None else found.get(live_id or ""),
        update=update,
        update_package=found.get(update_id or ""),
        roll_back=roll_back,
        current=current,
        upload=next(iter(uploads), None),
    )


def _of_kind(pending: Sequence[Submission], *, rolls_back: bool) -> Submission | None:
    """There is never more than one of each."""
    return next((each for each in pending if (each.restored_release_id is not None) == rolls_back), None)
