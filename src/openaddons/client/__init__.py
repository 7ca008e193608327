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

from __future__ import annotations

# Not typing's own: to import that takes longer than all that is needed to begin with ``trust``.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openaddons.client._async import AsyncEdgeAddons
    from openaddons.client._package import Progress
    from openaddons.client._surroundings import MICROSOFT_BASE_URL
    from openaddons.client._sync import EdgeAddons
    from openaddons.client.drafts import DraftContent, Image, ListingLanguage, ModuleContent
    from openaddons.client.errors import (
        AnswerLost,
        AnswerUnreadable,
        ChangedMeanwhile,
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
        MICROSOFT_SCOPE,
        ApiKey,
        ClientSecret,
        Credentials,
        KeyKind,
        Operation,
        OperationError,
        OperationKind,
        OperationStatus,
    )
    from openaddons.client.products import (
        CredentialsCheck,
        Draft,
        DraftModule,
        Event,
        KeptBack,
        Key,
        LiveVersion,
        NewKey,
        Place,
        ProductState,
        Question,
        Release,
        ReviewRecord,
        Rings,
        Standing,
        Submission,
        SubmissionState,
        WaitsFor,
    )
    from openaddons.client.webhooks import Delivery, DeliveryState, DeliveryTry, NewWebhook, Webhook
else:

    def __getattr__(name: str) -> Any:
        """A name that is not there yet (PEP 562): who asks for one does not wait for all the others."""
        if name in __all__:
            from importlib import import_module

            for module in ("_sync", "errors", "models", "products", "webhooks", "drafts", "_async"):
                found = vars(import_module(f"{__name__}.{module}"))
                if name in found:
                    return found[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "MICROSOFT_BASE_URL",
    "MICROSOFT_SCOPE",
    "AnswerLost",
    "AnswerUnreadable",
    "ApiKey",
    "AsyncEdgeAddons",
    "ChangedMeanwhile",
    "ClientSecret",
    "CreateNotAllowed",
    "Credentials",
    "CredentialsCheck",
    "CredentialsRejected",
    "Delivery",
    "DeliveryState",
    "DeliveryTry",
    "Draft",
    "DraftContent",
    "DraftModule",
    "EdgeAddons",
    "EdgeAddonsError",
    "Event",
    "Image",
    "KeptBack",
    "Key",
    "KeyKind",
    "ListingLanguage",
    "LiveVersion",
    "ModuleContent",
    "ModulesInvalid",
    "NetworkError",
    "NewKey",
    "NewWebhook",
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
    "Place",
    "ProductState",
    "Progress",
    "PublishRefused",
    "Question",
    "RedirectRefused",
    "Release",
    "RequestRefused",
    "ReviewFailed",
    "ReviewRecord",
    "Rings",
    "Standing",
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
    "WaitsFor",
    "Webhook",
    "failure_of",
]
