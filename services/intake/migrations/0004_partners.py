"""Partners of the API, their tokens, keys and batches."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make nothing yet."""
