"""Packages as they were uploaded: where their bytes are, and what the check warned of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from openaddons.errors import NotKnown
from openaddons.packages.findings import Finding
from openaddons.store.session import Transaction
from openaddons.store.tables import packages


@dataclass(frozen=True, slots=True)
class UploadedPackage:
    """A package that passed the check. Its bytes never change."""

    id: str
    product_id: str
    object_key: str
    digest: str
    """SHA-256 of the .zip, hexadecimal."""
    size_bytes: int
    name: str
    """The manifest's."""
    version: str
    file_name: str
    """What it is called when it is downloaded, without extension: ASCII letters, digits, dots, hyphens, underscores."""
    created_time: datetime


_COLUMNS: Final = tuple(packages.c[name] for name in UploadedPackage.__slots__)


def find_package(tx: Transaction, *, product_id: str, package_id: str) -> UploadedPackage:
    """A package of that product. Raises `NotKnown`."""
    query = sa.select(*_COLUMNS).where(packages.c.product_id == product_id, packages.c.id == package_id)
    row = tx.one_or_none(query)
    if row is None:
        raise NotKnown(noun="package", id=package_id)
    return UploadedPackage(**row)


def read_packages(tx: Transaction, *, package_ids: Iterable[str | None]) -> dict[str, UploadedPackage]:
    """The packages of those ids, by id, in one question; None stands for none."""
    wanted = {each for each in package_ids if each is not None}
    rows = tx.execute(sa.select(*_COLUMNS).where(packages.c.id.in_(wanted))).mappings()
    return {row["id"]: UploadedPackage(**row) for row in rows}


def read_findings(tx: Transaction, *, package_id: str | None) -> tuple[tuple[Finding, ...], int]:
    """The warnings that are kept of a package, and how many there were; of none there are none."""
    row = tx.one_or_none(sa.select(packages.c.findings, packages.c.facts).where(packages.c.id == package_id))
    return ((), 0) if row is None else kept_findings(row)


def kept_findings(row: sa.RowMapping) -> tuple[tuple[Finding, ...], int]:
    """The warnings that a row of ``packages`` keeps, and how many there were."""
    findings = tuple(Finding(**each) for each in row["findings"])
    return findings, row["facts"].get("finding_total", len(findings))
