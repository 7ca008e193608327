"""What a store says of a product in public, for machines to read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from openaddons.store.modules import Module
from openaddons.store.offered import IS_SERVED
from openaddons.store.session import Transaction
from openaddons.store.tables import packages, products, publishers, releases, submissions


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """A product as all are offered it, hidden or not."""

    product_id: str
    crx_id: str
    name: str
    developer: str
    version: str
    short_description: str
    """The manifest's."""
    descriptions: dict[str, str]
    """The listing's, by language."""
    category: str | None
    mature_content: bool
    object_key: str
    """Of the signed package."""
    offered_time: datetime
    """When its version was first offered to all."""


def find_details(tx: Transaction, *, crx_id: str) -> ProductDetails | None:
    """A product's details; None unless all are offered it."""
    row = tx.one_or_none(
        sa.select(
            products.c.id.label("product_id"),
            packages.c.name,
            packages.c.facts,
            publishers.c.name.label("developer"),
            submissions.c.modules,
            releases.c.version,
            releases.c.object_key,
            releases.c.offered_to_all_time,
        )
        .join_from(products, releases, releases.c.id == products.c.live_release_id)
        .join(submissions, submissions.c.id == releases.c.submission_id)
        .join(packages, packages.c.id == submissions.c.package_id)
        .join(publishers, publishers.c.id == products.c.publisher_id)
        .where(products.c.crx_id == crx_id, IS_SERVED)
    )
    if row is None:
        return None
    modules: dict[str, dict[str, Any]] = row["modules"]
    properties = modules.get(Module.PROPERTIES, {})
    listing = modules.get(Module.LISTING, {})
    return ProductDetails(
        product_id=row["product_id"],
        crx_id=crx_id,
        name=row["name"],
        developer=row["developer"],
        version=row["version"],
        short_description=row["facts"]["description"],
        descriptions={language: content.get("description", "") for language, content in listing.items()},
        category=properties.get("category"),
        mature_content=properties.get("mature_content", False),
        object_key=row["object_key"],
        offered_time=row["offered_to_all_time"],
    )
