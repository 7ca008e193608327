"""Each try of a delivery, not the last one alone."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Of earlier tries nothing is known but the last, which stays where it was."""
    op.add_column("deliveries", sa.Column("tries", sa.JSON, nullable=False, server_default="[]"))
