"""Every fault that the emulator can be asked for, and what each kind of call must come to under it.

The outcomes are written down here, not computed: the reference's meaning of a status, and what may be sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from openaddons.client import (
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
    RedirectRefused,
    RequestRefused,
    StoreUnavailable,
    SubmissionInProgress,
    SubmissionInvalid,
    Timeout,
    TooManyRequests,
    UnexpectedFailure,
    UnpublishInProgress,
    UploadStalled,
)


class Kind(Enum):
    """What a call is to the store; what may be repeated hangs on it."""

    UPLOAD = auto()
    """Replaces the draft's package: sent again, it does the same."""
    LOOK = auto()
    """A status request."""
    PUBLISH = auto()
    """Makes a submission: never sent again while the store may have accepted it."""
    ASK = auto()
    """A question to the management API."""
    CHANGE = auto()
    """A change by the management API, which is not sent twice either."""
    REVOKE = auto()
    """A change that is answered by nothing but the status."""


Ends = type[EdgeAddonsError] | None
"""What the call raises; None: it does what it is for."""


_CHANGES: Final = (Kind.CHANGE, Kind.REVOKE)
_MANAGED: Final = (Kind.ASK, *_CHANGES)


def always(ends: Ends) -> dict[Kind, Ends]:
    """The same for every kind of call."""
    return dict.fromkeys(Kind, ends)


