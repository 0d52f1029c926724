"""Erasing a person from Channel: what deleting the subject's key does not reach."""

from uuid import UUID

from sqlalchemy import select, update

from chassis import outbox
from chassis.database import Session
from services.channel import models


async def erase_subject(session: Session, subject: UUID) -> None:
    """Empty the sealed columns (the key is deleted by the chassis) and cut the way to the statistics key."""
    await session.lock(subject)
    case, pack, history = models.case_file, models.pack, models.history
    # The nil key leads nowhere: what statistics hold can no longer be joined to this case.
    found = select(case.c.statistics_key).where(case.c.subject == subject)
    await outbox.cut_statistics(session, [row.statistics_key for row in await session.rows(found)])
    emptied = {"sealed_summary": None, "statistics_key": UUID(int=0)}
    await session.execute(update(case).where(case.c.subject == subject).values(emptied))
    sealed = {"sealed_form": b"", "sealed_rationale": b"", "sealed_grounds": None}
    await session.execute(update(pack).where(pack.c.subject == subject).values(sealed))
    await session.execute(update(history).where(history.c.subject == subject).values(sealed_note=None))
