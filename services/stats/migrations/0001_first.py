"""The first tables: facts, releases, and which release holds which month."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FROZEN = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A release is frozen: a correction is a new release.';
END
$$
"""


def upgrade() -> None:
    """Create the tables; the database itself refuses to change a release."""
    op.create_table(
        "fact",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("age_band", sa.Text(), nullable=True),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("days_since_receipt", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("key", "stage"),
    )
    op.create_index("fact_area_stage_month", "fact", ["area", "stage", "month"])
    op.create_table(
        "release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("area", "number"),
    )
    op.create_table(
        "release_month",
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"]),
        sa.PrimaryKeyConstraint("area", "month"),
    )
    op.execute(FROZEN)
    for table in ("release", "release_month"):
        op.execute(
            f"CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table in ("fact", "release", "release_month"):
        for statement in area_policy(table):
            op.execute(statement)
