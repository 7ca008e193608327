"""Who signs in, where, and as what."""

import sqlalchemy as sa

from openaddons.store.tables.columns import GUID, Moment, metadata

# Who signs in. A password is kept as argon2id; what makes one-time codes is sealed by the master key.
people = sa.Table(
    "people",
    metadata,
    sa.Column("id", GUID, primary_key=True),
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
    sa.Column("person_id", GUID, sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("publisher_id", GUID, sa.ForeignKey("publishers.id"), primary_key=True, index=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("created_time", Moment, nullable=False),
)

# A browser in which somebody is signed in: only a SHA-256 of what its cookie holds is kept.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", GUID, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("person_id", GUID, sa.ForeignKey("people.id"), nullable=False, index=True),
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
    sa.Column("id", GUID, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("email", sa.String(320)),
    sa.Column("person_id", GUID, sa.ForeignKey("people.id"), index=True),
    sa.Column("publisher_id", GUID, sa.ForeignKey("publishers.id"), index=True),
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
