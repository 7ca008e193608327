"""Certification by policy: what is due and was not stopped is approved."""

from openaddons.store.products import lock_product
from openaddons.store.session import Transaction
from openaddons.store.states import SubmissionState
from openaddons.store.submissions import Submission, approve_submission, check_claim
from openaddons.work.tools import Tools


def certify(tools: Tools, claim: Submission) -> None:
    """Approve a submission whose policy says so now. Raises `ClaimLost`."""
    tools.database.run(_approve_if_due, claim=claim)


def _approve_if_due(tx: Transaction, *, claim: Submission) -> None:
    # Locked first: whoever asks a question at this moment has stopped the policy, or comes too late.
    lock_product(tx, product_id=claim.product_id)
    current = check_claim(tx, claim=claim)
    # A person may have decided since the claim: then there is nothing left to do.
    if (
        current.state is SubmissionState.IN_REVIEW
        and current.due_time is not None
        and current.due_time <= tx.now
    ):
        approve_submission(tx, submission_id=claim.id, actor=f"policy:{current.certification.value}")
