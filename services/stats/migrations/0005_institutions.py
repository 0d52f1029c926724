"""What institutions are counted for, without a key; and the order of facts is taken from the disk each night."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Rows lie in the order in which they came: beside a list of what came when, that order would tell whose they are. The
# tables are the owner's, whom no process is; the keys by which they are laid anew are random.
MIXED = """
CREATE FUNCTION mix_facts() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SET LOCAL lock_timeout = '5s';
    CLUSTER fact_log USING fact_log_pkey;
    CLUSTER institution_fact USING institution_fact_pkey;
    CLUSTER inbox_event USING inbox_event_pkey;
    CLUSTER inbox_position USING inbox_position_pkey;
END
$$
"""


def upgrade() -> None:
    """Create the table, protected by area and only added to, and the function."""
    op.create_table(
        "institution_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("institution_fact_month", "institution_fact", ["area", "month"])
    op.execute(
        "CREATE TRIGGER appended BEFORE UPDATE OR DELETE ON institution_fact"
        " FOR EACH ROW EXECUTE FUNCTION only_append()"
    )
    for statement in area_policy("institution_fact"):
        op.execute(statement)
    op.execute(MIXED)
