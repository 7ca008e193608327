"""Products as those see them who publish them: where each stands, and what it waits for.

A page asks a fixed number of questions, however much it shows.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from openaddons.policies import Requirement
from openaddons.store.certification.standing import Standing, standing_of_product, standings_of_products
from openaddons.store.drafts import Draft, describe_draft, draft_row, read_package
from openaddons.store.operations import OperationKind, PastOperation, list_operations
from openaddons.store.packages import UploadedPackage, read_packages
from openaddons.store.products import PRODUCT, Product, find_product, product_of
from openaddons.store.releases import Release, read_release
from openaddons.store.session import Transaction
from openaddons.store.submissions import (
    Submission,
    current_submission,
    list_submissions,
    live_package_id,
)
from openaddons.store.tables import drafts, packages, products, publishers, releases, submissions

PAGE_PRODUCTS: Final = 50


@dataclass(frozen=True, slots=True)
class OwnProduct:
    """A product as one of many of its publishers'."""

    product: Product
    publisher: str
    live_version: str | None
    """What all are offered."""
    draft_version: str | None
    unsubmitted: bool
    """Whether the draft's package, or what it says of it, was never sent to certification as it is."""
    standing: Standing


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

    A word may also be a product ID or a CRX ID. Pages count from 1. One question, and those of
    `standings_of_products`.
    """
    # Chosen first: what is skipped is then not joined with anything.
    chosen = (
        sa.select(products.c.id)
        .where(*(_matches(word) for word in words))
        .order_by(products.c.sorted_name, products.c.id)
        .limit(PAGE_PRODUCTS + 1)
        .offset((page - 1) * PAGE_PRODUCTS)
    )
    if publisher_ids is not None:
        chosen = chosen.where(products.c.publisher_id.in_(publisher_ids))
    submitted = (
        sa.select(sa.func.max(submissions.c.revision))
        .where(submissions.c.product_id == products.c.id, submissions.c.restored_release_id.is_(None))
        .scalar_subquery()
    )
    query = (
        sa.select(
            *PRODUCT,
            publishers.c.name.label("publisher"),
            releases.c.version.label("live_version"),
            packages.c.version.label("draft_version"),
            sa.and_(
                drafts.c.package_id.is_not(None), drafts.c.revision > sa.func.coalesce(submitted, -1)
            ).label("unsubmitted"),
        )
        .join_from(products, publishers, publishers.c.id == products.c.publisher_id)
        .join(drafts, drafts.c.product_id == products.c.id)
        .outerjoin(releases, releases.c.id == products.c.live_release_id)
        .outerjoin(packages, packages.c.id == drafts.c.package_id)
        .where(products.c.id.in_(chosen))
        .order_by(products.c.sorted_name, products.c.id)
    )
    rows = tx.execute(query).mappings().all()
    shown = [(product_of(row), row) for row in rows[:PAGE_PRODUCTS]]
    standings = standings_of_products(tx, found=[product for product, _ in shown])
    return OverviewPage(
        tuple(
            OwnProduct(
                product=product,
                publisher=row["publisher"],
                live_version=row["live_version"] if product.served else None,
                draft_version=row["draft_version"],
                unsubmitted=row["unsubmitted"],
                standing=standings[product.id],
            )
            for product, row in shown
        ),
        more=len(rows) > PAGE_PRODUCTS,
    )


def _matches(word: str) -> sa.ColumnElement[bool]:
    folded = word.casefold()
    return sa.or_(
        products.c.sorted_name.contains(folded, autoescape=True),
        products.c.id == folded,
        products.c.crx_id == folded,
    )


@dataclass(frozen=True, slots=True)
class ProductSheet:
    """All that the page of a product shows."""

    product: Product
    standing: Standing
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
    return ProductSheet(
        product=product,
        standing=standing_of_product(tx, product=product),
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
