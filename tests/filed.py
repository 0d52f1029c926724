"""Documents of one referral under the names that intake gives them, and how pages tell them apart."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis import documents
from chassis.actor import Actor
from chassis.runtime import Runtime

CAME = datetime(2026, 11, 18, 7, tzinfo=UTC)
NAMES = (
    ("message.eml", "message/rfc822"),
    ("message.eml", "message/rfc822"),
    ("Sample Synthetic.docx", "application/octet-stream"),
    ("message.eml", "message/rfc822"),
)
TOLD_APART = (
    "Original email from the referrer",
    "Later email from the referrer, 1 of 2",
    "Later email from the referrer, 2 of 2",
    "File from the referrer",
    "Named by the sender: Sample Synthetic.docx",
)
SAVED_AS = (
    "KM-7F3K-92QM-1-original-email-from-the-referrer.eml",
    "KM-7F3K-92QM-2-later-email-from-the-referrer.eml",
    "KM-7F3K-92QM-3-file-from-the-referrer.docx",
    "KM-7F3K-92QM-4-later-email-from-the-referrer.eml",
)


async def filed_under(runtime: Runtime, service: str, subject: UUID) -> tuple[UUID, ...]:
    """Keep a mail, two later ones and a file of a referral, as the inbox does; return their ids in that order."""
    async with runtime.database.transaction(Actor.service(service)) as session:
        kept = [
            await documents.store(
                session,
                subject=subject,
                area="kent-and-medway",
                name=name,
                media_type=media_type,
                body=b"x",
                now=CAME + timedelta(days=day),
            )
            for day, (name, media_type) in enumerate(NAMES)
        ]
    return tuple(each.id for each in kept)


async def erased_alone(runtime: Runtime, service: str, document_id: UUID) -> None:
    """Erase one document, as with another person in the same mail."""
    async with runtime.database.transaction(Actor.operator("oscar")) as session:
        await documents.erase(session, document_id)
