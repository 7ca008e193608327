"""The values of the management API about webhooks (docs/webhooks.md says what is posted to them). All frozen."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DeliveryState(StrEnum):
    """The words for what became of a delivery. One that failed is posted once more by ``redeliver`` alone."""

    PENDING = "Pending"
    DELIVERED = "Delivered"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL that is told what happens. Without ``types`` it is told everything."""

    id: str
    url: str
    types: tuple[str, ...]
    enabled: bool
    disabled_reason: str | None
    former_secret_until_time: datetime | None
    """Until when the secret before the present one signs too."""
    last_success_time: datetime | None
    created_time: datetime | None


@dataclass(frozen=True, slots=True)
class NewWebhook(Webhook):
    """A webhook with a secret that was just made. It is shown this once: ``whsec_`` and base64."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeliveryTry:
    """A try of a delivery that has ended."""

    attempt: int
    ended_time: datetime | None
    duration_milliseconds: int
    status: int | None
    """The HTTP status; None where no answer came."""
    answer: str
    """What was answered, as far as the store keeps it; or why there was no answer."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that is, or was, posted to a webhook. ``state`` is a word of ``DeliveryState``."""

    id: str
    type: str
    state: str
    attempt: int
    """How often it was tried."""
    status: int | None
    """The HTTP status of the last try; None where no answer came, or it was not tried yet."""
    answer: str | None
    """What was answered to it, as far as the store keeps it; or why there was no answer."""
    created_time: datetime | None
    tried_time: datetime | None
    next_time: datetime | None
    """When it is tried next; None unless it is pending."""
    tries: tuple[DeliveryTry, ...]
    """Each that has ended, the oldest first."""
