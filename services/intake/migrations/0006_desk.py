"""Who works on what at the desk, and which referrals a person linked."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make nothing yet."""
