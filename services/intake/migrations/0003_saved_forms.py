"""Drafts of the web form that people save and return to."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table; a draft is about a person and belongs to the area that would take the referral."""
    op.create_table(
        "saved_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_digest"),
    )
    op.create_index("saved_form_expires", "saved_form", ["expires_at"])
    for statement in area_policy("saved_form"):
        op.execute(statement)
