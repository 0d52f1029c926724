"""What the police hold for one person stands once for each area: a panel that took a case over is told it too."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the same reference of a person stand in several areas."""
    op.drop_constraint("same_person_pkey", "same_person", type_="primary")
    op.create_primary_key("same_person_pkey", "same_person", ["person", "reference", "area"])
