"""What browsers get, and what people find."""

import sqlalchemy as sa

from openaddons.store.tables.columns import GUID, Moment, metadata, product_id

# A signed version that browsers can get. What is signed never changes; the times at the end are written once.
releases = sa.Table(
    "releases",
    metadata,
    sa.Column("id", GUID, primary_key=True),
    product_id(),
    sa.Column("submission_id", sa.String(19), sa.ForeignKey("submissions.id"), nullable=False, unique=True),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("object_key", sa.String(100), nullable=False, index=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("minimum_chrome_version", sa.String(40)),
    sa.Column("icon_key", sa.String(100), index=True),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("offered_to_all_time", Moment),
    sa.Column("withdrawn_time", Moment),
    sa.Column("withdrawn_reason", sa.Text),
    sa.UniqueConstraint("product_id", "version"),
)

# Groups of browsers that get releases first: each group asks at an update URL of its own.
rings = sa.Table(
    "rings",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("created_time", Moment, nullable=False),
)

# The release that a ring is offered, as long as it is ahead of the one that is live for all.
offers = sa.Table(
    "offers",
    metadata,
    sa.Column("product_id", GUID, sa.ForeignKey("products.id"), primary_key=True),
    sa.Column("ring", sa.String(40), sa.ForeignKey("rings.name"), primary_key=True),
    sa.Column("release_id", GUID, sa.ForeignKey("releases.id"), nullable=False),
)

# One row. Whatever changes what browsers are offered of a product raises the number and writes it into
# ``products.offered_generation``: so every process learns what to read again. ``update_url`` is where the store
# was last served, for whoever signs a package: that may be another process, which was told less.
offering = sa.Table(
    "offering",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("update_url", sa.Text),
)

# What people find: a row for each product that all may have and whose visibility is Public. It is made again with
# every change of what is offered, so a page of the catalogue reads only what it shows. ``words`` is what a search
# looks in; it and ``sorted_name`` are case-folded, so that both databases find and sort the same.
catalogue = sa.Table(
    "catalogue",
    metadata,
    sa.Column("product_id", GUID, sa.ForeignKey("products.id"), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("description", sa.String(300), nullable=False),
    sa.Column("sorted_name", sa.String(600), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Index(None, "sorted_name", "product_id"),
)
