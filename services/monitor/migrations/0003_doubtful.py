"""Which checkpoints are in doubt, noted as they come: finding them among a million kept ones took seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NOTE = """CREATE FUNCTION checkpoint_note_repeated() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.repeated := EXISTS (
        SELECT 1 FROM checkpoint AS kept WHERE kept.service = NEW.service AND kept.sequence = NEW.sequence
            AND (kept.entry_hash, kept.signature, kept.public_key)
                IS DISTINCT FROM (NEW.entry_hash, NEW.signature, NEW.public_key));
    RETURN NEW; END $$"""
NOTED = (
    "CREATE TRIGGER checkpoint_repeated BEFORE INSERT ON checkpoint "
    "FOR EACH ROW EXECUTE FUNCTION checkpoint_note_repeated()"
)
MARK_KEPT = """UPDATE checkpoint SET repeated = true WHERE EXISTS (
    SELECT 1 FROM checkpoint AS kept WHERE kept.service = checkpoint.service
        AND kept.sequence = checkpoint.sequence AND kept.id < checkpoint.id)"""


def upgrade() -> None:
    """Add the mark and its index; the owner alone may mark those that are kept already."""
    op.add_column("checkpoint", sa.Column("repeated", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.execute("ALTER TABLE checkpoint DISABLE TRIGGER checkpoint_change")
    op.execute(MARK_KEPT)
    op.execute("ALTER TABLE checkpoint ENABLE TRIGGER checkpoint_change")
    in_doubt = sa.text("NOT signed OR repeated")
    op.create_index("checkpoint_doubtful", "checkpoint", ["service", "sequence"], postgresql_where=in_doubt)
    for statement in (NOTE, NOTED):
        op.execute(statement)
