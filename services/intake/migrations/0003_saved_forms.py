"""Drafts of the web form that people save and return to."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make nothing yet."""
