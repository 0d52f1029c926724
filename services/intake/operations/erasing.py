"""Deletes what sealing does not cover when a subject, or only its original, is erased; says who holds the same mail."""

from uuid import UUID, uuid4

from sqlalchemy import delete, select, update

from chassis import outbox
from chassis.database import Session
from chassis.erasing import StillHeld
from services.intake import models
from services.intake.domain import STILL_OPEN, Reading
from services.intake.domain.same_mail import ORIGINAL_ERASED, OriginalStillNeeded
from services.intake.operations.likening import forget_likeness
from services.intake.operations.partners import leave_signs
from services.intake.operations.setting_aside import forget_aside
from services.intake.queries.same_mail import mail_members

referral = models.referral


async def erase_subject(session: Session, erased: UUID) -> tuple[StillHeld, ...]:
    """Remove the listed columns and rows of a referral, or of one whose original alone is erased.

    Returns the referrals out of the same mail whose original, that whole mail, still holds an erased person's words.
    """
    theirs = await session.first(select(referral.c.id).where(referral.c.document_id == erased))
    if theirs is not None:
        await _forget_original(session, theirs.id)
    else:
        await _forget_referral(session, erased)
    return await _still_held(session, erased)


async def may_erase_original(session: Session, document_id: UUID) -> None:
    """Raise OriginalStillNeeded where nobody has completed the referral of this original yet."""
    row = await session.first(select(referral).where(referral.c.document_id == document_id))
    if row is not None and row.reading in STILL_OPEN:
        message = (
            f"Nobody has completed {row.reference} yet, and its original is all there is of it: complete it first."
        )
        raise OriginalStillNeeded(message)


async def _forget_referral(session: Session, subject: UUID) -> None:
    """Empty and delete what is listed of a referral; the chassis deletes its key, documents and outbox bodies.

    The statistics key goes as well: the facts that were counted under it then link to nobody. An original that still
    waited to be read waits no longer: there is nothing left to read.
    """
    version = models.referral_version
    found = select(referral.c.statistics_key).where(referral.c.id == subject)
    keys = [row.statistics_key for row in await session.rows(found)]
    await outbox.cut_statistics(session, keys, beside=subject)
    await session.execute(delete(models.saved_form).where(models.saved_form.c.id == subject))
    await leave_signs(session, subject)
    for table in (
        models.progress_access,
        models.arrival_key,
        models.partner_referral,
        models.quarantined,
        models.sender_evidence,
        models.unreached,
    ):
        await session.execute(delete(table).where(table.c.referral_id == subject))
    await forget_likeness(session, subject)
    await forget_aside(session, subject)
    emptied = {"referrer_email": None, "statistics_key": uuid4(), "unread_reason": "", "reading": str(Reading.ERASED)}
    await session.execute(update(referral).where(referral.c.id == subject).values(emptied))
    await session.execute(
        update(version).where(version.c.referral_id == subject).values(form=None, found=None, addition=None)
    )


async def _forget_original(session: Session, referral_id: UUID) -> None:
    """Empty what was taken down from an original beside the form: its texts, and the names of files in quarantine."""
    version, quarantined = models.referral_version, models.quarantined
    await session.execute(update(version).where(version.c.referral_id == referral_id).values(found=None))
    await session.execute(update(quarantined).where(quarantined.c.referral_id == referral_id).values(name=None))
    # Only a restored database can bring one back that is open: there is nothing left to read.
    unread = {"reading": str(Reading.UNREAD), "unread_reason": ORIGINAL_ERASED}
    still_open = (referral.c.id == referral_id) & referral.c.reading.in_(STILL_OPEN)
    await session.execute(update(referral).where(still_open).values(unread))


async def _still_held(session: Session, erased: UUID) -> tuple[StillHeld, ...]:
    """Return who else holds the mail in which somebody was erased; once nobody does, who came in it is forgotten."""
    members = await mail_members(session, erased)
    holders = [each for each in members if each.held and not each.mine]
    if not holders:
        same = models.same_mail
        await session.execute(delete(same).where(same.c.first_id.in_([each.referral_id for each in members])))
    if all(each.reading is not Reading.ERASED for each in members):
        return ()
    return tuple(StillHeld(each.referral_id, each.reference, each.document_id, each.needed) for each in holders)
