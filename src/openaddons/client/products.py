"""The values of the management API, which OpenAddons has beside the reference (docs/management.md). All frozen.

A word that a store says of a state is kept as it is: a newer store may know more of them than this client.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SubmissionState(StrEnum):
    """The words for how far a submission is. The last four are ends, but for a version that is withdrawn:
    then the one before it is in the store again."""

    IN_REVIEW = "In review"
    APPROVED = "Approved"
    IN_STORE = "In the store"
    REVIEW_FAILED = "Review failed"
    CANCELLED = "Cancelled"
    SUPERSEDED = "Superseded"


class KeyKind(StrEnum):
    """The two generations of credentials."""

    API_KEY = "apiKey"
    CLIENT_SECRET = "clientSecret"  # noqa: S105 - the name of a kind


@dataclass(frozen=True, slots=True)
class CredentialsCheck:
    """The store takes the credentials. ``product_known`` is None where a store does not tell the two apart."""

    product_known: bool | None


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """The signed version that browsers are offered."""

    version: str
    sha256: str
    size_bytes: int
    released_time: datetime | None


@dataclass(frozen=True, slots=True)
class DraftModule:
    """A part of the draft (``PACKAGES``, ``LISTING``, …), and in words what keeps it from being published."""

    name: str
    valid: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """The one unpublished state of a product; ``version`` is None while it has no package."""

    version: str | None
    modules: tuple[DraftModule, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """A draft sent to certification. ``state`` is a word of ``SubmissionState``."""

    id: str
    version: str
    state: str
    operation_id: str | None
    held: bool
    waits_for: str | None
    """What it waits for, in words; None when it waits for nothing more."""
    due_time: datetime | None
    """When a policy approves it; None when a person decides."""
    reason: str | None
    notes: str
    restores: str | None
    """Of a roll back: the version whose content comes again."""
    created_time: datetime | None
    last_updated_time: datetime | None


@dataclass(frozen=True, slots=True)
class ProductState:
    """A product in one answer: what is in the store, what is in the draft, what is in certification.

    ``state`` is a word such as ``In the store + update in review`` (docs/states.md). ``submission`` is the
    pending one, else the newest.
    """

    id: str
    name: str
    crx_id: str
    state: str
    live: LiveVersion | None
    draft: Draft
    submission: Submission | None
    last_updated_time: datetime | None


@dataclass(frozen=True, slots=True)
class Release:
    """A signed version. ``live`` and ``rings`` say who is offered it."""

    version: str
    live: bool
    rings: tuple[str, ...]
    content_of: str | None
    """Of a roll back: the version whose content it has."""
    sha256: str
    size_bytes: int
    created_time: datetime | None
    withdrawn_time: datetime | None
    withdrawn_reason: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """An API key or a client secret, without its secret. ``kind`` is a word of ``KeyKind``."""

    id: str
    kind: str
    client_id: str
    hint: str
    """How its secret begins and ends, to tell it from others."""
    product_id: str | None
    """The one product it opens; None: all of the publisher."""
    created_time: datetime | None
    expires_time: datetime | None
    revoked_time: datetime | None
    last_used_time: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey(Key):
    """A key that was just made. Its ``secret`` is shown this once: the store keeps none."""

    secret: str = field(repr=False)
