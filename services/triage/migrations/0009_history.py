"""History only grows, and no referral is ever without a risk owner: the database itself refuses anything else."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEPT = "id, subject, area, row_version, command, from_state, to_state, risk_owner, by_id, by_name, at"
REFUSE = """CREATE FUNCTION history_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'Lines of history are only added; erasing a person empties the note and nothing else.'
    USING ERRCODE = 'insufficient_privilege';
END $$"""


def upgrade() -> None:
    """Let a line of history lose its note when a person is erased, and nothing else; refuse an empty risk owner."""
    before, after = (", ".join(f"{row}.{name}" for name in KEPT.split(", ")) for row in ("OLD", "NEW"))
    changed = f"NEW.sealed_note IS NOT NULL OR ROW({before}) IS DISTINCT FROM ROW({after})"
    refusing = "FOR EACH ROW {}EXECUTE FUNCTION history_refuse()"
    op.execute(REFUSE)
    op.execute("CREATE TRIGGER history_delete BEFORE DELETE ON history " + refusing.format(""))
    op.execute("CREATE TRIGGER history_update BEFORE UPDATE ON history " + refusing.format(f"WHEN ({changed}) "))
    for table in ("referral", "history"):
        op.create_check_constraint(f"{table}_risk_owner", table, "risk_owner ~ '[^[:space:]]'")
