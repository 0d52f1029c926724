"""A case that was given back comes back: the police did not take it, so it stands where it stood."""

from datetime import datetime
from uuid import UUID

from chassis.database import Session
from services.channel import queries
from services.channel.domain import Command, Practice, Record, State
from services.channel.operations.saving import Act, carry_out
from services.channel.operations.transferring import go_on


async def hear_returned(session: Session, subject: UUID, reason: str, practice: Practice, now: datetime) -> None:
    """Let a case go on that the police did not take back; its clocks have run on, and its risk owner never changed.

    What comes when the case waits for the police no more is kept in the history and changes nothing.
    """
    await session.lock(subject)
    waits = (await queries.held(session, subject)).situation.state is State.GIVEN_BACK
    words = reason if waits else f"The police returned the case: {reason}\n\nIt did not wait for them any more."
    command = Command.RETURNED_BACK if waits else Command.NOTE
    await carry_out(session, subject, Act(command, now, Record(reason=words)), practice)
    if waits:
        await go_on(session, subject, practice, now)
