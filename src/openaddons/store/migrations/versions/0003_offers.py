"""What browsers are offered: rings, withdrawn versions, roll backs, and a count of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PENDING = "state IN ('In review', 'Approved')"


def upgrade() -> None:
    """Add the tables and columns. Every product that was ever published is offered from now on."""
    op.create_table(
        "rings",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("created_time", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rings")),
    )
    op.create_table(
        "offers",
        sa.Column("product_id", sa.String(length=36), nullable=False),
        sa.Column("ring", sa.String(length=40), nullable=False),
        sa.Column("release_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_offers_product_id_products")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_offers_release_id_releases")),
        sa.ForeignKeyConstraint(["ring"], ["rings.name"], name=op.f("fk_offers_ring_rings")),
        sa.PrimaryKeyConstraint("product_id", "ring", name=op.f("pk_offers")),
    )
    op.create_table(
        "offering",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("update_url", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering")),
    )
    op.execute("INSERT INTO offering (id, generation) VALUES (1, 1)")

    op.add_column("products", sa.Column("first_rings", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column(
        "products", sa.Column("offered_generation", sa.BigInteger(), nullable=False, server_default="1")
    )
    op.create_index(op.f("ix_products_offered_generation"), "products", ["offered_generation"])

    for column in (
        sa.Column("minimum_chrome_version", sa.String(length=40)),
        sa.Column("icon_key", sa.String(length=100)),
        sa.Column("offered_to_all_time", sa.BigInteger()),
        sa.Column("withdrawn_time", sa.BigInteger()),
        sa.Column("withdrawn_reason", sa.Text()),
    ):
        op.add_column("releases", column)
    op.create_index(op.f("ix_releases_icon_key"), "releases", ["icon_key"])
    op.execute("UPDATE releases SET offered_to_all_time = created_time")

    op.add_column("submissions", sa.Column("restored_release_id", sa.String(length=36)))
    op.drop_index("uq_submissions_pending", "submissions")
    for name, kind in (
        ("uq_submissions_pending", "restored_release_id IS NULL"),
        ("uq_submissions_rolling_back", "restored_release_id IS NOT NULL"),
    ):
        where = sa.text(f"{_PENDING} AND {kind}")
        op.create_index(
            name, "submissions", ["product_id"], unique=True, sqlite_where=where, postgresql_where=where
        )
