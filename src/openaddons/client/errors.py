"""What can come of a call besides success: one class for each outcome.

::

    EdgeAddonsError                         exit code
    ├── CredentialsRejected                 3   401, 403, 410, or the token endpoint refused
    ├── NotFound                            2   404: no such product or operation for these credentials
    ├── NotSupported                        2   the store has the four calls of the reference and no others
    ├── RequestRefused                      4   400 and other 4xx to an upload (5 to a publish or a change, else 9)
    │   ├── ChangedMeanwhile                5   409: the draft's content has another tag than the one given
    │   └── PackageTooLarge                 4   413
    ├── PackageRefused                      4   the upload operation ended as Failed
    ├── PublishRefused                      5   the publish operation ended as Failed, with a code
    │   ├── CreateNotAllowed                5   CreateNotAllowed
    │   ├── ModulesInvalid                  5   ModuleStateUnPublishable
    │   ├── NothingToPublish                7   NoModulesUpdated
    │   ├── SubmissionInProgress            6   InProgressSubmission
    │   ├── SubmissionInvalid               5   SubmissionValidationError
    │   └── UnpublishInProgress             5   UnpublishInProgress
    ├── ReviewFailed                        5   the submission did not pass certification
    ├── SubmissionCancelled                 5   the submission was taken back
    ├── Timeout                             8   not at its end when the time was up
    └── StoreTrouble                        9   what was sent is not at fault
        ├── OperationFailed                 9   an operation ended as Failed, without a code
        ├── UnexpectedFailure               9   a status answer without a status
        ├── TooManyRequests                 9   429, and the retries or the time were used up
        ├── StoreUnavailable                9   5xx, and the retries or the time were used up
        ├── UploadStalled                   9   408
        ├── RedirectRefused                 9   3xx: credentials are not carried elsewhere
        ├── AnswerUnreadable                9   an answer that the reference does not know
        ├── NetworkError                    9   no answer
        └── AnswerLost                      9   no answer to a publish (or a change), which may have been accepted

Every one has ``message`` (what is the case), ``advice`` (what to do next) and ``exit_code``. None holds a
secret: neither in its text nor in an exception behind it.
"""
# ruff: noqa: N818 - classes are named for the outcome, as the reference names it

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from openaddons.client.models import Operation, OperationError, OperationKind, OperationStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openaddons.client.products import Submission

IRRECOVERABLE_MESSAGE: Final = "An error occurred while performing the operation"
"""The reference: "Response when the publish call fails with an irrecoverable failure"."""


