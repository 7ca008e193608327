"""Releases: signed versions that browsers can get."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from openaddons.errors import NotKnown
from openaddons.packages.version import Version
from openaddons.store.offered import ALL, GIVEN, IS_SERVED
from openaddons.store.session import Transaction
from openaddons.store.tables import products, releases, submissions


@dataclass(frozen=True, slots=True)
class Release:
    """A signed version. Its bytes never change."""

    id: str
    product_id: str
    submission_id: str
    version: str
    object_key: str
    digest: str
    size_bytes: int
    minimum_chrome_version: str | None
    icon_key: str | None
    """The object that holds its icon, as it is in the package."""
    created_time: datetime
    offered_to_all_time: datetime | None
    """When it was first offered to all; None while only rings got it."""
    withdrawn_time: datetime | None
    withdrawn_reason: str | None


RELEASE: Final = tuple(releases.c[name] for name in Release.__slots__)
"""The columns of a `Release`."""


def release_of(row: sa.RowMapping) -> Release:
    """The release in a row that has its columns and perhaps others."""
    return Release(**{name: row[name] for name in Release.__slots__})


def list_releases(tx: Transaction, *, product_id: str) -> list[Release]:
    """Every release of a product, newest first."""
    query = (
        sa.select(*RELEASE)
        .where(releases.c.product_id == product_id)
        .order_by(releases.c.created_time.desc())
    )
    return [Release(**row) for row in tx.execute(query).mappings()]


@dataclass(frozen=True, slots=True)
class Standing:
    """A release, and who is offered it."""

    release: Release
    live: bool
    """Whether all are offered it."""
    rings: tuple[str, ...]
    """Those that are offered it before all."""
    content_of: str | None
    """Of a roll back: the version whose content it is."""


def list_standings(tx: Transaction, *, product_id: str) -> list[Standing]:
    """Every release of a product, newest first, and who is offered it; of one that is kept back nobody is."""
    given: dict[str, set[str]] = {}
    offered = (
        sa.select(GIVEN.c.ring, GIVEN.c.release_id)
        .join(products, products.c.id == GIVEN.c.product_id)
        .where(GIVEN.c.product_id == product_id, IS_SERVED)
    )
    for given_to in tx.execute(offered):
        given.setdefault(given_to.release_id, set()).add(given_to.ring)
    restored = releases.alias("restored")
    query = (
        sa.select(*RELEASE, restored.c.version.label("content_of"))
        .join(submissions, submissions.c.id == releases.c.submission_id)
        .outerjoin(restored, restored.c.id == submissions.c.restored_release_id)
        .where(releases.c.product_id == product_id)
        .order_by(releases.c.created_time.desc())
    )
    found = []
    for row in tx.execute(query).mappings():
        release = release_of(row)
        whom = given.get(release.id, set())
        found.append(Standing(release, ALL in whom, tuple(sorted(whom - {ALL})), row["content_of"]))
    return found


def read_release(tx: Transaction, *, release_id: str) -> Release:
    """A release by its id."""
    return Release(**tx.execute(sa.select(*RELEASE).where(releases.c.id == release_id)).mappings().one())


def find_release(tx: Transaction, *, product_id: str, version: str) -> Release:
    """A product's release by its version, of which 1.0 and 1.0.0 are the same. Raises `NotKnown`."""
    try:
        wanted = Version.parse(version)
    except ValueError:
        raise NotKnown(noun="release", id=version) from None
    for release in list_releases(tx, product_id=product_id):
        if Version.parse(release.version) == wanted:
            return release
    raise NotKnown(noun="release", id=version)
