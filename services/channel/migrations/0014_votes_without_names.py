"""Who voted is said by their presence in the room, where the name of a stand-in is sealed: a vote keeps no name."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the names: whoever voted was in the room for the case, and is named there."""
    op.drop_column("vote", "name")
    op.drop_column("vote", "organisation")
