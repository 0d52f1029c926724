"""What an attempt said, where that is not what its notice keeps: an earlier way's words, or what nobody answered."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of an earlier attempt whose words were written over, nothing is known but its digest."""
    for name in ("template", "subject_line", "body"):
        op.add_column("attempt", sa.Column(name, sa.Text(), nullable=True))
