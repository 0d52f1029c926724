"""Finds a saved form by its link, and those whose time is over."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.database import Session
from services.intake import models
from services.intake.domain.saved import SavedForm, sending_key, token_digest


async def saved_form(session: Session, token: str, *, now: datetime) -> SavedForm | None:
    """Return the form that a link leads to; None where there is none, its time is over, or any browser has sent it.

    Whatever is sent leaves its sign in the transaction that keeps it: from then on no link opens it.
    """
    table, signs = models.saved_form, models.arrival_key
    row = await session.first(
        select(table).where(table.c.token_digest == token_digest(token), table.c.expires_at > now)
    )
    if row is None:
        return None
    found = SavedForm(row.id, await session.unseal_text(row.id, row.draft), row.expires_at)
    sent = select(signs.c.digest).where(signs.c.digest == sending_key(found.sending).digest)
    return None if await session.first(sent) else found


async def expired_forms(session: Session, *, now: datetime, limit: int = 500) -> tuple[UUID, ...]:
    """Return the oldest saved forms whose time is over."""
    table = models.saved_form
    found = select(table.c.id).where(table.c.expires_at <= now).order_by(table.c.expires_at).limit(limit)
    return tuple(row.id for row in await session.rows(found))
