"""The person index: keyed hashes to find people by, whose referral each is, merges, likenesses with evidence."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("likeness_elsewhere", "person_key", "person_merge", "person_referral")


def upgrade() -> None:
    """Every referral begins as a person of its own; those linked by now are one person from the next look on."""
    op.add_column("likeness", sa.Column("sealed_evidence", sa.LargeBinary(), nullable=True))
    op.add_column("likeness", sa.Column("found_at", sa.DateTime(timezone=True), nullable=True))
    _people()
    _likeness_elsewhere()
    _merges()
    for table in TABLES:
        for statement in area_policy(table):
            op.execute(statement)
    op.execute(
        "INSERT INTO person_referral (subject, area, person, since, waiting)"
        " SELECT subject, area, gen_random_uuid(), received_at, true FROM referral"
    )


def _people() -> None:
    op.create_table(
        "person_referral",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_identity", sa.LargeBinary(), nullable=True),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index("person_referral_person", "person_referral", ["person"], unique=False)
    waiting = sa.text("waiting")
    op.create_index("person_referral_waiting", "person_referral", ["since"], postgresql_where=waiting)
    op.create_table(
        "person_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", "subject"),
    )
    op.create_index("person_key_subject", "person_key", ["subject"], unique=False)


def _likeness_elsewhere() -> None:
    op.create_table(
        "likeness_elsewhere",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("other_subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("other_area", sa.Text(), nullable=False),
        sa.Column("other_area_version", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=True),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("subject", "other_subject"),
    )
    op.create_index("likeness_elsewhere_other", "likeness_elsewhere", ["other_subject"], unique=False)


def _merges() -> None:
    op.create_table(
        "person_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("joined_person", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("other_subject", sa.Uuid(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("sealed_undone_note", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("person_merge_subject", "person_merge", ["subject"], unique=False)
    op.create_index("person_merge_other", "person_merge", ["other_subject"], unique=False)
