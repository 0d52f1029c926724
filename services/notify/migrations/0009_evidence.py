"""What comes back of a notice, and by when somebody should have answered it."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, visible by area only, and the moments of a notice."""
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("report_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("evidence_notice", "evidence", ["notice_id", "at"])
    op.create_index(
        "evidence_once",
        "evidence",
        ["notice_id", "digest"],
        unique=True,
        postgresql_where=sa.text("digest IS NOT NULL"),
    )
    for statement in area_policy("evidence"):
        op.execute(statement)
    for name in ("answer_by", "silent_at"):
        op.add_column("notice", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "notice_unanswered",
        "notice",
        ["answer_by"],
        postgresql_where=sa.text(
            "state = 'sent' AND silent_at IS NULL AND kind IN ('signpost-made', 'transfer-offered')"
        ),
    )