def lost(ends: Ends) -> dict[Kind, Ends]:
    """A change whose answer is lost may have been made; every other call ends in this."""
    return always(ends) | dict.fromkeys(_CHANGES, AnswerLost)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault, and how each kind of call ends under it."""

    fault: Mapping[str, Any]
    """As `EdgeStore.fail` takes it."""
    ends: Mapping[Kind, Ends] = field(repr=False)

    @property
    def passes(self) -> bool:
        """Whether it is over by itself."""
        return "times" in self.fault or "delay_seconds" in self.fault


_STATUSES: Final[Mapping[int, dict[Kind, Ends]]] = {
    302: always(RedirectRefused),
    400: always(RequestRefused),
    401: always(CredentialsRejected),
    403: always(CredentialsRejected),
    404: always(NotFound),
    405: always(RequestRefused),
    408: always(UploadStalled) | dict.fromkeys(_MANAGED, RequestRefused),
    409: always(RequestRefused),
    413: always(PackageTooLarge) | dict.fromkeys(_MANAGED, RequestRefused),
    429: always(TooManyRequests),
    500: always(StoreUnavailable),
    # Whatever stands between may have lost an answer that there was.
    502: lost(StoreUnavailable) | {Kind.PUBLISH: AnswerLost},
    503: always(StoreUnavailable),
    504: lost(StoreUnavailable) | {Kind.PUBLISH: AnswerLost},
}

TROUBLES: Final[Mapping[str, Trouble]] = {
    **{f"always {status}": Trouble({"status": status}, ends) for status, ends in _STATUSES.items()},
    "once 429": Trouble({"status": 429, "times": 1}, always(None)),
    "once 503": Trouble({"status": 503, "times": 1}, always(None)),
    "once 500": Trouble(
        {"status": 500, "times": 1},
        always(None) | dict.fromkeys((Kind.UPLOAD, Kind.PUBLISH, *_CHANGES), StoreUnavailable),
    ),
    "once 502": Trouble({"status": 502, "times": 1}, lost(None)),
    "always nonsense": Trouble(
        {"status": 200, "body": "<html>"},
        always(AnswerUnreadable) | {Kind.PUBLISH: AnswerLost},
    ),
    "always a list": Trouble(
        {"status": 200, "body": []},
        always(AnswerUnreadable) | {Kind.PUBLISH: AnswerLost},
    ),
    "always dropped before": Trouble(
        {"drop": "beforeCommit"}, lost(NetworkError) | {Kind.PUBLISH: AnswerLost}
    ),
    # The publish is found again by asking for the operations; a change cannot be.
    "always dropped after": Trouble({"drop": "afterCommit"}, lost(NetworkError) | {Kind.PUBLISH: None}),
    "once dropped before": Trouble({"drop": "beforeCommit", "times": 1}, lost(None)),
    "once dropped after": Trouble({"drop": "afterCommit", "times": 1}, lost(None)),
    # Some answers have no body of which half could be missing.
    "always truncated": Trouble(
        {"truncate": True},
        lost(NetworkError) | dict.fromkeys((Kind.UPLOAD, Kind.PUBLISH, Kind.REVOKE)),
    ),
    "once truncated": Trouble({"truncate": True, "times": 1}, lost(None) | {Kind.REVOKE: None}),
    "delayed": Trouble({"delay_seconds": 0.02}, always(None)),
}


EXIT_CODES: Final[Mapping[type[EdgeAddonsError], int]] = {
    AnswerLost: 9,
    AnswerUnreadable: 9,
    CreateNotAllowed: 5,
    CredentialsRejected: 3,
    ModulesInvalid: 5,
    NetworkError: 9,
    NotFound: 2,
    NothingToPublish: 7,
    OperationFailed: 9,
    PackageRefused: 4,
    PackageTooLarge: 4,
    RedirectRefused: 9,
    StoreUnavailable: 9,
    SubmissionInProgress: 6,
    SubmissionInvalid: 5,
    Timeout: 8,
    TooManyRequests: 9,
    UnexpectedFailure: 9,
    UnpublishInProgress: 5,
    UploadStalled: 9,
}
"""As docs and ``--help`` promise them."""


def exit_code(ends: Ends, kind: Kind) -> int:
    """How a command ends whose call ends so; a refused request counts for what it asked for."""
    if ends is None:
        return 0
    if ends is RequestRefused:
        return {Kind.UPLOAD: 4, Kind.PUBLISH: 5, Kind.CHANGE: 5}.get(kind, 9)
    return EXIT_CODES[ends]


RESERVED_ENDS: Final[Mapping[str, tuple[Ends, Kind]]] = {
    "upload-slow": (None, Kind.LOOK),
    "upload-stuck": (Timeout, Kind.LOOK),
    "upload-refused": (PackageRefused, Kind.LOOK),
    "upload-failed": (OperationFailed, Kind.LOOK),
    "create-not-allowed": (CreateNotAllowed, Kind.LOOK),
    "no-modules-updated": (NothingToPublish, Kind.LOOK),
    "in-progress-submission": (SubmissionInProgress, Kind.LOOK),
    "unpublish-in-progress": (UnpublishInProgress, Kind.LOOK),
    "module-state-unpublishable": (ModulesInvalid, Kind.LOOK),
    "submission-validation-error": (SubmissionInvalid, Kind.LOOK),
    "publish-failed": (OperationFailed, Kind.LOOK),
    "publish-unexpected": (UnexpectedFailure, Kind.LOOK),
    "publish-slow": (None, Kind.LOOK),
    "publish-stuck": (Timeout, Kind.LOOK),
    "http-400": (RequestRefused, Kind.UPLOAD),
    "http-401": (CredentialsRejected, Kind.UPLOAD),
    "http-404": (NotFound, Kind.UPLOAD),
    "http-408": (UploadStalled, Kind.UPLOAD),
    "http-413": (PackageTooLarge, Kind.UPLOAD),
    "http-429": (TooManyRequests, Kind.UPLOAD),
    "http-500": (StoreUnavailable, Kind.UPLOAD),
    "http-503": (StoreUnavailable, Kind.UPLOAD),
    "dropped-before-commit": (NetworkError, Kind.UPLOAD),
    "dropped-after-commit": (NetworkError, Kind.UPLOAD),
    "truncated-status": (NetworkError, Kind.LOOK),
}
"""How the whole story of a package ends at each reserved product, and at which kind of call."""
