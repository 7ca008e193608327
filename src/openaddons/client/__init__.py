"""The SDK: publish to any store that speaks the Edge Add-ons API, Microsoft's or your own.

::

    from openaddons.client import ApiKey, EdgeAddons

    with EdgeAddons(ApiKey(client_id, key), base_url="https://addons.example.com") as store:
        upload = store.upload(product_id, "extension.zip")
        store.wait_upload(product_id, upload)
        publish = store.publish(product_id, notes="Sign in as demo / demo.")
        print(store.wait_publish(product_id, publish).message)

``openaddons.client.errors`` draws the tree of what can come of it instead.
"""

from openaddons.client._package import Progress
from openaddons.client._sync import EdgeAddons
from openaddons.client.errors import (
    AnswerLost,
    AnswerUnreadable,
    CreateNotAllowed,
    CredentialsRejected,
    EdgeAddonsError,
    ModulesInvalid,
    NetworkError,
    NotFound,
    NothingToPublish,
    OperationFailed,
    PackageRefused,
    PackageTooLarge,
    PublishRefused,
    RedirectRefused,
    RequestRefused,
    StoreTrouble,
    StoreUnavailable,
    SubmissionInProgress,
    SubmissionInvalid,
    Timeout,
    TooManyRequests,
    UnexpectedFailure,
    UnpublishInProgress,
    UploadStalled,
    failure_of,
)
from openaddons.client.models import (
    MICROSOFT_BASE_URL,
    MICROSOFT_SCOPE,
    ApiKey,
    ClientSecret,
    Credentials,
    Operation,
    OperationError,
    OperationKind,
    OperationStatus,
)

__all__ = [
    "MICROSOFT_BASE_URL",
    "MICROSOFT_SCOPE",
    "AnswerLost",
    "AnswerUnreadable",
    "ApiKey",
    "ClientSecret",
    "CreateNotAllowed",
    "Credentials",
    "CredentialsRejected",
    "EdgeAddons",
    "EdgeAddonsError",
    "ModulesInvalid",
    "NetworkError",
    "NotFound",
    "NothingToPublish",
    "Operation",
    "OperationError",
    "OperationFailed",
    "OperationKind",
    "OperationStatus",
    "PackageRefused",
    "PackageTooLarge",
    "Progress",
    "PublishRefused",
    "RedirectRefused",
    "RequestRefused",
    "StoreTrouble",
    "StoreUnavailable",
    "SubmissionInProgress",
    "SubmissionInvalid",
    "Timeout",
    "TooManyRequests",
    "UnexpectedFailure",
    "UnpublishInProgress",
    "UploadStalled",
    "failure_of",
]
