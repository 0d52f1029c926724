"""Who at the desk made a form in a mail a referral of its own, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Keep the officer, "" where the software parted the mail, and the moment, unknown for what was parted before."""
    op.add_column("same_mail", sa.Column("made_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("same_mail", sa.Column("made_by", sa.Text(), nullable=False, server_default=""))
    op.alter_column("same_mail", "made_by", server_default=None)
