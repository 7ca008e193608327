"""What browsers are offered, read product by product: what update checks are answered from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from openaddons.store.session import Transaction
from openaddons.store.states import ProductState
from openaddons.store.tables import offering, offers, products, releases

SERVED: Final = (ProductState.IN_STORE, ProductState.UPDATE_IN_REVIEW, ProductState.UNPUBLISHING)
"""The states of a product in which browsers get it, unless it is kept back."""
IS_SERVED: Final = sa.and_(products.c.state.in_(SERVED), products.c.kept_back_time.is_(None))
"""Whether browsers get a product."""
ALL: Final = ""
"""Stands where a ring's name would, for browsers that are in none."""
GIVEN: Final = sa.union_all(
    sa.select(
        products.c.id.label("product_id"),
        sa.literal(ALL).label("ring"),
        products.c.live_release_id.label("release_id"),
    ).where(products.c.live_release_id.is_not(None)),
    sa.select(offers.c.product_id, offers.c.ring, offers.c.release_id),
).subquery("given")
"""Which release is offered to whom: ``product_id``, ``ring`` (or `ALL`) and ``release_id``."""


@dataclass(frozen=True, slots=True)
class OfferedRelease:
    """What an update check says of a release."""

    version: str
    digest: str
    """SHA-256 of the signed package, hexadecimal."""
    size_bytes: int
    minimum_chrome_version: str | None


@dataclass(frozen=True, slots=True)
class OfferedProduct:
    """What browsers are offered of a product that was published once."""

    crx_id: str
    blocked: bool
    releases: dict[str, OfferedRelease]
    """By ring, and under `ALL`. Empty when it is blocked, in quarantine or not in the store."""


@dataclass(frozen=True, slots=True)
class OfferedPackage:
    """The bytes of a signed package that may be downloaded."""

    object_key: str
    size_bytes: int


def offered_generation(tx: Transaction) -> int:
    """How often anything changed that browsers are offered, in all products together."""
    return int(tx.execute(sa.select(offering.c.generation)).scalar_one())


def announce_update_url(tx: Transaction, *, url: str) -> str | None:
    """Note where browsers ask for updates from now on. Returns where they did before."""
    former: str | None = tx.execute(sa.select(offering.c.update_url)).scalar_one()
    if url != former:
        tx.execute(offering.update().values(update_url=url))
    return former


def announced_update_url(tx: Transaction) -> str | None:
    """Where browsers ask for updates, as the store was last served; None if it never was."""
    url: str | None = tx.execute(sa.select(offering.c.update_url)).scalar_one()
    return url


def read_offered(tx: Transaction, *, since: int) -> Iterator[OfferedProduct]:
    """The products whose offers changed after that generation, each as it is now.

    To read on later, take the generation before the products: what changes meanwhile is then read twice.
    """
    query = (
        sa.select(
            products.c.crx_id,
            products.c.state,
            products.c.kept_back_time,
            GIVEN.c.ring,
            releases.c.version,
            releases.c.digest,
            releases.c.size_bytes,
            releases.c.minimum_chrome_version,
        )
        .outerjoin(GIVEN, GIVEN.c.product_id == products.c.id)
        .outerjoin(releases, releases.c.id == GIVEN.c.release_id)
        .where(products.c.offered_generation > since, products.c.first_published_time.is_not(None))
        .order_by(products.c.id)
    )
    crx_id, blocked = "", False
    found: dict[str, OfferedRelease] = {}
    for row in tx.connection.execution_options(yield_per=1000).execute(query):
        if row.crx_id != crx_id:
            if crx_id:
                yield OfferedProduct(crx_id, blocked, found)
            crx_id, blocked, found = row.crx_id, row.state == ProductState.BLOCKED, {}
        if row.ring is not None and row.kept_back_time is None:
            found[row.ring] = OfferedRelease(
                row.version, row.digest, row.size_bytes, row.minimum_chrome_version
            )
    if crx_id:
        yield OfferedProduct(crx_id, blocked, found)
