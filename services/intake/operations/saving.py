"""Mails links, to a form that is saved or to a referral's progress, keeps their digests, and ends them in time."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from chassis import audit, outbox
from chassis.database import Session
from contracts.intake.referrer import LinkDue, LinkPurpose
from services.intake import models
from services.intake.domain import LONDON, Practice, Reading
from services.intake.domain.saved import (
    LINKS_WITHIN,
    MOST_LINKS,
    PROGRESS_LINK_WORKS,
    TOKEN_BYTES,
    LinkTo,
    token_digest,
)
from services.intake.queries.progress import still_open
from services.intake.queries.references import by_reference


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


async def grant_progress(session: Session, reference: str, to: LinkTo, *, now: datetime) -> bool:
    """Have a link to the progress of a referral mailed, where the address is the one that the referral gave.

    Returns whether it was, which is for the tests: the page says the same either way. No more than MOST_LINKS are
    mailed for one referral in an hour.
    """
    access = models.progress_access
    row = await by_reference(session, reference)
    if row is None or row.referrer_email is None or row.reading == Reading.ERASED:
        return False
    known = await session.unseal_text(row.id, row.referrer_email)
    if not hmac.compare_digest(known.strip().casefold().encode(), to.email.strip().casefold().encode()):
        return False
    await session.lock(row.id)
    asked = select(func.count()).where(access.c.referral_id == row.id, access.c.asked_at > now - LINKS_WITHIN)
    if await session.scalar(asked) >= MOST_LINKS:
        return False
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {"token_digest": token_digest(token), "referral_id": row.id, "area": row.area}
    await session.execute(insert(access).values(values | {"asked_at": now, "expires_at": now + PROGRESS_LINK_WORKS}))
    link = LinkDue(
        due_at=now,
        purpose=LinkPurpose.PROGRESS,
        email=known,
        link=to.link(token),
        works_until=london_day(now + PROGRESS_LINK_WORKS),
        reference=row.reference,
        language=to.language,
    )
    about = outbox.About(row.id, row.area, row.area_version, row.correlation_id)
    await outbox.add(session, link, about=about)
    await audit.record(session, "progress.asked", subject=row.id, now=now, area=row.area)
    return True


async def use_progress_link(session: Session, token: str, *, now: datetime) -> UUID | None:
    """Use up a link; return the id of the referral that it opens, None where it is unknown, over or used already."""
    access = models.progress_access
    using = update(access).where(still_open(token, now)).values(used_at=now).returning(access.c.referral_id)
    row = await session.first(using)
    return row.referral_id if row else None


async def purge_progress_links(session: Session, *, now: datetime) -> None:
    """Forget links whose time is over."""
    await session.execute(delete(models.progress_access).where(models.progress_access.c.expires_at <= now))
