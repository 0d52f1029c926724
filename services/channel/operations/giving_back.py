"""How the police answer what was given back: by whoever takes it, or by letting it stand where it stood."""

from datetime import datetime
from uuid import UUID

from chassis.database import Session
from services.channel import queries
from services.channel.domain import Command, Practice, Record, State
from services.channel.operations.arriving import TAKER
from services.channel.operations.saving import Act, carry_out, change
from services.channel.operations.transferring import go_on


async def hear_taken(session: Session, subject: UUID, taker: str, practice: Practice, now: datetime) -> None:
    """End a case that was given back and that an officer took, who owns its risk from now on.

    Where the decision came first, which names nobody, the officer is named now.
    """
    await session.lock(subject)
    found = (await queries.held(session, subject)).situation
    if found.state is State.GIVEN_BACK:
        await carry_out(session, subject, Act(Command.TAKEN_BACK, now, Record(risk_owner=taker)), practice)
    elif found.state is State.TAKEN_BACK and found.risk_owner == TAKER:
        await change(session, subject, {"risk_owner": taker})
        named = Record(reason=f"{taker} took the case back and is its risk owner.")
        await carry_out(session, subject, Act(Command.NOTE, now, named), practice)


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
