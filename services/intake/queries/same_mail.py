"""Which referrals came in one mail, each holding the whole of it, and what an erasure among them has left."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import Session
from contracts.vocabulary import VersionMaker
from services.intake.domain import Found, Reading, ShownText
from services.intake.domain.same_mail import BY_DESK, Division, Member, SameMail

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
_FIRST = text(
    """SELECT referral.id, referral.reference FROM referral
    WHERE id = coalesce((SELECT first_id FROM same_mail WHERE referral_id = :id), :id)"""
)
_DIVISIONS = text(
    """SELECT referral.reference, made_by, made_at FROM same_mail JOIN referral ON referral.id = same_mail.referral_id
    WHERE first_id = :id AND place >= :by_desk ORDER BY place"""
)
_READ = text(
    """SELECT found FROM referral_version WHERE referral_id = :id AND made_by = :by AND found IS NOT NULL
    ORDER BY version DESC"""
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


async def divisions_of(session: Session, first_id: UUID) -> tuple[Division, ...]:
    """Return what the desk has made of the mail that this referral came in first, in the order of making."""
    found = await session.rows(_DIVISIONS, {"id": first_id, "by_desk": BY_DESK})
    return tuple(Division(row.reference, row.made_by, row.made_at) for row in found)


async def first_of_mail(session: Session, referral_id: UUID) -> UUID:
    """Return the referral as which the mail of this one came in: itself, unless it was parted from another."""
    return UUID(str((await session.rows(_FIRST, {"id": referral_id}))[0].id))


async def texts_of_mail(session: Session, first_id: UUID) -> tuple[ShownText, ...]:
    """Return the texts of the mail that a referral came in first, where they were kept for the desk.

    What its referrer sent later is none of it: the software reads the original, and what is added is the referrer's.
    """
    for row in await session.rows(_READ, {"id": first_id, "by": str(VersionMaker.SOFTWARE)}):
        found = Found.from_json(await session.unseal_text(first_id, row.found))
        if found.texts:
            return found.texts
    return ()


async def same_mail_of(session: Session, referral_id: UUID) -> SameMail:
    """Return what is to be said of the mail that a referral came in."""
    members = await mail_members(session, referral_id)
    first = (await session.rows(_FIRST, {"id": referral_id}))[0]
    return SameMail(
        first=first.reference,
        divisions=await divisions_of(session, first.id),
        holders=tuple(each.reference for each in members if each.held and not each.mine),
        erased=tuple(each.reference for each in members if each.reading is Reading.ERASED and not each.mine),
        original_erased_at=await session.scalar(_ERASED_AT, {"id": referral_id}),
    )
