"""What was sent to certification, and what was said about it."""

import sqlalchemy as sa

from openaddons.store.tables.columns import GUID, SEQUENCE, Moment, metadata, product_id

# As literal text, so that SQLite too sees that a partial index covers the query.
PENDING = sa.text("submissions.state IN ('In review', 'Approved')")
IN_REVIEW = sa.text("submissions.state = 'In review'")
DECIDED_BY_PEOPLE = sa.text(
    "submissions.review_due_time IS NOT NULL AND submissions.decided_time IS NOT NULL"
)

# ``base_package_id`` is what was in the store when the submission was made: a review compares with that.
submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column("id", sa.String(19), primary_key=True),
    product_id(),
    sa.Column("operation_id", GUID, sa.ForeignKey("operations.id"), unique=True),
    sa.Column("package_id", GUID, sa.ForeignKey("packages.id"), nullable=False),
    sa.Column("base_package_id", GUID, sa.ForeignKey("packages.id")),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("modules", sa.JSON, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("held", sa.Boolean, nullable=False, default=False),
    sa.Column("certification", sa.String(16), nullable=False),
    sa.Column("due_time", Moment),
    # The reviewer who has taken it, and by when one should have decided; None where no person has to.
    sa.Column("taken_by", sa.String(320)),
    sa.Column("taken_time", Moment),
    sa.Column("review_due_time", Moment),
    sa.Column("reason", sa.Text),
    # Numbers of the developer policies that a rejection names.
    sa.Column("policies", sa.JSON, nullable=False, default=list),
    sa.Column("decided_by", sa.String(200)),
    # When it was approved or rejected; None also where that was before the store kept it.
    sa.Column("decided_time", Moment),
    # Of a roll back: the release whose content comes again. Nobody reviews it, so it may pass one in review.
    sa.Column("restored_release_id", GUID),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("created_time", Moment, nullable=False),
    sa.Column("last_updated_time", Moment, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("leased_until", Moment),
    sa.Index(None, "product_id", "created_time"),
    # By which a sweep finds what is pending among all that ever was: the two below cover half each.
    sa.Index(
        "ix_submissions_pending",
        "product_id",
        sqlite_where=sa.text("state IN ('In review', 'Approved')"),
        postgresql_where=sa.text("state IN ('In review', 'Approved')"),
    ),
    # The certification queue, in its order. With ``due_time`` places are counted without a look at the rows.
    sa.Index(
        "ix_submissions_in_review",
        "created_time",
        "id",
        "due_time",
        sqlite_where=sa.text("state = 'In review'"),
        postgresql_where=sa.text("state = 'In review'"),
    ),
    # What people decided, by which a publisher is told how long a review takes.
    sa.Index(
        "ix_submissions_decided",
        "decided_time",
        "created_time",
        sqlite_where=sa.text("review_due_time IS NOT NULL AND decided_time IS NOT NULL"),
        postgresql_where=sa.text("review_due_time IS NOT NULL AND decided_time IS NOT NULL"),
    ),
    # No second submission of a product while one is pending, whatever the program does; so with roll backs.
    *(
        sa.Index(
            name,
            "product_id",
            unique=True,
            sqlite_where=sa.text(f"state IN ('In review', 'Approved') AND {kind}"),
            postgresql_where=sa.text(f"state IN ('In review', 'Approved') AND {kind}"),
        )
        for name, kind in (
            ("uq_submissions_pending", "restored_release_id IS NULL"),
            ("uq_submissions_rolling_back", "restored_release_id IS NOT NULL"),
        )
    ),
)

# What a reviewer wants to know of a publisher. One that is not closed is open: the submission waits for the answer.
questions = sa.Table(
    "questions",
    metadata,
    sa.Column("id", GUID, primary_key=True),
    sa.Column("submission_id", sa.String(19), sa.ForeignKey("submissions.id"), nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("asked_by", sa.String(320), nullable=False),
    sa.Column("asked_time", Moment, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("answered_by", sa.String(320)),
    # When it was answered, or the submission decided or cancelled without an answer.
    sa.Column("closed_time", Moment),
    # No second question while one is open.
    sa.Index(
        "uq_questions_open",
        "submission_id",
        unique=True,
        sqlite_where=sa.text("closed_time IS NULL"),
        postgresql_where=sa.text("closed_time IS NULL"),
    ),
)

# What reviewers note for each other. No publisher sees it.
internal_notes = sa.Table(
    "internal_notes",
    metadata,
    sa.Column("number", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("submission_id", sa.String(19), sa.ForeignKey("submissions.id"), nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("written_by", sa.String(320), nullable=False),
    sa.Column("written_time", Moment, nullable=False),
)

# The store's certification policy as chosen at run time. One row at most; without it the setting is in force.
store_certification = sa.Table(
    "store_certification",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("policy", sa.String(16), nullable=False),
    sa.Column("delay_seconds", sa.Integer),
    sa.Column("chosen_by", sa.String(320), nullable=False),
    sa.Column("chosen_time", Moment, nullable=False),
)
