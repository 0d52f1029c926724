"""What was sent to whom, and what the daily count found."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make nothing yet."""
