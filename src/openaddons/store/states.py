"""The states of operations, submissions and products, as tables of transitions (decision 7 of the house).

A verb is one row per state that it starts from; what no row names is refused. docs/states.md is drawn from
these tables, and a property test walks them all.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class OperationState(StrEnum):
    """What an operation is in, as the wire says it."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class SubmissionState(StrEnum):
    """What a submission is in, as people read it."""

    IN_REVIEW = "In review"
    APPROVED = "Approved"
    IN_STORE = "In the store"
    REVIEW_FAILED = "Review failed"
    CANCELLED = "Cancelled"
    SUPERSEDED = "Superseded"


class ProductState(StrEnum):
    """What a product is in, as people read it."""

    IN_DRAFT = "In draft"
    IN_REVIEW = "In review"
    IN_STORE = "In the store"
    UPDATE_IN_REVIEW = "In the store + update in review"
    UNPUBLISHING = "Unpublish in progress"
    UNPUBLISHED = "Unpublished"
    BLOCKED = "Blocked"


Transitions = Mapping[str, Mapping[Any, Any]]

OPERATION: Transitions = {
    "succeed": {OperationState.IN_PROGRESS: OperationState.SUCCEEDED},
    "fail": {OperationState.IN_PROGRESS: OperationState.FAILED},
}

SUBMISSION: Transitions = {
    "approve": {SubmissionState.IN_REVIEW: SubmissionState.APPROVED},
    "reject": {SubmissionState.IN_REVIEW: SubmissionState.REVIEW_FAILED},
    "cancel": {
        SubmissionState.IN_REVIEW: SubmissionState.CANCELLED,
        SubmissionState.APPROVED: SubmissionState.CANCELLED,
    },
    "publish": {SubmissionState.APPROVED: SubmissionState.IN_STORE},
    "supersede": {SubmissionState.IN_STORE: SubmissionState.SUPERSEDED},
    # A version was withdrawn, and the one before it is offered again.
    "restore": {SubmissionState.SUPERSEDED: SubmissionState.IN_STORE},
}

# "drop" is the end of a submission that did not make it; where it leads depends on what went before.
PRODUCT: Transitions = {
    "submit": {
        ProductState.IN_DRAFT: ProductState.IN_REVIEW,
        ProductState.UNPUBLISHED: ProductState.IN_REVIEW,
        ProductState.IN_STORE: ProductState.UPDATE_IN_REVIEW,
    },
    "publish": {
        ProductState.IN_REVIEW: ProductState.IN_STORE,
        ProductState.UPDATE_IN_REVIEW: ProductState.IN_STORE,
    },
    # A roll back leaves an update that waits in review where it is.
    "roll back": {
        ProductState.IN_STORE: ProductState.IN_STORE,
        ProductState.UPDATE_IN_REVIEW: ProductState.UPDATE_IN_REVIEW,
    },
    "drop": {
        ProductState.IN_REVIEW: ProductState.IN_DRAFT,
        ProductState.UPDATE_IN_REVIEW: ProductState.IN_STORE,
    },
    "drop after unpublishing": {ProductState.IN_REVIEW: ProductState.UNPUBLISHED},
    "unpublish": {
        ProductState.IN_STORE: ProductState.UNPUBLISHING,
        ProductState.UPDATE_IN_REVIEW: ProductState.UNPUBLISHING,
    },
    "finish unpublishing": {ProductState.UNPUBLISHING: ProductState.UNPUBLISHED},
    # Not in the moment of unpublishing, whose end would be forgotten: it is over in milliseconds.
    "block": {
        state: ProductState.BLOCKED
        for state in ProductState
        if state not in {ProductState.BLOCKED, ProductState.UNPUBLISHING}
    },
    "unblock to draft": {ProductState.BLOCKED: ProductState.IN_DRAFT},
    "unblock to store": {ProductState.BLOCKED: ProductState.IN_STORE},
    "unblock to unpublished": {ProductState.BLOCKED: ProductState.UNPUBLISHED},
}

PENDING_SUBMISSION = (SubmissionState.IN_REVIEW, SubmissionState.APPROVED)
