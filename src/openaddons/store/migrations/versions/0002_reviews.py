"""What a reviewer sees: the digests of a package's files, and what a submission is compared with."""

from alembic import op
from sqlalchemy import Column, ForeignKeyConstraint, LargeBinary, PrimaryKeyConstraint, String

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the column, and find out for each submission what was in the store when it was made.

    Of packages that were uploaded before, the digests stay unknown: their bytes are out of a migration's reach.
    """
    op.create_table(
        "contents",
        Column("package_id", String(length=36), nullable=False),
        Column("digests", LargeBinary(), nullable=False),
        ForeignKeyConstraint(["package_id"], ["packages.id"], name=op.f("fk_contents_package_id_packages")),
        PrimaryKeyConstraint("package_id", name=op.f("pk_contents")),
    )
    # By hand: Alembic would copy the table on SQLite, which other tables refer to.
    op.execute(
        "ALTER TABLE submissions ADD COLUMN base_package_id VARCHAR(36) "
        "CONSTRAINT fk_submissions_base_package_id_packages REFERENCES packages (id)"
    )
    # The release before the submission, unless the product was unpublished between them.
    op.execute(
        "UPDATE submissions SET base_package_id = (SELECT earlier.package_id FROM releases "
        "JOIN submissions AS earlier ON earlier.id = releases.submission_id "
        "WHERE releases.product_id = submissions.product_id "
        "AND releases.created_time < submissions.created_time "
        "AND NOT EXISTS (SELECT 1 FROM events WHERE events.product_id = releases.product_id "
        "AND events.verb = 'product.unpublished' AND events.time > releases.created_time "
        "AND events.time < submissions.created_time) "
        "ORDER BY releases.created_time DESC LIMIT 1)"
    )
