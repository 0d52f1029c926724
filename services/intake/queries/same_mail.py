"""Which referrals came in one mail, each holding the whole of it, and what an erasure among them has left."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import Session
from services.intake.domain import Reading
from services.intake.domain.same_mail import Member, SameMail

_MEMBERS = text(
    """WITH mine AS (
        SELECT CAST(:id AS uuid) AS id UNION SELECT subject FROM document WHERE id = :id
    ), mail AS (
        SELECT first_id FROM same_mail JOIN mine ON mine.id IN (first_id, referral_id)
    ), member AS (
        SELECT first_id AS id FROM mail UNION SELECT referral_id FROM same_mail JOIN mail USING (first_id)
    )
    SELECT referral.id, referral.reference, referral.reading, referral.document_id,
        referral.id IN (SELECT id FROM mine) AS mine, document.body <> '' AS held
    FROM member JOIN referral USING (id) JOIN document ON document.id = referral.document_id
    ORDER BY referral.received_at, referral.reference"""
)
_ERASED_AT = text(
    """SELECT erased.erased_at FROM referral JOIN erased_subject AS erased ON erased.subject = referral.document_id
    WHERE referral.id = :id"""
)


async def mail_members(session: Session, referral_or_original: UUID) -> tuple[Member, ...]:
    """Return every referral out of the same mail as this one, or as the one of this original; nothing for one alone."""
    return tuple(
        Member(row.id, row.reference, row.document_id, Reading(row.reading), row.mine, row.held)
        for row in await session.rows(_MEMBERS, {"id": referral_or_original})
    )


async def same_mail_of(session: Session, referral_id: UUID) -> SameMail:
    """Return what is to be said of the mail that a referral came in."""
    members = await mail_members(session, referral_id)
    return SameMail(
        holders=tuple(each.reference for each in members if each.held and not each.mine),
        erased=tuple(each.reference for each in members if each.reading is Reading.ERASED and not each.mine),
        original_erased_at=await session.scalar(_ERASED_AT, {"id": referral_id}),
    )
