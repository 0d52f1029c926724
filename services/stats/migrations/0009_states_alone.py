"""How a day stands says no number any more, and its versions begin anew: they count how often it has changed."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the number; whatever is told from now on replaces what was kept."""
    op.drop_column("reconciliation", "lacking")
    op.execute("UPDATE reconciliation SET version = 0")
