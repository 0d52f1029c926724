"""The clocks of single obligations by when they run out: the list of what is owed reads no more than it shows."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index over the clocks that run."""
    running = sa.text(f"stopped_at IS NULL AND about <> '{UUID(int=0)}'")
    op.create_index("clock_owed", "clock", ["due_at", "about"], unique=False, postgresql_where=running)
