"""What the outcome analysis counts is read from indexes alone: how cases were closed, and what the panel decided."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes."""
    op.create_index(
        "closing_report_counted",
        "closing_report",
        ["completed_at"],
        unique=False,
        postgresql_include=["outcome", "area"],
    )
    op.create_index(
        "panel_decision_counted",
        "panel_decision",
        ["command", "decided_at"],
        unique=False,
        postgresql_include=["reason_kind", "area"],
    )
