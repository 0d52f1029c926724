"""The type of concern that an officer chose: of a referral as it is now, and of each decision as it was made."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; nothing was chosen before."""
    for table in ("referral", "decision"):
        op.add_column(table, sa.Column("sealed_concern", sa.LargeBinary(), nullable=True))
