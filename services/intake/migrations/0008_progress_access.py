"""The second factor of the progress page."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make nothing yet."""
