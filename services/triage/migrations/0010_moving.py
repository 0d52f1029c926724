"""Every line of history says under which version of the area's practice the referral stands from then on."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEPT = "id, subject, area, area_version, row_version, command, from_state, to_state, risk_owner, by_id, by_name, at"


def upgrade() -> None:
    """Give each line the version of its referral, which none has left until now; find running ones by theirs."""
    op.execute("DROP TRIGGER history_update ON history")
    op.add_column("history", sa.Column("area_version", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE history SET area_version = referral.area_version FROM referral WHERE referral.subject = history.subject"
    )
    op.alter_column("history", "area_version", server_default=None)
    before, after = (", ".join(f"{row}.{name}" for name in KEPT.split(", ")) for row in ("OLD", "NEW"))
    changed = f"NEW.sealed_note IS NOT NULL OR ROW({before}) IS DISTINCT FROM ROW({after})"
    refusing = f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION history_refuse()"
    op.execute("CREATE TRIGGER history_update BEFORE UPDATE ON history " + refusing)
    op.create_index(
        "referral_practice",
        "referral",
        ["area", "area_version", "received_at", "subject"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('closed', 'withdrawn', 'transferred')"),
    )
