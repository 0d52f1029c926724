"""The clocks that are about what somebody owes: the ageing report finds them without reading all others."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the clocks of obligations, which are few among those of referrals."""
    owed = sa.text("about <> '00000000-0000-0000-0000-000000000000'")
    op.create_index("clock_about", "clock", ["about"], postgresql_where=owed)
