"""Keeps a form that is not sent yet under a link that its writer is mailed, and forgets it when its time is over."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, insert

from chassis import audit, outbox
from chassis.clock import LONDON
from chassis.database import Session
from contracts.intake.referrer import LinkDue, LinkPurpose
from services.intake import models
from services.intake.domain import Practice
from services.intake.domain.saved import TOKEN_BYTES, LinkTo, token_digest


async def save_form(
    session: Session, draft: str, to: LinkTo, practice: Practice, *, expires_at: datetime, now: datetime
) -> UUID:
    """Keep a draft sealed under a key of its own, and have its link mailed; return its id.

    Only the digest of the link is kept; the address is in the sealed part of the event and nowhere else.
    """
    token, saved_id = secrets.token_urlsafe(TOKEN_BYTES), await session.new_subject()
    values = {
        "id": saved_id,
        "area": practice.area,
        "token_digest": token_digest(token),
        "draft": await session.seal(saved_id, draft),
        "saved_at": now,
        "expires_at": expires_at,
    }
    await session.execute(insert(models.saved_form).values(values))
    link = LinkDue(
        due_at=now,
        purpose=LinkPurpose.SAVED_FORM,
        email=to.email,
        link=to.link(token),
        works_until=london_day(expires_at),
        language=to.language,
    )
    await outbox.add(session, link, about=outbox.About(saved_id, practice.area, practice.version))
    await audit.record(session, "form.saved", subject=saved_id, now=now, area=practice.area)
    return saved_id


async def forget_saved_forms(session: Session, saved: Sequence[UUID], *, now: datetime, reason: str) -> int:
    """Delete drafts whose keys are deleted already: sent, withdrawn, saved again, or too old; return how many."""
    table = models.saved_form
    gone = await session.rows(delete(table).where(table.c.id.in_(saved)).returning(table.c.id, table.c.area))
    for row in gone:
        await audit.record(session, "form.forgotten", subject=row.id, now=now, area=row.area, reason=reason)
    return len(gone)


def london_day(moment: datetime) -> date:
    """Return the London day of a moment."""
    return moment.astimezone(LONDON).date()
