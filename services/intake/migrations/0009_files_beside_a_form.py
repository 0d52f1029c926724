"""Files that came beside a form and wait for the reading room, found without looking at the others."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the index that the reading room asks in each round."""
    op.create_index(
        "quarantined_being_examined",
        "quarantined",
        ["referral_id"],
        postgresql_where=sa.text("reason = 'being-examined'"),
    )
