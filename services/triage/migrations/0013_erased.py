"""When a person was erased: their referral leaves every list, and is counted nowhere."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# The nil key is what an erasure has left until now; the register beside the outbox says when that was.
SINCE = """UPDATE referral SET erased_at = coalesce(
    (SELECT e.erased_at FROM erased_subject AS e WHERE e.subject = referral.subject), now())
    WHERE statistics_key = '00000000-0000-0000-0000-000000000000'"""
END_OBLIGATIONS = """UPDATE obligation SET ended_at = r.erased_at, ended_by = 'Erasure', state = 'cancelled'
    FROM referral AS r WHERE r.subject = obligation.subject AND r.erased_at IS NOT NULL AND ended_at IS NULL"""


def upgrade() -> None:
    """Add the moment, fill it for those erased before, end what is owed of them, and count without them."""
    op.add_column("referral", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(SINCE)
    op.execute(END_OBLIGATIONS)
    for table in ("assessment_draft", "begun_work"):
        op.execute(f"DELETE FROM {table} WHERE subject IN (SELECT subject FROM referral WHERE erased_at IS NOT NULL)")  # noqa: S608
    op.drop_index("referral_counted", "referral")
    counted = ["state", "area", "district", "next_due_at"]
    op.create_index("referral_counted", "referral", counted, postgresql_where=sa.text("erased_at IS NULL"))
