"""What is known of the sender of a mail, and what was put into quarantine."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make nothing yet."""
