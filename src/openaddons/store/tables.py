"""What the store knows, as tables. Times are microseconds since 1970 in UTC; ids are text.

Nothing here is used that SQLite and PostgreSQL do not both speak.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """A moment as the tables hold it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """A moment from the form that the tables hold."""
    return _EPOCH + timedelta(microseconds=value)


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, kept as a whole number of microseconds: the same on both databases, quick to read."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        """To the database."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else moment(value)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_GUID = sa.String(36)

# As literal text, so that SQLite too sees that a partial index covers the query.
PENDING = sa.text("submissions.state IN ('In review', 'Approved')")
IN_REVIEW = sa.text("submissions.state = 'In review'")
DECIDED_BY_PEOPLE = sa.text(
    "submissions.review_due_time IS NOT NULL AND submissions.decided_time IS NOT NULL"
)
UNPUBLISHING = sa.text("products.state = 'Unpublish in progress'")
KEPT_BACK = sa.text("products.kept_back_time IS NOT NULL")
IN_PROGRESS = sa.text("operations.state = 'InProgress'")
UNDELIVERED = sa.text("deliveries.state = 'Pending'")
FAULTS = sa.text("operations.state = 'Failed' AND operations.error_code IS NULL")
_Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts only INTEGER keys by itself


def _product_id() -> sa.Column[str]:
    return sa.Column("product_id", _GUID, sa.ForeignKey("products.id"), nullable=False)


publishers = sa.Table(
    "publishers",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("tenant_id", _GUID, nullable=False, unique=True),
    sa.Column("created_time", Moment, nullable=False),
)

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    sa.Column("publisher_id", _GUID, sa.ForeignKey("publishers.id"), nullable=False, index=True),
    sa.Column("created_time", Moment, nullable=False),
)

