"""The police may end a signpost or call a transfer back: no answer is needed any more."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep when; what waits is asked for without them."""
    op.add_column("signpost", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("transfer", sa.Column("called_back_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("signpost_open", "signpost")
    op.drop_index("transfer_open", "transfer")
    waiting = sa.text("reported_at IS NULL AND ended_at IS NULL")
    op.create_index("signpost_open", "signpost", ["made_at"], postgresql_where=waiting)
    waiting = sa.text("answered_at IS NULL AND called_back_at IS NULL")
    op.create_index("transfer_open", "transfer", ["offered_at"], postgresql_where=waiting)
