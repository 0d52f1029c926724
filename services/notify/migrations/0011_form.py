"""Whether the form went with an attempt, or why it stayed behind the link."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no form has ever gone with a mail before."""
    op.add_column("attempt", sa.Column("form", sa.Text(), nullable=True))
