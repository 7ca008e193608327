"""The files that a submission changes, and each beside what it was: a page for the list and one for a file."""

import re
from itertools import chain
from typing import Any, Final

from openaddons.errors import NotFound
from openaddons.packages.comparing import TEXT_BYTES_LIMIT
from openaddons.store.certification.reviews import files_of_submission
from openaddons.store.packages import UploadedPackage, read_packages
from openaddons.store.session import Transaction
from openaddons.store.submissions import Submission, read_submission
from openaddons.surfaces.dashboard.pages import Html, Page, Visit, Who
from openaddons.work.comparing import compare_file

_ROWS: Final = 500
_PATH_CHARACTERS: Final = 1024
"""As many as a path in a package may have bytes (packages/findings.py)."""
_ROW: Final = re.compile(r"[0-9]{1,5}")


def _show(visit: Visit, *, home: str) -> Html:
    path = visit.query.get("file", "")
    values: dict[str, Any] = {"home": home.format_map(visit.path)}
    if path:
        return _show_file(visit, path, values)
    values |= visit.read(
        _changed, submission_id=visit.path["submission_id"], after=visit.query.get("after", "")
    )
    return Html("certification/files.html", values)


def _changed(tx: Transaction, *, submission_id: str, after: str) -> dict[str, Any]:
    submission = read_submission(tx, submission_id=submission_id)
    files = files_of_submission(tx, submission=submission)
    if files is None:
        return {"submission": submission, "files": None}
    named = chain(
        ((name, "added") for name in files.added),
        ((name, "removed") for name in files.removed),
        ((name, "changed") for name in files.changed),
    )
    listed = sorted(each for each in named if each[0] > after)
    return {
        "submission": submission,
        "files": listed[:_ROWS],
        "after": after,
        "next": listed[_ROWS - 1][0] if len(listed) > _ROWS else None,
    }


def _show_file(visit: Visit, path: str, values: dict[str, Any]) -> Html:
    if len(path) > _PATH_CHARACTERS:
        raise NotFound
    row = visit.query.get("row", "0")
    if not _ROW.fullmatch(row):
        raise NotFound
    submission, package, base = visit.read(_packages, submission_id=visit.path["submission_id"])
    values |= {
        "submission": submission,
        "package": package,
        "base": base,
        "limit_bytes": TEXT_BYTES_LIMIT,
        "first": int(row),
        "compared": compare_file(visit.tools, path=path, package=package, base=base, first_row=int(row)),
    }
    return Html("certification/file.html", values)


def _packages(
    tx: Transaction, *, submission_id: str
) -> tuple[Submission, UploadedPackage, UploadedPackage | None]:
    submission = read_submission(tx, submission_id=submission_id)
    found = read_packages(tx, package_ids=(submission.package_id, submission.base_package_id))
    return submission, found[submission.package_id], found.get(submission.base_package_id or "")


_QUEUE: Final = "/queue/{submission_id}"
_PRODUCT: Final = "/products/{product_id}/submissions/{submission_id}"

PAGES: Final = (
    Page(
        "files in review",
        "GET",
        _QUEUE + "/files",
        Who.REVIEWER,
        lambda visit: _show(visit, home="/dashboard" + _QUEUE),
    ),
    Page(
        "files of submission",
        "GET",
        _PRODUCT + "/files",
        Who.VIEWER,
        lambda visit: _show(visit, home="/dashboard" + _PRODUCT),
    ),
)
