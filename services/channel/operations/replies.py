"""Which operation keeps what comes back by a link, by what was asked."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from chassis.database import Session
from contracts.vocabulary import AskKind
from services.channel.domain import Practice
from services.channel.operations.asking import Answered, Reply, Seen, Undelivered, hear_reply, note_undelivered
from services.channel.operations.giving_way import give_way
from services.channel.operations.inviting import invitation_answered, invitation_undelivered
from services.channel.operations.obligations import obligation_answered, obligation_seen
from services.channel.operations.packs import pack_seen
from services.channel.operations.shortfalls import session_answered, session_seen
from services.channel.operations.transferring import transfer_answered, transfer_seen

ANSWERED: Mapping[AskKind, Answered] = {
    AskKind.INFORMATION: obligation_answered,
    AskKind.ACTION: obligation_answered,
    AskKind.SIGNPOST: obligation_answered,
    AskKind.CONSENT_CHANGE: obligation_answered,
    AskKind.SESSION: session_answered,
    AskKind.TRANSFER: transfer_answered,
}
SEEN: Mapping[AskKind, Seen] = {
    AskKind.INFORMATION: obligation_seen,
    AskKind.ACTION: obligation_seen,
    AskKind.SIGNPOST: obligation_seen,
    AskKind.CONSENT_CHANGE: obligation_seen,
    AskKind.SESSION: session_seen,
    AskKind.TRANSFER: transfer_seen,
    AskKind.PACK: pack_seen,
}


async def hear_answer(session: Session, subject: UUID, reply: Reply, practice: Practice, now: datetime) -> None:
    """Hand what came back to what it is about: an invitation, which may belong to no case, or something of a case."""
    await session.lock(subject)
    if reply.kind is AskKind.INVITATION:
        # A guest's answer holds their case, and now needs the meeting, which others hold before its cases.
        await give_way(session)
        await invitation_answered(session, reply, practice, now)
        return
    await hear_reply(session, subject, reply, (ANSWERED, practice), now)


async def hear_undelivered(
    session: Session, subject: UUID, told: Undelivered, practice: Practice, now: datetime
) -> None:
    """Say where somebody looks that a mail with a link did not arrive: beside the invitation, or in the case."""
    await session.lock(subject)
    if told.kind is AskKind.INVITATION:
        await invitation_undelivered(session, told)
        return
    await note_undelivered(session, subject, told, practice, now)
