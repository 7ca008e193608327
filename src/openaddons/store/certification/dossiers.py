"""All that is known of a submission, as its page shows it: for its publisher, and with the notes for reviewers."""

from dataclasses import dataclass
from typing import Any, Final

from openaddons.packages.permissions import FileDifference
from openaddons.store.certification.questions import Question, list_questions
from openaddons.store.certification.reviews import (
    Review,
    files_of_submission,
    manifests_of_submission,
    review_of_submission,
)
from openaddons.store.certification.standing import Standing, standing_of
from openaddons.store.packages import UploadedPackage, read_packages
from openaddons.store.releases import read_release
from openaddons.store.session import Transaction
from openaddons.store.submissions import Submission, list_submissions, read_submission

_FORMER_SUBMISSIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Dossier:
    """A submission with everything that a decision is made by. What reviewers note for themselves is not in it."""

    submission: Submission
    standing: Standing
    restored_version: str | None
    """Of a roll back: the version whose content comes again."""
    package: UploadedPackage
    base: UploadedPackage | None
    """What was in the store when it was made."""
    review: Review
    files: FileDifference | None
    """None: nobody wrote down the files of one of the two."""
    old_manifest: dict[str, Any] | None
    new_manifest: dict[str, Any]
    questions: tuple[Question, ...]
    former: tuple[Submission, ...]
    """The newest others of the product, with what was decided about them."""


def read_dossier(tx: Transaction, *, submission_id: str) -> Dossier:
    """The dossier of a submission. Raises `NotKnown`."""
    submission = read_submission(tx, submission_id=submission_id)
    review = review_of_submission(tx, submission_id=submission_id)
    restored_id = submission.restored_release_id
    found = read_packages(tx, package_ids=(submission.package_id, submission.base_package_id))
    old_manifest, new_manifest = manifests_of_submission(tx, submission=submission)
    newest = list_submissions(tx, product_id=submission.product_id, limit=_FORMER_SUBMISSIONS + 1)
    return Dossier(
        submission=submission,
        standing=standing_of(tx, submission=submission),
        restored_version=restored_id and read_release(tx, release_id=restored_id).version,
        package=found[submission.package_id],
        base=found.get(submission.base_package_id or ""),
        review=review,
        # Digests of very many files are read once.
        files=review.difference.files
        if review.difference
        else files_of_submission(tx, submission=submission),
        old_manifest=old_manifest,
        new_manifest=new_manifest,
        questions=tuple(list_questions(tx, submission_ids=[submission_id])),
        former=tuple(each for each in newest if each.id != submission_id)[:_FORMER_SUBMISSIONS],
    )
