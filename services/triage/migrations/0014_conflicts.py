"""Where a conflict stands: the intelligence unit finds it in its queue, whoever has the referral by now."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the clocks of conflicts that are not cleared, which are few among all that run."""
    standing = sa.text("stopped_at IS NULL AND name = 'conflict-review'")
    op.create_index("clock_conflict", "clock", ["due_at"], postgresql_where=standing)