class EdgeAddonsError(Exception):
    """Anything but success. ``except EdgeAddonsError`` catches every outcome of a call to a store."""

    exit_code: int = 9
    default_advice: ClassVar[str] = "Try again later."

    def __init__(
        self,
        message: str,
        *,
        advice: str | None = None,
        operation_id: str | None = None,
        operation: Operation | None = None,
        submission: Submission | None = None,
        http_status: int | None = None,
        error_code: str | None = None,
        correlation_id: str | None = None,
        exit_code: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice or self.default_advice
        self.operation = operation
        self.submission = submission
        self.error_code = operation.error_code if operation else error_code
        """The store's word for the reason: the ``errorCode`` of an operation, the ``code`` of a problem."""
        self.operation_id = (operation.id or None) if operation else operation_id
        self.http_status = http_status
        self.correlation_id = correlation_id
        if exit_code is not None:
            self.exit_code = exit_code

    @property
    def errors(self) -> tuple[OperationError, ...]:
        """Every entry of ``errors`` of the operation that failed."""
        return self.operation.errors if self.operation else ()


class CredentialsRejected(EdgeAddonsError):
    """The store does not accept the credentials: wrong, expired, revoked or not valid together."""

    exit_code = 3
    default_advice = "Check the client ID and the key, and whether the key has expired."


class NotFound(EdgeAddonsError):
    """The product or the operation does not exist, or belongs to another publisher."""

    exit_code = 2
    default_advice = (
        "Check the product ID, the operation ID, and that the credentials belong to the product's publisher. "
        "An upload and a publish are asked for under different paths."
    )


class NotSupported(EdgeAddonsError):
    """The store cannot be asked this: it does not have the management API of OpenAddons."""

    exit_code = 2
    default_advice = "Do it in the store's dashboard, or give the address of an OpenAddons store as base URL."


class RequestRefused(EdgeAddonsError):
    """The store refused the request itself, before there was an operation."""

    default_advice = "The message says what the store misses. Correct it and send the request again."


class ChangedMeanwhile(RequestRefused):
    """The content of the draft is no longer the one whose tag was given: somebody else has changed it."""

    exit_code = 5
    default_advice = "Read it again, and make your change to what is there now."


class PackageTooLarge(RequestRefused):
    """The package is larger than the store allows."""

    exit_code = 4
    default_advice = (
        "Leave out files that the extension does not need (sources, source maps, tests), then upload again."
    )


class PackageRefused(EdgeAddonsError):
    """The store read the package and refused it. The draft is what it was before."""

    exit_code = 4
    default_advice = (
        "Correct what the errors name, build the package again and upload it. The draft is unchanged."
    )


class PublishRefused(EdgeAddonsError):
    """The store did not make a submission of the draft."""

    exit_code = 5
    default_advice = "Correct what the message names, then publish again. The draft is kept."


class CreateNotAllowed(PublishRefused):
    """The first submission of a product cannot be made with the API, and no decision about one was made yet."""

    default_advice = (
        "Make the first submission in the store's dashboard; once it is approved or rejected, publish."
    )


class ModulesInvalid(PublishRefused):
    """Parts of the draft (listing, properties, availability, privacy, packages) are incomplete."""

    default_advice = "Open the draft in the store's dashboard and complete the modules that the errors name."


class NothingToPublish(PublishRefused):
    """Nothing has changed since the last submission."""

    exit_code = 7
    default_advice = (
        "Nothing is wrong. To publish something new, upload a package with a higher version first."
    )


class SubmissionInProgress(PublishRefused):
    """An earlier submission is still in review."""

    exit_code = 6
    default_advice = (
        "The draft is kept. Publish again when that review has ended, or cancel it in the store's dashboard."
    )


class SubmissionInvalid(PublishRefused):
    """The draft as a whole breaks a rule, for instance a version that is not higher than the last."""

    default_advice = "Correct what the errors name, raise the version in manifest.json, and upload again."


class UnpublishInProgress(PublishRefused):
    """The product is being taken out of the store."""

    default_advice = "Publish again when the product has been unpublished. The draft is kept."


class ReviewFailed(EdgeAddonsError):
    """The submission did not pass certification; ``submission.reason`` says why. The draft is kept."""

    exit_code = 5
    default_advice = "Correct what the reviewer names, raise the version, upload and publish again."


class SubmissionCancelled(EdgeAddonsError):
    """The submission was cancelled before it was in the store. The draft is kept."""

    exit_code = 5
    default_advice = "Publish again when it is meant to be in the store after all."


class Timeout(EdgeAddonsError):
    """The time was up before the end of the operation, or of the review. It goes on; ask again later."""

    exit_code = 8
    default_advice = "The operation goes on in the store. Ask again later; do not send the package twice."


class StoreTrouble(EdgeAddonsError):
    """The store, or the way to it, failed; what was sent is not at fault."""


class OperationFailed(StoreTrouble):
    """The operation failed and the store gives no reason (the reference: an irrecoverable failure)."""

    default_advice = (
        "The store names no reason. Try again in some minutes; Microsoft's store also answers so while an "
        "earlier submission is in review. If it stays, give the store's support the operation ID."
    )


class UnexpectedFailure(StoreTrouble):
    """The store answered without a status: it will not carry on with this operation."""

    default_advice = (
        "Try again in some minutes. If it stays, give the store's support the correlation ID above."
    )


class TooManyRequests(StoreTrouble):
    """The store throttles; the retries were used up, or it asks for more time than there was."""

    default_advice = (
        "Wait as long as the store asks, then try again. Give a longer timeout to let the client wait."
    )


class StoreUnavailable(StoreTrouble):
    """The store answered with a server error, and went on doing so."""

    default_advice = "Nothing is wrong with your request. Try again in some minutes."


class UploadStalled(StoreTrouble):
    """The store gave up waiting for the package. Nothing of it was kept."""

    default_advice = "Upload again, over a faster connection if this repeats."


class RedirectRefused(StoreTrouble):
    """The address answers with a redirect. It is not followed: credentials would go to another place."""

    default_advice = "Give the address that the store itself answers at as the base URL."


class AnswerUnreadable(StoreTrouble):
    """The answer is none that the API knows. Perhaps another program answers at that address."""

    default_advice = "Check the base URL: it must be the address of a store with the Edge Add-ons API."


class NetworkError(StoreTrouble):
    """No answer came."""

    default_advice = "Check the base URL and the network, then try again."


class AnswerLost(StoreTrouble):
    """A request was sent and its answer was lost, so the store may have accepted it.

    Of a publish: it is sent again only where the store says that it has not got it.
    """

    default_advice = (
        "Look at the product in the store's dashboard. If it is in review, the publish was accepted and all "
        "is done. If it is still a draft, publish again: had the first been accepted after all, the second "
        "is refused (InProgressSubmission or NoModulesUpdated) and changes nothing."
    )


PUBLISH_REFUSALS: Final[Mapping[str, type[PublishRefused]]] = MappingProxyType(
    {
        "CreateNotAllowed": CreateNotAllowed,
        "InProgressSubmission": SubmissionInProgress,
        "ModuleStateUnPublishable": ModulesInvalid,
        "NoModulesUpdated": NothingToPublish,
        "SubmissionValidationError": SubmissionInvalid,
        "UnpublishInProgress": UnpublishInProgress,
    }
)
"""The class for each ``errorCode`` of "Check the publishing status" in the reference."""


def failure_of(operation: Operation) -> EdgeAddonsError | None:
    """The exception that says why the operation failed; None when it has not."""
    if operation.status is not OperationStatus.FAILED:
        return None
    message = operation.message or IRRECOVERABLE_MESSAGE
    # Without a code only the sentence tells a refusal from a failure of the store: some stores refuse a
    # package with nothing but a message.
    reason_given = message.strip().rstrip(".").casefold() != IRRECOVERABLE_MESSAGE.casefold()
    if operation.error_code is None and not reason_given:
        return OperationFailed(message, operation=operation)
    if operation.kind is OperationKind.UPLOAD:
        return PackageRefused(message, operation=operation)
    refusal = PUBLISH_REFUSALS.get(operation.error_code or "", PublishRefused)
    return refusal(message, operation=operation)
