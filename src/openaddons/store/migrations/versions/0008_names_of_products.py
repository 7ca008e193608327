"""Products by name: a case-folded name, by which publishers' lists are sorted and searched."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index, and fold the names that are there."""
    op.add_column(
        "products", sa.Column("sorted_name", sa.String(length=600), nullable=False, server_default="")
    )
    op.create_index(op.f("ix_products_sorted_name_id"), "products", ["sorted_name", "id"])
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, name FROM products")).all():
        connection.execute(
            sa.text("UPDATE products SET sorted_name = :sorted_name WHERE id = :id"),
            {"id": row.id, "sorted_name": row.name.casefold()[:600]},
        )