# API keys and client secrets: only a SHA-256 of each is kept.
credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    sa.Column("client_id", _GUID, sa.ForeignKey("clients.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("hint", sa.String(16), nullable=False),
    sa.Column("product_id", _GUID, sa.ForeignKey("products.id")),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("expires_time", Moment, nullable=False),
    sa.Column("revoked_time", Moment),
    # To the minute, and by whichever process served it.
    sa.Column("last_used_time", Moment),
    # When its publisher was told that it ends soon.
    sa.Column("expiry_told_time", Moment),
)

products = sa.Table(
    "products",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    sa.Column("publisher_id", _GUID, sa.ForeignKey("publishers.id"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("crx_id", sa.String(32), nullable=False, unique=True),
    sa.Column("state", sa.String(40), nullable=False),
    sa.Column("signing_key", sa.LargeBinary, nullable=False),
    sa.Column("signing_key_sealed_by", sa.String(16), nullable=False),
    sa.Column("certification", sa.String(16)),
    sa.Column("certification_delay_seconds", sa.Integer),
    sa.Column("operation_count", sa.Integer, nullable=False, default=0),
    sa.Column("live_release_id", _GUID),
    sa.Column("first_rings", sa.JSON, nullable=False, default=list),
    sa.Column("offered_generation", sa.BigInteger, nullable=False, default=0, index=True),
    # Of a product that is blocked or in quarantine: since when, and why. Browsers do not get it.
    sa.Column("kept_back_time", Moment),
    sa.Column("kept_back_reason", sa.Text),
    sa.Column("first_published_time", Moment),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("last_updated_time", Moment, nullable=False),
    # Case-folded, so that both databases sort and find the same.
    sa.Column("sorted_name", sa.String(600), nullable=False),
    sa.Index(None, "sorted_name", "id"),
    sa.Index(None, "publisher_id", "sorted_name", "id"),
    sa.Index(
        "ix_products_unpublishing",
        "id",
        sqlite_where=sa.text("state = 'Unpublish in progress'"),
        postgresql_where=sa.text("state = 'Unpublish in progress'"),
    ),
    sa.Index(
        "ix_products_kept_back",
        "kept_back_time",
        sqlite_where=sa.text("kept_back_time IS NOT NULL"),
        postgresql_where=sa.text("kept_back_time IS NOT NULL"),
    ),
)

# A checked package. The object is named by the operation or the command that brought it.
packages = sa.Table(
    "packages",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    _product_id(),
    sa.Column("object_key", sa.String(100), nullable=False, index=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("file_name", sa.String(300), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("findings", sa.JSON, nullable=False),
    sa.Column("created_time", Moment, nullable=False),
)

# SHA-256 of each file of a package, packed (store/certification/reviews.py). Beside the package's row, which is
# read far more often.
contents = sa.Table(
    "contents",
    metadata,
    sa.Column("package_id", _GUID, sa.ForeignKey("packages.id"), primary_key=True),
    sa.Column("digests", sa.LargeBinary, nullable=False),
)

# The one unpublished state of a product. A change raises ``revision``; ``live_revision`` is what is in the store.
drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("product_id", _GUID, sa.ForeignKey("products.id"), primary_key=True),
    sa.Column("package_id", _GUID, sa.ForeignKey("packages.id")),
    sa.Column("modules", sa.JSON, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("live_revision", sa.Integer),
    sa.Column("last_updated_time", Moment, nullable=False),
)

# ``number`` counts a product's operations in the order of their acceptance; ``attempt`` fences who may end one.
operations = sa.Table(
    "operations",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    _product_id(),
    sa.Column("publisher_id", _GUID, sa.ForeignKey("publishers.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("last_updated_time", Moment, nullable=False),
    sa.Column("message", sa.Text),
    sa.Column("error_code", sa.String(64)),
    sa.Column("errors", sa.JSON),
    sa.Column("unexpected", sa.Boolean, nullable=False, default=False),
    sa.Column("object_key", sa.String(100), index=True),
    sa.Column("digest", sa.String(64)),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("notes", sa.Text, nullable=False, default=""),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("correlation_id", _GUID, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("leased_until", Moment),
    sa.UniqueConstraint("product_id", "number"),
    sa.Index(
        "ix_operations_in_progress",
        "product_id",
        "number",
        sqlite_where=sa.text("state = 'InProgress'"),
        postgresql_where=sa.text("state = 'InProgress'"),
    ),
    # Failures of ours: those of the rules have a code.
    sa.Index(
        "ix_operations_faults",
        "last_updated_time",
        sqlite_where=sa.text("state = 'Failed' AND error_code IS NULL"),
        postgresql_where=sa.text("state = 'Failed' AND error_code IS NULL"),
    ),
)

# ``base_package_id`` is what was in the store when the submission was made: a review compares with that.
submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column("id", sa.String(19), primary_key=True),
    _product_id(),
    sa.Column("operation_id", _GUID, sa.ForeignKey("operations.id"), unique=True),
    sa.Column("package_id", _GUID, sa.ForeignKey("packages.id"), nullable=False),
    sa.Column("base_package_id", _GUID, sa.ForeignKey("packages.id")),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("modules", sa.JSON, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("held", sa.Boolean, nullable=False, default=False),
    sa.Column("certification", sa.String(16), nullable=False),
    sa.Column("due_time", Moment),
    # The reviewer who has taken it, and by when one should have decided; None where no person has to.
    sa.Column("taken_by", sa.String(320)),
    sa.Column("taken_time", Moment),
    sa.Column("review_due_time", Moment),
    sa.Column("reason", sa.Text),
    # Numbers of the developer policies that a rejection names.
    sa.Column("policies", sa.JSON, nullable=False, default=list),
    sa.Column("decided_by", sa.String(200)),
    # When it was approved or rejected; None also where that was before the store kept it.
    sa.Column("decided_time", Moment),
    # Of a roll back: the release whose content comes again. Nobody reviews it, so it may pass one in review.
    sa.Column("restored_release_id", _GUID),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("last_updated_time", Moment, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("leased_until", Moment),
    sa.Index(None, "product_id", "created_time"),
    # By which a sweep finds what is pending among all that ever was: the two below cover half each.
    sa.Index(
        "ix_submissions_pending",
        "product_id",
        sqlite_where=sa.text("state IN ('In review', 'Approved')"),
        postgresql_where=sa.text("state IN ('In review', 'Approved')"),
    ),
    # The certification queue, in its order. With ``due_time`` places are counted without a look at the rows.
    sa.Index(
        "ix_submissions_in_review",
        "created_time",
        "id",
        "due_time",
        sqlite_where=sa.text("state = 'In review'"),
        postgresql_where=sa.text("state = 'In review'"),
    ),
    # What people decided, by which a publisher is told how long a review takes.
    sa.Index(
        "ix_submissions_decided",
        "decided_time",
        "created_time",
        sqlite_where=sa.text("review_due_time IS NOT NULL AND decided_time IS NOT NULL"),
        postgresql_where=sa.text("review_due_time IS NOT NULL AND decided_time IS NOT NULL"),
    ),
    # No second submission of a product while one is pending, whatever the program does; so with roll backs.
    *(
        sa.Index(
            name,
            "product_id",
            unique=True,
            sqlite_where=sa.text(f"state IN ('In review', 'Approved') AND {kind}"),
            postgresql_where=sa.text(f"state IN ('In review', 'Approved') AND {kind}"),
        )
        for name, kind in (
            ("uq_submissions_pending", "restored_release_id IS NULL"),
            ("uq_submissions_rolling_back", "restored_release_id IS NOT NULL"),
        )
    ),
)

# What a reviewer wants to know of a publisher. One that is not closed is open: the submission waits for the answer.
questions = sa.Table(
    "questions",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    sa.Column("submission_id", sa.String(19), sa.ForeignKey("submissions.id"), nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("asked_by", sa.String(320), nullable=False),
    sa.Column("asked_time", Moment, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("answered_by", sa.String(320)),
    # When it was answered, or the submission decided or cancelled without an answer.
    sa.Column("closed_time", Moment),
    # No second question while one is open.
    sa.Index(
        "uq_questions_open",
        "submission_id",
        unique=True,
        sqlite_where=sa.text("closed_time IS NULL"),
        postgresql_where=sa.text("closed_time IS NULL"),
    ),
)

# What reviewers note for each other. No publisher sees it.
internal_notes = sa.Table(
    "internal_notes",
    metadata,
    sa.Column("number", _Sequence, primary_key=True, autoincrement=True),
    sa.Column("submission_id", sa.String(19), sa.ForeignKey("submissions.id"), nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("written_by", sa.String(320), nullable=False),
    sa.Column("written_time", Moment, nullable=False),
)

# The store's certification policy as chosen at run time. One row at most; without it the setting is in force.
store_certification = sa.Table(
    "store_certification",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("policy", sa.String(16), nullable=False),
    sa.Column("delay_seconds", sa.Integer),
    sa.Column("chosen_by", sa.String(320), nullable=False),
    sa.Column("chosen_time", Moment, nullable=False),
)

# A signed version that browsers can get. What is signed never changes; the times at the end are written once.
releases = sa.Table(
    "releases",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    _product_id(),
    sa.Column("submission_id", sa.String(19), sa.ForeignKey("submissions.id"), nullable=False, unique=True),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("object_key", sa.String(100), nullable=False, index=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("minimum_chrome_version", sa.String(40)),
    sa.Column("icon_key", sa.String(100), index=True),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("offered_to_all_time", Moment),
    sa.Column("withdrawn_time", Moment),
    sa.Column("withdrawn_reason", sa.Text),
    sa.UniqueConstraint("product_id", "version"),
)

# Groups of browsers that get releases first: each group asks at an update URL of its own.
rings = sa.Table(
    "rings",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("created_time", Moment, nullable=False),
)

# The release that a ring is offered, as long as it is ahead of the one that is live for all.
offers = sa.Table(
    "offers",
    metadata,
    sa.Column("product_id", _GUID, sa.ForeignKey("products.id"), primary_key=True),
    sa.Column("ring", sa.String(40), sa.ForeignKey("rings.name"), primary_key=True),
    sa.Column("release_id", _GUID, sa.ForeignKey("releases.id"), nullable=False),
)

# One row. Whatever changes what browsers are offered of a product raises the number and writes it into
# ``products.offered_generation``: so every process learns what to read again. ``update_url`` is where the store
# was last served, for whoever signs a package: that may be another process, which was told less.
offering = sa.Table(
    "offering",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("update_url", sa.Text),
)

# What people find: a row for each product that all may have and whose visibility is Public. It is made again with
# every change of what is offered, so a page of the catalogue reads only what it shows. ``words`` is what a search
# looks in; it and ``sorted_name`` are case-folded, so that both databases find and sort the same.
catalogue = sa.Table(
    "catalogue",
    metadata,
    sa.Column("product_id", _GUID, sa.ForeignKey("products.id"), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("description", sa.String(300), nullable=False),
    sa.Column("sorted_name", sa.String(600), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Index(None, "sorted_name", "product_id"),
)

# A picture of a listing: the object is the product's own, and of a known size.
images = sa.Table(
    "images",
    metadata,
    sa.Column("object_key", sa.String(100), primary_key=True),
    _product_id(),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("created_time", Moment, nullable=False),
    sa.Index(None, "product_id", "digest"),
)

# Who signs in. A password is kept as argon2id; what makes one-time codes is sealed by the master key.
people = sa.Table(
    "people",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    sa.Column("email", sa.String(320), nullable=False, unique=True),  # in lower case
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("password_hash", sa.String(300)),
    sa.Column("totp_secret", sa.LargeBinary),
    sa.Column("totp_last_step", sa.BigInteger),
    sa.Column("recovery_digests", sa.JSON, nullable=False, default=list),
    sa.Column("reviewer", sa.Boolean, nullable=False, default=False),
    sa.Column("administrator", sa.Boolean, nullable=False, default=False),
    sa.Column("wants_mail", sa.Boolean, nullable=False, default=True),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("disabled_time", Moment),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("person_id", _GUID, sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("publisher_id", _GUID, sa.ForeignKey("publishers.id"), primary_key=True, index=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("created_time", Moment, nullable=False),
)

# A browser in which somebody is signed in: only a SHA-256 of what its cookie holds is kept.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("person_id", _GUID, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("last_seen_time", Moment, nullable=False),
    sa.Column("expires_time", Moment, nullable=False),
    sa.Column("user_agent", sa.String(300), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
)

# One-time links: only a SHA-256 of each is kept. A row leaves when the link is used or its time is over.
links = sa.Table(
    "links",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("email", sa.String(320)),
    sa.Column("person_id", _GUID, sa.ForeignKey("people.id"), index=True),
    sa.Column("publisher_id", _GUID, sa.ForeignKey("publishers.id"), index=True),
    sa.Column("role", sa.String(16)),
    sa.Column("reviewer", sa.Boolean, nullable=False),
    sa.Column("administrator", sa.Boolean, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("expires_time", Moment, nullable=False, index=True),
)

# How often somebody tried to sign in: ``key`` is a SHA-256 of what is counted (store/people/attempts.py).
attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("forgiven_time", Moment, nullable=False, index=True),
)

EVENT_ORDERS = (
    ("time", "number"),
    *((name, "time", "number") for name in ("verb", "actor", "publisher_id", "product_id")),
)
# Who did what. Rows are added and never changed: triggers refuse the rest (the first migration).
events = sa.Table(
    "events",
    metadata,
    sa.Column("number", _Sequence, primary_key=True, autoincrement=True),
    sa.Column("time", Moment, nullable=False),
    sa.Column("verb", sa.String(40), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("publisher_id", _GUID),
    sa.Column("product_id", _GUID),
    sa.Column("subject", sa.String(64), index=True),
    sa.Column("correlation_id", _GUID, index=True),
    sa.Column("facts", sa.JSON, nullable=False),
    # Each gives the newest of its kind first, without a sort: a search shows a page of them.
    *(sa.Index(None, *columns) for columns in EVENT_ORDERS),
)

# Where a publisher's events are posted to. ``types`` are those it wants, none: all. The secrets are sealed by the
# master key; the former one signs too until its time is over.
webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    sa.Column("publisher_id", _GUID, sa.ForeignKey("publishers.id"), nullable=False, index=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("types", sa.JSON, nullable=False),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("former_secret", sa.LargeBinary),
    sa.Column("former_secret_until", Moment),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("last_success_time", Moment),
    sa.Column("disabled_time", Moment),
    sa.Column("disabled_reason", sa.Text),
)

# The outbox: what is to be told outside, to a webhook or by mail. A row is added in the transaction that changed
# something. It names the event, or has a text of its own, sealed, which goes when it has been sent. The webhook is
# no foreign key: no publish may fail because one is deleted in that moment.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", _GUID, primary_key=True),
    sa.Column("webhook_id", _GUID),
    sa.Column("address", sa.String(320)),
    sa.Column("event_number", _Sequence, sa.ForeignKey("events.number")),
    sa.Column("subject", sa.String(200)),
    sa.Column("text", sa.LargeBinary),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("due_time", Moment, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("leased_until", Moment),
    sa.Column("tried_time", Moment),
    sa.Column("status", sa.Integer),
    sa.Column("answer", sa.Text),
    sa.Index(None, "webhook_id", "created_time"),
    sa.Index(
        "ix_deliveries_pending",
        "due_time",
        sqlite_where=sa.text("state = 'Pending'"),
        postgresql_where=sa.text("state = 'Pending'"),
    ),
)
