"""What notify empties when a subject is erased: everything that the deleted key does not already make unreadable."""

from uuid import UUID

from sqlalchemy import delete, or_, select, update

from chassis.database import Session
from services.notify.models import (
    acknowledgement,
    ask,
    ask_answer,
    ask_code,
    concern,
    notice,
    same_person,
    signpost,
    transfer,
)


async def erase_subject(session: Session, subject: UUID) -> None:
    """Delete a subject's notices with their attempts, and empty what was sealed.

    The demonstration's mail folder follows within a minute: mails without a notice are removed (jobs.py).
    """
    await session.execute(delete(notice).where(notice.c.subject == subject))
    await session.execute(update(concern).where(concern.c.subject == subject).values(facts_sealed=None))
    for table in (signpost, transfer):
        await session.execute(update(table).where(table.c.subject == subject).values(message_sealed=None))
    asked = select(ask.c.id).where(ask.c.subject == subject)
    await session.execute(delete(ask_code).where(ask_code.c.ask_id.in_(asked)))
    emptied = {"asked_sealed": None, "content_sealed": None, "draft_sealed": None, "remind_at": None, "chase_at": None}
    await session.execute(update(ask).where(ask.c.subject == subject).values(emptied))
    await session.execute(
        update(ask_answer).where(ask_answer.c.subject == subject).values(by_sealed=None, words_sealed=None)
    )
    own = select(concern.c.reference).where(concern.c.subject == subject)
    of_the_person = or_(same_person.c.person == subject, same_person.c.reference.in_(own))
    await session.execute(delete(same_person).where(of_the_person))
    await session.execute(
        update(acknowledgement)
        .where(acknowledgement.c.subject == subject)
        .values(by_sealed=None, report_sealed=None, done_sealed=None)
    )
