"""What Channel reports that the bodies answered which it asked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from chassis.database import Session
from contracts.vocabulary.pack import GatheredInformation
from services.triage import models
from services.triage.queries import ChannelGathered


@dataclass(frozen=True)
class Reported:
    """That Channel has gathered the information, and when."""

    id: UUID
    subject: UUID
    area: str
    at: datetime


async def keep_gathered(session: Session, told: Reported, gathered: tuple[GatheredInformation, ...]) -> None:
    """Keep what each body answered, beside what Channel concludes from it; nothing where nobody was asked."""
    if not gathered:
        return
    row = {
        "id": told.id,
        "subject": told.subject,
        "area": told.area,
        "gathered_at": told.at,
        "sealed_gathered": await session.seal_model(told.subject, ChannelGathered(gathered=gathered)),
    }
    await session.execute(insert(models.channel_gathered).values(row))
