"""A product: its packages and its draft, and what was asked of the store for it."""

import sqlalchemy as sa

from openaddons.store.tables.columns import GUID, Moment, metadata, product_id

# As literal text, so that SQLite too sees that a partial index covers the query.
UNPUBLISHING = sa.text("products.state = 'Unpublish in progress'")
KEPT_BACK = sa.text("products.kept_back_time IS NOT NULL")
IN_PROGRESS = sa.text("operations.state = 'InProgress'")
FAULTS = sa.text("operations.state = 'Failed' AND operations.error_code IS NULL")

products = sa.Table(
    "products",
    metadata,
    sa.Column("id", GUID, primary_key=True),
    sa.Column("publisher_id", GUID, sa.ForeignKey("publishers.id"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("crx_id", sa.String(32), nullable=False, unique=True),
    sa.Column("state", sa.String(40), nullable=False),
    sa.Column("signing_key", sa.LargeBinary, nullable=False),
    sa.Column("signing_key_sealed_by", sa.String(16), nullable=False),
    sa.Column("certification", sa.String(16)),
    sa.Column("certification_delay_seconds", sa.Integer),
    sa.Column("operation_count", sa.Integer, nullable=False, default=0),
    sa.Column("live_release_id", GUID),
    sa.Column("first_rings", sa.JSON, nullable=False, default=list),
    sa.Column("offered_generation", sa.BigInteger, nullable=False, default=0, index=True),
    # Of a product that is blocked or in quarantine: since when, and why. Browsers do not get it.
    sa.Column("kept_back_time", Moment),
    sa.Column("kept_back_reason", sa.Text),
    sa.Column("first_published_time", Moment),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("last_updated_time", Moment, nullable=False),
    # Case-folded, so that both databases sort and find the same.
    sa.Column("sorted_name", sa.String(600), nullable=False),
    sa.Index(None, "sorted_name", "id"),
    sa.Index(None, "publisher_id", "sorted_name", "id"),
    sa.Index(
        "ix_products_unpublishing",
        "id",
        sqlite_where=sa.text("state = 'Unpublish in progress'"),
        postgresql_where=sa.text("state = 'Unpublish in progress'"),
    ),
    sa.Index(
        "ix_products_kept_back",
        "kept_back_time",
        sqlite_where=sa.text("kept_back_time IS NOT NULL"),
        postgresql_where=sa.text("kept_back_time IS NOT NULL"),
    ),
)

# A checked package. The object is named by the operation or the command that brought it.
packages = sa.Table(
    "packages",
    metadata,
    sa.Column("id", GUID, primary_key=True),
    product_id(),
    sa.Column("object_key", sa.String(100), nullable=False, index=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("file_name", sa.String(300), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("findings", sa.JSON, nullable=False),
    sa.Column("created_time", Moment, nullable=False),
)

# SHA-256 of each file of a package, packed (store/certification/reviews.py). Beside the package's row, which is
# read far more often.
contents = sa.Table(
    "contents",
    metadata,
    sa.Column("package_id", GUID, sa.ForeignKey("packages.id"), primary_key=True),
    sa.Column("digests", sa.LargeBinary, nullable=False),
)

# The one unpublished state of a product. A change raises ``revision``; ``live_revision`` is what is in the store.
drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("product_id", GUID, sa.ForeignKey("products.id"), primary_key=True),
    sa.Column("package_id", GUID, sa.ForeignKey("packages.id")),
    sa.Column("modules", sa.JSON, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("live_revision", sa.Integer),
    sa.Column("last_updated_time", Moment, nullable=False),
)

# A picture of a listing: the object is the product's own, and of a known size.
images = sa.Table(
    "images",
    metadata,
    sa.Column("object_key", sa.String(100), primary_key=True),
    product_id(),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("created_time", Moment, nullable=False),
    sa.Index(None, "product_id", "digest"),
)

# ``number`` counts a product's operations in the order of their acceptance; ``attempt`` fences who may end one.
operations = sa.Table(
    "operations",
    metadata,
    sa.Column("id", GUID, primary_key=True),
    product_id(),
    sa.Column("publisher_id", GUID, sa.ForeignKey("publishers.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("last_updated_time", Moment, nullable=False),
    sa.Column("message", sa.Text),
    sa.Column("error_code", sa.String(64)),
    sa.Column("errors", sa.JSON),
    sa.Column("unexpected", sa.Boolean, nullable=False, default=False),
    sa.Column("object_key", sa.String(100), index=True),
    sa.Column("digest", sa.String(64)),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("notes", sa.Text, nullable=False, default=""),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("correlation_id", GUID, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("leased_until", Moment),
    sa.UniqueConstraint("product_id", "number"),
    sa.Index(
        "ix_operations_in_progress",
        "product_id",
        "number",
        sqlite_where=sa.text("state = 'InProgress'"),
        postgresql_where=sa.text("state = 'InProgress'"),
    ),
    # Failures of ours: those of the rules have a code.
    sa.Index(
        "ix_operations_faults",
        "last_updated_time",
        sqlite_where=sa.text("state = 'Failed' AND error_code IS NULL"),
        postgresql_where=sa.text("state = 'Failed' AND error_code IS NULL"),
    ),
)
