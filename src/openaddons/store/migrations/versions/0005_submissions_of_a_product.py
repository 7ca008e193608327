"""An index of a product's submissions by time: the management API asks for the newest again and again."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        op.f("ix_submissions_product_id_created_time"), "submissions", ["product_id", "created_time"]
    )
