"""Which version of a concern a notice told of, and by which version of the area's file an attempt went."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was written before this tells of no version, and stands for the newest."""
    op.add_column("notice", sa.Column("concern_version", sa.Integer(), nullable=True))
    op.add_column("attempt", sa.Column("area_version", sa.Text(), nullable=True))
