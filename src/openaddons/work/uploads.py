"""An accepted upload: the package is checked, and if it is good it becomes the draft's."""

import time
from typing import BinaryIO

from openaddons.objects import StoredObject
from openaddons.packages.archive import Archive
from openaddons.packages.check import CheckCancelled, Finding, Report, check
from openaddons.packages.permissions import file_digests
from openaddons.settings import Settings
from openaddons.store.certification.reviews import pack_digests
from openaddons.store.drafts import set_package
from openaddons.store.operations import Claim, end_operation
from openaddons.store.session import Transaction
from openaddons.work.outcomes import package_refused, package_updated
from openaddons.work.tools import Tools, upload_limits


def check_upload(tools: Tools, claim: Claim) -> None:
    """Check the package, then change the draft and end the operation in one transaction.

    Raises `ObjectMissing` when the bytes are gone and `ClaimLost` when another worker has taken over.
    """
    assert claim.object_key is not None
    assert claim.digest is not None
    assert claim.size_bytes is not None
    stored = StoredObject(key=claim.object_key, digest=claim.digest, size_bytes=claim.size_bytes)
    with tools.objects.open(stored.key) as file:
        report, digests = _look_at(file, tools.settings)
    tools.database.run(_finish, claim=claim, stored=stored, report=report, digests=digests)


def _look_at(file: BinaryIO, settings: Settings) -> tuple[Report, bytes]:
    """What the check says, and of a good package the digests of its files, packed."""
    limits = upload_limits(settings)
    deadline = time.monotonic() + settings.check_seconds

    def cancelled() -> bool:
        return time.monotonic() > deadline

    try:
        report = check(file, limits=limits, allow_manifest_v2=settings.allow_manifest_v2, cancelled=cancelled)
        if report.package is None:
            return report, b""
        return report, pack_digests(file_digests(Archive.open(file, limits), cancelled=cancelled))
    except CheckCancelled:
        return Report((_timed_out(settings),), total=1, error_total=1, package=None), b""


def _timed_out(settings: Settings) -> Finding:
    return Finding(
        code="CheckTimedOut",
        severity="error",
        message=f"The check of the package took longer than {settings.check_seconds:g} seconds.",
        fix="Remove unneeded files; if it is a good package, ask the store's operator for more time.",
    )


def _finish(tx: Transaction, *, claim: Claim, stored: StoredObject, report: Report, digests: bytes) -> None:
    if report.package is None:
        end_operation(tx, claim=claim, outcome=package_refused(report.errors, report.error_total))
        return
    set_package(
        tx,
        product_id=claim.product_id,
        package=report.package,
        stored=stored,
        findings=report.warnings,
        finding_total=report.total,
        digests=digests,
    )
    end_operation(tx, claim=claim, outcome=package_updated(report.package.file_name))
