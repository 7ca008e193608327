"""The certification queue: who has a submission and until when, questions, internal notes, the store's policy."""

import sqlalchemy as sa
from alembic import op

from openaddons.store.tables import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables. When earlier decisions were made stays unknown; what waits is due in a week."""
    for column in (
        sa.Column("taken_by", sa.String(320)),
        sa.Column("taken_time", Moment),
        sa.Column("review_due_time", Moment),
        sa.Column("policies", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("decided_time", Moment),
    ):
        op.add_column("submissions", column)
    # 7 days in microseconds: what waits for a person would be overdue at once otherwise, or never.
    op.execute(
        "UPDATE submissions SET review_due_time = created_time + 604800000000 "
        "WHERE state = 'In review' AND due_time IS NULL"
    )
    for name, columns, condition in (
        ("ix_submissions_in_review", ["created_time", "id", "due_time"], "state = 'In review'"),
        (
            "ix_submissions_decided",
            ["decided_time", "created_time"],
            "review_due_time IS NOT NULL AND decided_time IS NOT NULL",
        ),
    ):
        where = sa.text(condition)
        op.create_index(name, "submissions", columns, sqlite_where=where, postgresql_where=where)
    _create_tables()


def _create_tables() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("submission_id", sa.String(19), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asked_by", sa.String(320), nullable=False),
        sa.Column("asked_time", Moment, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("answered_by", sa.String(320)),
        sa.Column("closed_time", Moment),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_questions_submission_id_submissions")
        ),
    )
    op.create_index(op.f("ix_questions_submission_id"), "questions", ["submission_id"])
    is_open = sa.text("closed_time IS NULL")
    op.create_index(
        "uq_questions_open",
        "questions",
        ["submission_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "internal_notes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("submission_id", sa.String(19), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("written_by", sa.String(320), nullable=False),
        sa.Column("written_time", Moment, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_internal_notes")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_internal_notes_submission_id_submissions")
        ),
    )
    op.create_index(op.f("ix_internal_notes_submission_id"), "internal_notes", ["submission_id"])
    op.create_table(
        "store_certification",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("policy", sa.String(16), nullable=False),
        sa.Column("delay_seconds", sa.Integer),
        sa.Column("chosen_by", sa.String(320), nullable=False),
        sa.Column("chosen_time", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_certification")),
    )
