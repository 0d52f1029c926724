"""The search among people reads its index and nothing else; a look that failed is put off, and the others go on."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# The policy of areas asks every row for its area: with it in the index, a key that thousands have costs a page or two,
# and not as many pages of the table as there are rows.
WITH_AREA = "ALTER TABLE person_key ADD CONSTRAINT person_key_pkey PRIMARY KEY (key, subject) INCLUDE (area)"


def upgrade() -> None:
    """Put the area into the index of keys, count looks that failed, and drop what nothing reads."""
    op.drop_constraint("person_key_pkey", "person_key", type_="primary")
    op.execute(WITH_AREA)
    op.add_column("person_referral", sa.Column("failed_looks", sa.Integer(), nullable=True))
    op.add_column("person_referral", sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_column("person_merge", "joined_person")
