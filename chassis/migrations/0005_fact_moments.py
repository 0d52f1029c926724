"""Facts by their moment, so that an erasure finds those beside a subject's events without reading the whole outbox."""

from alembic import op
from sqlalchemy import text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FACTS = text("topic IN ('channel.statistics.v1', 'intake.statistics.v1', 'triage.statistics.v1')")


def upgrade() -> None:
    """Add the indexes, over facts alone."""
    op.create_index("outbox_fact_moment", "outbox", ["recorded_at"], postgresql_where=FACTS)
    op.create_index("dispatch_fact_moment", "dispatch", ["recorded_at"], postgresql_where=FACTS)
