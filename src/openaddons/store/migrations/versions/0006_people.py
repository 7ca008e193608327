"""People, what they may do for a publisher, and the browsers in which they are signed in."""

import sqlalchemy as sa
from alembic import op

from openaddons.store.tables import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "people",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.String(300)),
        sa.Column("totp_secret", sa.LargeBinary),
        sa.Column("totp_last_step", sa.BigInteger),
        sa.Column("recovery_digests", sa.JSON, nullable=False),
        sa.Column("reviewer", sa.Boolean, nullable=False),
        sa.Column("administrator", sa.Boolean, nullable=False),
        sa.Column("created_time", Moment, nullable=False),
        sa.Column("disabled_time", Moment),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
    )
    op.create_table(
        "memberships",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("publisher_id", sa.String(36), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_time", Moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_memberships_person_id_people")),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["publishers.id"], name=op.f("fk_memberships_publisher_id_publishers")
        ),
        sa.PrimaryKeyConstraint("person_id", "publisher_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_publisher_id"), "memberships", ["publisher_id"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("created_time", Moment, nullable=False),
        sa.Column("last_seen_time", Moment, nullable=False),
        sa.Column("expires_time", Moment, nullable=False),
        sa.Column("user_agent", sa.String(300), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sessions_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
    )
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"])
