"""An index of a product's images: each upload asks whether it is there already."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index(op.f("ix_images_product_id_digest"), "images", ["product_id", "digest"])
