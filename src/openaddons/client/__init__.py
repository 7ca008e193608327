"""The SDK: publish to any store that speaks the Edge Add-ons API, Microsoft's or your own.

::

    from openaddons.client import ApiKey, EdgeAddons

    with EdgeAddons(ApiKey(client_id, key), base_url="https://addons.example.com") as store:
        upload = store.upload(product_id, "extension.zip")
        store.wait_upload(product_id, upload)
        publish = store.publish(product_id, notes="Sign in as demo / demo.")
        print(store.wait_publish(product_id, publish).message)

``AsyncEdgeAddons`` has the same methods for asyncio. ``openaddons.client.errors``
draws the tree of what can come of it instead.
"""

from openaddons.client._async import AsyncEdgeAddons
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
    NotSupported,
    OperationFailed,
    PackageRefused,
    PackageTooLarge,
    PublishRefused,
    RedirectRefused,
    RequestRefused,
    ReviewFailed,
    StoreTrouble,
    StoreUnavailable,
    SubmissionCancelled,
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
from openaddons.client.products import (
    CredentialsCheck,
    Draft,
    DraftModule,
    Key,
    KeyKind,
    LiveVersion,
    NewKey,
    ProductState,
    Release,
    Submission,
    SubmissionState,
)

__all__ = [
    "MICROSOFT_BASE_URL",
    "MICROSOFT_SCOPE",
    "AnswerLost",
    "AnswerUnreadable",
    "ApiKey",
    "AsyncEdgeAddons",
    "ClientSecret",
    "CreateNotAllowed",
    "Credentials",
    "CredentialsCheck",
    "CredentialsRejected",
    "Draft",
    "DraftModule",
    "EdgeAddons",
    "EdgeAddonsError",
    "Key",
    "KeyKind",
    "LiveVersion",
    "ModulesInvalid",
    "NetworkError",
    "NewKey",
    "NotFound",
    "NotSupported",
    "NothingToPublish",
    "Operation",
    "OperationError",
    "OperationFailed",
    "OperationKind",
    "OperationStatus",
    "PackageRefused",
    "PackageTooLarge",
    "ProductState",
    "Progress",
    "PublishRefused",
    "RedirectRefused",
    "Release",
    "RequestRefused",
    "ReviewFailed",
    "StoreTrouble",
    "StoreUnavailable",
    "Submission",
    "SubmissionCancelled",
    "SubmissionInProgress",
    "SubmissionInvalid",
    "SubmissionState",
    "Timeout",
    "TooManyRequests",
    "UnexpectedFailure",
    "UnpublishInProgress",
    "UploadStalled",
    "failure_of",
]
