"""What the store knows, as tables. Times are microseconds since 1970 in UTC; ids are text.

Nothing here is used that SQLite and PostgreSQL do not both speak.
"""

from openaddons.store.tables.certification import (
    DECIDED_BY_PEOPLE,
    IN_REVIEW,
    PENDING,
    internal_notes,
    questions,
    store_certification,
    submissions,
)
from openaddons.store.tables.columns import Moment, metadata, microseconds, moment
from openaddons.store.tables.person import attempts, links, memberships, people, sessions
from openaddons.store.tables.product import (
    FAULTS,
    IN_PROGRESS,
    KEPT_BACK,
    UNPUBLISHING,
    contents,
    drafts,
    images,
    operations,
    packages,
    products,
)
from openaddons.store.tables.publisher import clients, credentials, publishers
from openaddons.store.tables.release import catalogue, offering, offers, releases, rings
from openaddons.store.tables.telling import EVENT_ORDERS, UNDELIVERED, deliveries, events, webhooks

__all__ = [
    "DECIDED_BY_PEOPLE",
    "EVENT_ORDERS",
    "FAULTS",
    "IN_PROGRESS",
    "IN_REVIEW",
    "KEPT_BACK",
    "PENDING",
    "UNDELIVERED",
    "UNPUBLISHING",
    "Moment",
    "attempts",
    "catalogue",
    "clients",
    "contents",
    "credentials",
    "deliveries",
    "drafts",
    "events",
    "images",
    "internal_notes",
    "links",
    "memberships",
    "metadata",
    "microseconds",
    "moment",
    "offering",
    "offers",
    "operations",
    "packages",
    "people",
    "products",
    "publishers",
    "questions",
    "releases",
    "rings",
    "sessions",
    "store_certification",
    "submissions",
    "webhooks",
]
