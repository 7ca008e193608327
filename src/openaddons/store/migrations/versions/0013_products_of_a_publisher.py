"""Products of a publisher by name: its page shows fifty of ten thousand without sorting them all."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The new index serves for all that the old one did."""
    op.create_index(
        op.f("ix_products_publisher_id_sorted_name_id"), "products", ["publisher_id", "sorted_name", "id"]
    )
    op.drop_index(op.f("ix_products_publisher_id"), "products")
