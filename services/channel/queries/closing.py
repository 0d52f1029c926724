"""How a case was closed, in the words that statistics count."""

from uuid import UUID

from sqlalchemy import select

from chassis.database import Session
from services.channel import models
from services.channel.domain import Command


async def closing_outcome(session: Session, subject: UUID) -> str:
    """Return how the panel last decided to close a case; empty where it never did."""
    table = models.panel_decision
    closing = select(table.c.outcome).where(table.c.subject == subject, table.c.command == Command.PANEL_CLOSE)
    return str(await session.scalar(closing.order_by(table.c.decided_at.desc()).limit(1)) or "")
