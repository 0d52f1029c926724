"""Opening a sealed text."""

from uuid import UUID

from chassis.database import Session


async def text_of(session: Session, subject: UUID, sealed: bytes | None) -> str:
    """Return a sealed text, nothing where there is none or it has been erased."""
    return await session.unseal_text(subject, sealed) if sealed else ""
