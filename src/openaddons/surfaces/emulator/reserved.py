"""Reserved products: each behaves in one way, whatever is sent to it, as the numbers of payment test cards do.

This table is the only one; ``openaddons emulator --help``, ``GET /emulator`` and docs/emulator.md are made of it.
Outcomes are those of the reference, statuses those of its section "Error codes".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from openaddons.packages.findings import Finding
from openaddons.store.operations import Claim, OperationKind, Outcome
from openaddons.surfaces.emulator.wire import AT_ONCE, Drop, EndpointName, Fault, FaultRule, Pace
from openaddons.work import outcomes

_ID: Final = "ed9e0000-0000-4000-8000-{:012d}"
SEED_PRODUCT_ID: Final = _ID.format(1)
"""The product that the emulator begins with, where no seed says otherwise; not a reserved one."""

SLOW_SECONDS: Final = 5.0
_FOR_EVER: Final = Pace(seconds=None)
_UPLOADED: Final = outcomes.package_updated("package")
_PUBLISHED: Final = outcomes.submission_created("1152921505700000001")
_FINDINGS: Final = (
    Finding(
        code="InvalidManifestVersion",
        severity="error",
        message="The manifest_version is missing or invalid.",
        fix='Set "manifest_version": 3.',
        file="manifest.json",
        line=2,
    ),
    Finding(
        code="IconMissing",
        severity="error",
        message="Could not load icon 'icons/128.png' specified in 'icons'.",
        fix="Add the file; names are case-sensitive.",
        file="manifest.json",
        line=4,
    ),
)

HowItEnds = Callable[[Claim, datetime], Outcome]


@dataclass(frozen=True, slots=True)
class Reserved:
    """A product whose behaviour is fixed."""

    id: str
    name: str
    """By which the fixture asks for it."""
    does: str
    upload: Outcome | HowItEnds = _UPLOADED
    publish: Outcome | HowItEnds = _PUBLISHED
    slow: OperationKind | None = None
    """Which operations are not ended at once."""
    pace: Pace = AT_ONCE
    faults: tuple[FaultRule, ...] = ()

    def outcome(self, claim: Claim, now: datetime) -> Outcome:
        """How an operation of it ends."""
        ends = self.upload if claim.kind is OperationKind.UPLOAD else self.publish
        return ends if isinstance(ends, Outcome) else ends(claim, now)

    def pace_of(self, kind: OperationKind) -> Pace:
        """How long its operations of that kind stay InProgress."""
        return self.pace if kind is self.slow else AT_ONCE


def _uploads() -> list[Reserved]:
    def reserved(
        number: int, name: str, does: str, *, pace: Pace = AT_ONCE, ends: Outcome | HowItEnds = _UPLOADED
    ) -> Reserved:
        return Reserved(_ID.format(number), name, does, upload=ends, slow=OperationKind.UPLOAD, pace=pace)

    return [
        reserved(
            101,
            "upload-slow",
            f"An upload is InProgress for {SLOW_SECONDS:g} seconds of the emulator's clock, then Succeeded.",
            pace=Pace(seconds=SLOW_SECONDS),
        ),
        reserved(102, "upload-stuck", "An upload is InProgress for ever.", pace=_FOR_EVER),
        reserved(
            103,
            "upload-refused",
            "An upload fails: PackageValidationError, with two errors.",
            ends=outcomes.package_refused(_FINDINGS, len(_FINDINGS)),
        ),
        reserved(
            104,
            "upload-failed",
            "An upload fails without a code: the generic failure.",
            ends=lambda claim, _: outcomes.generic_failure(claim),
        ),
    ]


def _publishes() -> list[Reserved]:
    refused: dict[str, Outcome] = {
        "create-not-allowed": outcomes.CREATE_NOT_ALLOWED,
        "no-modules-updated": outcomes.NO_MODULES_UPDATED,
        "in-progress-submission": outcomes.IN_PROGRESS_SUBMISSION,
        "unpublish-in-progress": outcomes.UNPUBLISH_IN_PROGRESS,
        "module-state-unpublishable": outcomes.modules_invalid(["LISTING", "PRIVACY"]),
        "submission-validation-error": outcomes.submission_invalid(
            ["The Zip version number needs to be higher than previous version: 1.0.0"]
        ),
    }
    made = [
        Reserved(_ID.format(number), name, f"A publish fails: {outcome.error_code}.", publish=outcome)
        for number, (name, outcome) in enumerate(refused.items(), 201)
    ]
    kind = OperationKind.PUBLISH
    return [
        *made,
        Reserved(
            _ID.format(207),
            "publish-failed",
            "A publish fails without a code: the irrecoverable failure.",
            publish=lambda claim, _: outcomes.irrecoverable_failure(claim),
        ),
        Reserved(
            _ID.format(208),
            "publish-unexpected",
            "A publish ends in the unexpected failure: id and message, and no status.",
            publish=outcomes.unexpected_failure,
        ),
        Reserved(
            _ID.format(209),
            "publish-slow",
            f"A publish is InProgress for {SLOW_SECONDS:g} seconds of the emulator's clock, then Succeeded.",
            slow=kind,
            pace=Pace(seconds=SLOW_SECONDS),
        ),
        Reserved(
            _ID.format(210), "publish-stuck", "A publish is InProgress for ever.", slow=kind, pace=_FOR_EVER
        ),
    ]


_POSTS: Final = (EndpointName.UPLOAD, EndpointName.PUBLISH)
_STATUSES: Final = (EndpointName.UPLOAD_STATUS, EndpointName.PUBLISH_STATUS)


def _faulty(
    number: int, name: str, does: str, fault: Fault, endpoints: tuple[EndpointName | None, ...]
) -> Reserved:
    product_id = _ID.format(number)
    rules = tuple(
        FaultRule(**dict(fault), endpoint=endpoint, product_id=product_id) for endpoint in endpoints
    )
    return Reserved(product_id, name, does, faults=rules)


def _faults() -> list[Reserved]:
    upload: tuple[EndpointName | None, ...] = (EndpointName.UPLOAD,)
    statuses: list[tuple[int, str, tuple[EndpointName | None, ...]]] = [
        (400, "An upload is answered 400 Bad Request.", upload),
        (401, "Every request is answered 401 Unauthorized, whatever the credentials.", (None,)),
        (404, "Every request is answered 404 Not Found.", (None,)),
        (408, "An upload is answered 408 Request Timeout.", upload),
        (413, "An upload is answered 413 Content Too Large.", upload),
        (429, "Every request is answered 429 Too Many Requests, with Retry-After: 1.", (None,)),
        (500, "Every request is answered 500 Internal Server Error.", (None,)),
        (503, "Every request is answered 503 Service Unavailable, with Retry-After: 1.", (None,)),
    ]
    before, after = Fault(drop=Drop.BEFORE_COMMIT), Fault(drop=Drop.AFTER_COMMIT)
    return [
        *(
            _faulty(status, f"http-{status}", does, Fault(status=status), endpoints)
            for status, does, endpoints in statuses
        ),
        _faulty(
            601,
            "dropped-before-commit",
            "The connection is closed when an upload or a publish is read; the store knows nothing of it.",
            before,
            _POSTS,
        ),
        _faulty(
            602,
            "dropped-after-commit",
            "The connection is closed when an upload or a publish is accepted; its answer is lost.",
            after,
            _POSTS,
        ),
        _faulty(
            603,
            "truncated-status",
            "Half of the answer to a status request is sent, then the connection is closed.",
            Fault(truncate=True),
            _STATUSES,
        ),
    ]


RESERVED: Final[tuple[Reserved, ...]] = (*_uploads(), *_publishes(), *_faults())
RESERVED_BY_ID: Final[Mapping[str, Reserved]] = MappingProxyType({each.id: each for each in RESERVED})
RESERVED_BY_NAME: Final[Mapping[str, Reserved]] = MappingProxyType({each.name: each for each in RESERVED})
