"""Who publishes, and what proves it to the API."""

import sqlalchemy as sa

from openaddons.store.tables.columns import GUID, Moment, metadata

publishers = sa.Table(
    "publishers",
    metadata,
    sa.Column("id", GUID, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("tenant_id", GUID, nullable=False, unique=True),
    sa.Column("created_time", Moment, nullable=False),
)

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("id", GUID, primary_key=True),
    sa.Column("publisher_id", GUID, sa.ForeignKey("publishers.id"), nullable=False, index=True),
    sa.Column("created_time", Moment, nullable=False),
)

# API keys and client secrets: only a SHA-256 of each is kept.
credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("id", GUID, primary_key=True),
    sa.Column("client_id", GUID, sa.ForeignKey("clients.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("hint", sa.String(16), nullable=False),
    sa.Column("product_id", GUID, sa.ForeignKey("products.id")),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("expires_time", Moment, nullable=False),
    sa.Column("revoked_time", Moment),
    # To the minute, and by whichever process served it.
    sa.Column("last_used_time", Moment),
    # When its publisher was told that it ends soon.
    sa.Column("expiry_told_time", Moment),
)
