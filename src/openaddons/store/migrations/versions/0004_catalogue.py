"""The catalogue: what people find, made of what is in the store."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, and in it what is in the store already."""
    op.create_table(
        "catalogue",
        sa.Column("product_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("sorted_name", sa.String(length=600), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_catalogue_product_id_products")
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_catalogue")),
    )
    op.create_index(op.f("ix_catalogue_sorted_name_product_id"), "catalogue", ["sorted_name", "product_id"])
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """As store/catalogue.py was when the table came: a migration must not change with the program."""
    live = connection.execute(
        sa.text(
            "SELECT products.id, products.crx_id, publishers.name AS publisher, packages.name, "
            "CAST(packages.facts AS TEXT) AS facts, CAST(submissions.modules AS TEXT) AS modules FROM products "
            "JOIN publishers ON publishers.id = products.publisher_id "
            "JOIN releases ON releases.id = products.live_release_id "
            "JOIN submissions ON submissions.id = releases.submission_id "
            "JOIN packages ON packages.id = submissions.package_id WHERE products.state IN "
            "('In the store', 'In the store + update in review', 'Unpublish in progress')"
        )
    ).all()
    for row in live:
        modules = json.loads(row.modules)
        if modules.get("AVAILABILITY", {}).get("visibility", "Public") != "Public":
            continue
        terms = [
            term for each in modules.get("LISTING", {}).values() for term in each.get("search_terms", ())
        ]
        summary = json.loads(row.facts).get("description", "")
        texts = [row.name, summary, row.publisher, row.crx_id, *terms]
        name, summary, *_ = texts = [
            text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode() for text in texts
        ]
        connection.execute(
            sa.text("INSERT INTO catalogue VALUES (:product_id, :name, :description, :sorted_name, :words)"),
            {
                "product_id": row.id,
                "name": name,
                "description": summary[:300],
                "sorted_name": name.casefold()[:600],
                "words": "\n".join(texts).casefold(),
            },
        )
