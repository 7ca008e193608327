"""One-time links, and how often somebody tried to sign in."""

import sqlalchemy as sa
from alembic import op

from openaddons.store.tables import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "links",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("email", sa.String(320)),
        sa.Column("person_id", sa.String(36)),
        sa.Column("publisher_id", sa.String(36)),
        sa.Column("role", sa.String(16)),
        sa.Column("reviewer", sa.Boolean, nullable=False),
        sa.Column("administrator", sa.Boolean, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("created_time", Moment, nullable=False),
        sa.Column("expires_time", Moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_links_person_id_people")),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["publishers.id"], name=op.f("fk_links_publisher_id_publishers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_links_digest")),
    )
    for column in ("expires_time", "person_id", "publisher_id"):
        op.create_index(op.f(f"ix_links_{column}"), "links", [column])
    op.create_table(
        "attempts",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("forgiven_time", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_forgiven_time"), "attempts", ["forgiven_time"])
