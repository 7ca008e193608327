"""What has happened, and who is told of it."""

import sqlalchemy as sa

from openaddons.store.tables.columns import GUID, SEQUENCE, Moment, metadata

# As literal text, so that SQLite too sees that a partial index covers the query.
UNDELIVERED = sa.text("deliveries.state = 'Pending'")

EVENT_ORDERS = (
    ("time", "number"),
    *((name, "time", "number") for name in ("verb", "actor", "publisher_id", "product_id")),
)
# Who did what. Rows are added and never changed: triggers refuse the rest (the first migration).
events = sa.Table(
    "events",
    metadata,
    sa.Column("number", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("time", Moment, nullable=False),
    sa.Column("verb", sa.String(40), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("publisher_id", GUID),
    sa.Column("product_id", GUID),
    sa.Column("subject", sa.String(64), index=True),
    sa.Column("correlation_id", GUID, index=True),
    sa.Column("facts", sa.JSON, nullable=False),
    # Each gives the newest of its kind first, without a sort: a search shows a page of them.
    *(sa.Index(None, *columns) for columns in EVENT_ORDERS),
)

# Where a publisher's events are posted to. ``types`` are those it wants, none: all. The secrets are sealed by the
# master key; the former one signs too until its time is over.
webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", GUID, primary_key=True),
    sa.Column("publisher_id", GUID, sa.ForeignKey("publishers.id"), nullable=False, index=True),
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
    sa.Column("id", GUID, primary_key=True),
    sa.Column("webhook_id", GUID),
    sa.Column("address", sa.String(320)),
    sa.Column("event_number", SEQUENCE, sa.ForeignKey("events.number")),
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
    # Each try that has ended, the last one too; so many as there are pauses, and one.
    sa.Column("tries", sa.JSON, nullable=False, default=list),
    sa.Index(None, "webhook_id", "created_time"),
    sa.Index(
        "ix_deliveries_pending",
        "due_time",
        sqlite_where=sa.text("state = 'Pending'"),
        postgresql_where=sa.text("state = 'Pending'"),
    ),
)
