"""Webhooks, the outbox of what they and mails tell, and when keys were used."""

import sqlalchemy as sa
from alembic import op

from openaddons.store.tables import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PENDING = sa.text("state = 'Pending'")


def upgrade() -> None:
    """Add the tables and columns. Everybody gets mail, as soon as there is a server for it."""
    op.add_column("people", sa.Column("wants_mail", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("credentials", sa.Column("last_used_time", Moment))
    op.add_column("credentials", sa.Column("expiry_told_time", Moment))
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("publisher_id", sa.String(36), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("types", sa.JSON, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("former_secret", sa.LargeBinary),
        sa.Column("former_secret_until", Moment),
        sa.Column("created_time", Moment, nullable=False),
        sa.Column("last_success_time", Moment),
        sa.Column("disabled_time", Moment),
        sa.Column("disabled_reason", sa.Text),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["publishers.id"], name=op.f("fk_webhooks_publisher_id_publishers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_publisher_id"), "webhooks", ["publisher_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("webhook_id", sa.String(36)),
        sa.Column("address", sa.String(320)),
        sa.Column("event_number", _SEQUENCE),
        sa.Column("subject", sa.String(200)),
        sa.Column("text", sa.LargeBinary),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_time", Moment, nullable=False),
        sa.Column("due_time", Moment, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("leased_until", Moment),
        sa.Column("tried_time", Moment),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.Text),
        sa.ForeignKeyConstraint(
            ["event_number"], ["events.number"], name=op.f("fk_deliveries_event_number_events")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(
        op.f("ix_deliveries_webhook_id_created_time"), "deliveries", ["webhook_id", "created_time"]
    )
    op.create_index(
        "ix_deliveries_pending",
        "deliveries",
        ["due_time"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
