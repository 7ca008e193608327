"""Products that are kept back, and indexes by which an administrator searches: of events, and of failures of ours."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEPT_BACK = sa.text("kept_back_time IS NOT NULL")
_FAULTS = sa.text("state = 'Failed' AND error_code IS NULL")


def upgrade() -> None:
    """Add the columns, fill them for products that are blocked, and change the indexes."""
    op.add_column("products", sa.Column("kept_back_time", sa.BigInteger()))
    op.add_column("products", sa.Column("kept_back_reason", sa.Text()))
    _fill(op.get_bind())
    op.create_index(
        "ix_products_kept_back",
        "products",
        ["kept_back_time"],
        sqlite_where=_KEPT_BACK,
        postgresql_where=_KEPT_BACK,
    )
    op.create_index(
        "ix_operations_faults",
        "operations",
        ["last_updated_time"],
        sqlite_where=_FAULTS,
        postgresql_where=_FAULTS,
    )
    for name in ("publisher_id", "product_id"):
        op.drop_index(op.f(f"ix_events_{name}"), "events")
    for name in ("subject", "correlation_id"):
        op.create_index(op.f(f"ix_events_{name}"), "events", [name])
    op.create_index(op.f("ix_events_time_number"), "events", ["time", "number"])
    for name in ("verb", "actor", "publisher_id", "product_id"):
        op.create_index(op.f(f"ix_events_{name}_time_number"), "events", [name, "time", "number"])


def _fill(connection: sa.Connection) -> None:
    """A product that is blocked was so by its newest event of that verb."""
    blocked = connection.execute(
        sa.text(
            "SELECT events.product_id, events.time, CAST(events.facts AS TEXT) AS facts FROM events "
            "JOIN products ON products.id = events.product_id "
            "WHERE products.state = 'Blocked' AND events.verb = 'product.blocked' ORDER BY events.number"
        )
    ).all()
    for event in blocked:
        connection.execute(
            sa.text("UPDATE products SET kept_back_time = :time, kept_back_reason = :reason WHERE id = :id"),
            {"time": event.time, "reason": json.loads(event.facts)["reason"], "id": event.product_id},
        )
