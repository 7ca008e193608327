"""What a reviewer must see of a package: what it may do, what it changes, and what the check warned of.

A submission is compared with what was in the store when it was made, whatever is there by now; a draft with what
is there now. Both packages and the digests of their files are kept and never change, so nothing is kept twice
and no package is opened again (docs/decisions/0006-reviews.md).
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from openaddons.packages.findings import Finding
from openaddons.packages.permissions import (
    Content,
    Difference,
    FileDifference,
    GrantInWords,
    difference,
    file_difference,
    in_words,
    optional,
    required,
)
from openaddons.store.drafts import draft_row, read_package
from openaddons.store.packages import kept_findings
from openaddons.store.products import find_product
from openaddons.store.session import Transaction
from openaddons.store.submissions import Submission, live_package_id, read_submission
from openaddons.store.tables import contents, packages


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A package that a review is of, or that it compares with."""

    id: str
    name: str
    version: str
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Review:
    """A package as a reviewer and its publisher see it."""

    package: Reviewed
    base: Reviewed | None
    """What it is compared with; None when nothing was in the store."""
    required: GrantInWords
    """What users grant at installation."""
    optional: GrantInWords
    """What they may be asked for later."""
    difference: Difference | None
    """What became of the base; None where there is none."""
    findings: tuple[Finding, ...]
    """The warnings of the check, with file and line."""
    finding_total: int
    """How many there were: of very many the check keeps the first."""

    def to_json(self) -> dict[str, Any]:
        """The review as JSON has it."""
        return asdict(self) | {"findings": [finding._asdict() for finding in self.findings]}


def pack_digests(digests: Mapping[str, str]) -> bytes:
    """Digests of files by name, as the database keeps them: JSON, compressed.

    Some 45 bytes a file; at the check's limits, 20,000 names of 1,024 bytes that nothing compresses, 22 MB.
    """
    return zlib.compress(json.dumps(dict(digests), ensure_ascii=False).encode())


def review_of_submission(tx: Transaction, *, submission_id: str) -> Review:
    """A submission against what was in the store when it was made. Raises `NotKnown`."""
    found = read_submission(tx, submission_id=submission_id)
    return _review(tx, package_id=found.package_id, base_id=found.base_package_id)


def review_of_draft(tx: Transaction, *, product_id: str) -> Review | None:
    """A product's draft against what is in the store now; None without a package. Raises `NotKnown`."""
    product = find_product(tx, id_or_crx_id=product_id)
    package_id = draft_row(tx, product_id=product.id)["package_id"]
    if package_id is None:
        return None
    return _review(tx, package_id=package_id, base_id=live_package_id(tx, product=product))


def files_of_submission(tx: Transaction, *, submission: Submission) -> FileDifference | None:
    """What a submission does to the files; where nothing was in the store, all are added. None: nobody knows."""
    new = _digests(tx, submission.package_id)
    old = {} if submission.base_package_id is None else _digests(tx, submission.base_package_id)
    return file_difference(old, new)


def manifests_of_submission(
    tx: Transaction, *, submission: Submission
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The manifest of what was in the store, None without one, and the submission's."""
    ids = (submission.base_package_id, submission.package_id)
    rows = tx.execute(sa.select(packages.c.id, packages.c.facts).where(packages.c.id.in_(ids)))
    found = {row.id: row.facts["manifest"] for row in rows}
    return found.get(submission.base_package_id), found[submission.package_id]


def _review(tx: Transaction, *, package_id: str, base_id: str | None) -> Review:
    package = _package(tx, package_id)
    base = None if base_id is None else _package(tx, base_id)
    content = _content(tx, package)
    findings, finding_total = kept_findings(package)
    return Review(
        package=_reviewed(package),
        base=None if base is None else _reviewed(base),
        required=in_words(required(content.manifest)),
        optional=in_words(optional(content.manifest)),
        difference=None if base is None else difference(_content(tx, base), content),
        findings=findings,
        finding_total=finding_total,
    )


def _package(tx: Transaction, package_id: str) -> sa.RowMapping:
    package = read_package(tx, package_id=package_id)
    assert package is not None  # rows that name packages are held to it by the database
    return package


def _reviewed(package: sa.RowMapping) -> Reviewed:
    return Reviewed(**{name: package[name] for name in Reviewed.__slots__})


def _content(tx: Transaction, package: sa.RowMapping) -> Content:
    return Content(package["facts"]["manifest"], _digests(tx, package["id"]))


def _digests(tx: Transaction, package_id: str) -> dict[str, str] | None:
    packed = tx.execute(sa.select(contents.c.digests).where(contents.c.package_id == package_id)).scalar()
    return None if packed is None else json.loads(zlib.decompress(packed))
