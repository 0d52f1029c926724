"""The permanent log of facts, which the database itself refuses to change."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPENDED = """
CREATE FUNCTION only_append() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The log of facts is only added to.';
END
$$
"""
KEPT = """
INSERT INTO fact_log (id, key, stage, version, area, generation, month, door, sector, age_band, gender, district,
    outcome, days_since_receipt, closing)
SELECT gen_random_uuid(), key, stage, version, area, 0, month, door, sector, age_band, gender, district,
    outcome, days_since_receipt, closing FROM fact
"""


def upgrade() -> None:
    """Create the log and take over the facts that there are."""
    op.create_table(
        "fact_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=True)
            for name in ("door", "sector", "age_band", "gender", "ethnicity", "district", "concern", "outcome")
        ),
        sa.Column("days_since_receipt", sa.Integer(), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("met", "missed", "on_time", "late")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", "stage", "version"),
    )
    op.create_index("fact_log_month", "fact_log", ["area", "stage", "month"])
    op.execute(KEPT)
    op.execute(APPENDED)
    op.execute(
        "CREATE TRIGGER appended BEFORE UPDATE OR DELETE ON fact_log FOR EACH ROW EXECUTE FUNCTION only_append()"
    )
    for statement in area_policy("fact_log"):
        op.execute(statement)
