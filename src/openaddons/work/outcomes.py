"""How operations end: the messages and codes of the reference, in one place.

Reference sections "Check the status of a package upload" and "Check the publishing status".
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from openaddons.clock import wire_time
from openaddons.packages.findings import Finding
from openaddons.store.operations import GENERIC_FAILURE, Claim, OperationKind, Outcome
from openaddons.store.states import OperationState


def _failed(code: str, message: str, errors: Iterable[str] = ()) -> Outcome:
    listed = [{"message": text} for text in errors]
    return Outcome(OperationState.FAILED, message, error_code=code, errors=listed or None)


def package_updated(file_name: str) -> Outcome:
    """The upload succeeded. The error code is the empty string, as the reference has it."""
    return Outcome(
        OperationState.SUCCEEDED, f"Successfully updated package to {file_name}.zip", error_code=""
    )


def package_refused(findings: Sequence[Finding], total: int) -> Outcome:
    """The package has errors. The message holds the first of them: half the clients show nothing else."""
    count = "1 problem" if total == 1 else f"{total} problems"
    errors: list[dict[str, Any]] = [
        {"message": f"{each.message} {each.fix}".strip(), "code": each.code}
        | ({"file": each.file} if each.file is not None else {})
        | ({"line": each.line} if each.line is not None else {})
        for each in findings
    ]
    if total > len(findings):
        errors.append(
            {"message": f"{total - len(findings)} more problems are not listed.", "code": "MoreProblems"}
        )
    return Outcome(
        OperationState.FAILED,
        f"The package has {count}: {errors[0]['message']}",
        error_code="PackageValidationError",
        errors=errors,
    )


def submission_created(submission_id: str) -> Outcome:
    """The publish call succeeded."""
    return Outcome(
        OperationState.SUCCEEDED, f"Successfully created submission with ID {submission_id}", error_code=""
    )


CREATE_NOT_ALLOWED = _failed("CreateNotAllowed", "Can't create new extension.")
NO_MODULES_UPDATED = _failed(
    "NoModulesUpdated",
    "Can't publish extension since there are no updates, please try again after updating the package.",
)
IN_PROGRESS_SUBMISSION = _failed(
    "InProgressSubmission",
    "Can't publish extension as your extension submission is in progress. Please try again later.",
)
UNPUBLISH_IN_PROGRESS = _failed(
    "UnpublishInProgress",
    "Can't publish extension as your extension is being unpublished. Please try after you've unpublished.",
)


def modules_invalid(modules: Iterable[str]) -> Outcome:
    """A module of the draft is not valid."""
    return _failed(
        "ModuleStateUnPublishable",
        "Can't publish extension as your extension has modules that are not valid. "
        "Fix the modules with errors and try to publish again.",
        [f"Invalid module : {module}" for module in modules],
    )


def submission_invalid(errors: Iterable[str]) -> Outcome:
    """The modules are valid, but the submission as a whole is not."""
    return _failed(
        "SubmissionValidationError",
        "Extension can't be published as there are submission validation failures. "
        "Fix these errors and try again later.",
        errors,
    )


def generic_failure(claim: Claim) -> Outcome:
    """A failure of ours. On an upload the correlation ID stands in ``errors`` (design/api.md, "Outcomes")."""
    errors = [{"message": f"Correlation ID: {claim.correlation_id}"}]
    upload = claim.kind is OperationKind.UPLOAD
    return Outcome(OperationState.FAILED, GENERIC_FAILURE, errors=errors if upload else None)


irrecoverable_failure = generic_failure


def unexpected_failure(claim: Claim, now: datetime) -> Outcome:
    """A fault that nobody foresaw. A publish answers it in a shape of its own; an upload always has a status."""
    if claim.kind is OperationKind.UPLOAD:
        return generic_failure(claim)
    message = (
        "An error occurred while processing the request. Please contact support "
        f"Correlation ID: {claim.id} Timestamp: {wire_time(now)}"
    )
    return Outcome(OperationState.FAILED, message, unexpected=True)
