"""Work begun belongs to a page and not to a decision alone, and an action to an officer by id."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Until now only the pages of decisions kept what was begun, one for each command.
ADDRESSES = """UPDATE begun_work SET id = gen_random_uuid(), officer_name = begun_work.officer_id,
    address = '/referrals/' || referral.reference || '/decision/' || begun_work.command
    FROM referral WHERE referral.subject = begun_work.subject"""
NAMES = "UPDATE begun_work SET officer_name = officer.name FROM officer WHERE officer.id = begun_work.officer_id"
# What belongs to no referral that is here can be shown to nobody.
STRAYS = "DELETE FROM begun_work WHERE id IS NULL"


def upgrade() -> None:
    """Give what is begun an id, the address of its page and its officer's name; an obligation, its officer's id."""
    for name, kind in (("id", sa.Uuid()), ("officer_name", sa.Text()), ("address", sa.Text())):
        op.add_column("begun_work", sa.Column(name, kind, nullable=True))
    for statement in (ADDRESSES, NAMES, STRAYS):
        op.execute(statement)
    for name in ("id", "officer_name", "address"):
        op.alter_column("begun_work", name, nullable=False)
    op.drop_constraint("begun_work_pkey", "begun_work", type_="primary")
    op.create_primary_key("begun_work_pkey", "begun_work", ["id"])
    each = ["officer_id", "subject", "address"]
    op.create_index("begun_work_of_officer", "begun_work", each, unique=True)
    op.add_column("obligation", sa.Column("owner_id", sa.Text(), nullable=True))
    owed = sa.text("ended_at IS NULL")
    op.create_index("obligation_owner_id", "obligation", ["owner_id"], unique=False, postgresql_where=owed)
