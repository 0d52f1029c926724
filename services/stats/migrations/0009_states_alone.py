"""How a day stands says no number any more, its versions begin anew, and a proof of a release can be asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the number (what is told from now on replaces what was kept), and add that a proof is asked for."""
    op.drop_column("reconciliation", "lacking")
    op.execute("UPDATE reconciliation SET version = 0")
    op.add_column("release_check", sa.Column("asked", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("release_check", "asked", server_default=None)
