"""Social care says what it did about a concern: the police are told, and Channel of its case; it may say so again."""

from datetime import datetime
from uuid import UUID

from chassis import audit, outbox
from chassis.database import Session
from chassis.outbox import About
from contracts.notify.channel import SocialCareReported
from contracts.notify.police import ConcernReported
from contracts.vocabulary import Outcome, SocialCareDone
from services.notify.domain import NotAcknowledged
from services.notify.operations.answering import Answer, Answered, keep_answer, own_concern


async def report_concern(
    session: Session, subject: UUID, answer: Answer, done: SocialCareDone, *, now: datetime
) -> None:
    """Keep what the front door did about a concern, and tell the police, and Channel where it has accepted the case.

    Raises ConcernAbsent, and NotAcknowledged while the newest version waits for its acknowledgement.
    """
    row = await own_concern(session, subject, answer.reach)
    if row.acknowledged_version is None or row.acknowledged_version < row.version:
        raise NotAcknowledged
    report = answer.report.strip()
    await keep_answer(session, row, Answered("concern", subject, report, row.version, done=str(done)), now=now)
    by = ", ".join(part for part in (session.actor.name, session.actor.organisation) if part)
    facts = {"reference": row.reference, "reported_at": now, "reported_by": by, "report": report}
    about = About(row.subject, row.area, row.area_version, None, row.event_ids[-1])
    await outbox.add(session, ConcernReported(done=done, **facts), about=about)
    if row.channel_answer == Outcome.PACK_ACCEPTED:
        await outbox.add(session, SocialCareReported(done=done, **facts), about=about)
    await audit.record(session, "concern.report", subject=subject, now=now, area=row.area)
