"""The values of the management API, which OpenAddons has beside the reference (docs/management.md). All frozen.

A word that a store says of a state is kept as it is: a newer store may know more of them than this client.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class SubmissionState(StrEnum):
    """The words for how far a submission is. The last four are ends, but for a version that is withdrawn:
    then the one before it is in the store again."""

    IN_REVIEW = "In review"
    APPROVED = "Approved"
    IN_STORE = "In the store"
    REVIEW_FAILED = "Review failed"
    CANCELLED = "Cancelled"
    SUPERSEDED = "Superseded"


class WaitsFor(StrEnum):
    """The words for whom or what a submission or a product waits for."""

    CHECK = "check"
    """The package check, or the rules of publishing."""
    REVIEWER = "reviewer"
    ANSWER = "answer"
    """The publisher's answer to a reviewer's question."""
    DELAY = "delay"
    """The end of the time after which a policy approves it."""
    RELEASE = "release"
    """Somebody who releases what is held."""
    ROLL_BACK = "roll back"
    """A roll back that comes into the store first."""
    STORE = "store"
    """The store, which does it at once."""
    PUBLISHER = "publisher"
    """The publisher, who may submit."""
    ADMINISTRATOR = "administrator"
    """The administrator, who keeps the product back."""
    NOTHING = "nothing"


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
class Place:
    """Which one in the queue of what waits for a reviewer; 1 is the next."""

    number: int
    total: int


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """How long the newest reviews by people took, from the submission to the decision."""

    count: int
    median_seconds: int
    ninety_percent_seconds: int
    """Nine of ten took no longer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a submission or a product stands. ``waits_for`` is a word of ``WaitsFor``."""

    waits_for: str
    words: str
    """The same for people; it stands after "waits for"."""
    since: datetime | None
    until: datetime | None
    """When a policy approves it, or by when a reviewer should have decided."""
    place: Place | None
    reviews: ReviewRecord | None
    """None: it waits for no reviewer, or people have decided about too few to tell."""
    next: str
    """What happens next, in a sentence."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a reviewer asks. Without ``closed_time`` it is open, and the submission waits for the answer."""

    text: str
    asked_time: datetime | None
    answer: str | None
    """None also where the submission was decided without one."""
    closed_time: datetime | None


@dataclass(frozen=True, slots=True)
class Submission:
    """A draft sent to certification. ``state`` is a word of ``SubmissionState``."""

    id: str
    version: str
    state: str
    operation_id: str | None
    held: bool
    waits_for: str | None
    """The words of its standing, as long as somebody else has to do something; then None."""
    standing: Standing
    due_time: datetime | None
    """When a policy approves it; None when a person decides."""
    reason: str | None
    policies: tuple[str, ...]
    """The numbers of the developer policies that a rejection names."""
    questions: tuple[Question, ...]
    notes: str
    restores: str | None
    """Of a roll back: the version whose content comes again."""
    created_time: datetime | None
    last_updated_time: datetime | None

    @property
    def open_question(self) -> Question | None:
        """The question that waits for an answer, if any."""
        return next((each for each in self.questions if each.closed_time is None), None)


@dataclass(frozen=True, slots=True)
class KeptBack:
    """Why a product is offered to nobody: its store has blocked it, or has it in quarantine."""

    reason: str
    since_time: datetime | None


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
    kept_back: KeptBack | None
    live: LiveVersion | None
    draft: Draft
    standing: Standing
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
class Rings:
    """The rings of the store by ``names``, and those that get a product's next releases ``first``."""

    names: tuple[str, ...]
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """What was done, by whom, and by which request; ``facts`` are what the verb says besides."""

    number: int
    time: datetime | None
    verb: str
    actor: str
    product_id: str | None
    subject: str | None
    """The id of what it was done with."""
    correlation_id: str | None
    facts: Mapping[str, Any]


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
