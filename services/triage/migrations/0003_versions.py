"""Who made each version of a referral and by which door it came, pairs named from both sides, and urgent clocks."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what intake says of a version now; move what was suggested into a table that leads to either referral."""
    op.add_column("referral_version", sa.Column("made_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("referral_version", sa.Column("door", sa.Text(), nullable=False, server_default=""))
    op.add_column("referral_version", sa.Column("row_version", sa.Integer(), nullable=True))
    for name in ("made_by", "door"):
        op.alter_column("referral_version", name, server_default=None)
    op.create_table(
        "likeness",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("other_reference", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reference", "other_reference"),
    )
    op.create_index("likeness_other", "likeness", ["other_reference"])
    urgent = sa.text("stopped_at IS NULL AND name = 'immediate-danger'")
    op.create_index("clock_urgent", "clock", ["due_at"], postgresql_where=urgent)
    op.execute(
        "INSERT INTO likeness (reference, other_reference, area) "
        "SELECT reference, unnest(possibly_same_as), area FROM referral ON CONFLICT DO NOTHING"
    )
    op.execute(
        "UPDATE referral_version AS first SET made_by = 'referrer', row_version = 1, door = referral.door "
        "FROM referral WHERE referral.subject = first.subject AND first.version = 1"
    )
    op.drop_column("referral", "possibly_same_as")
    for statement in area_policy("likeness"):
        op.execute(statement)
