"""What the Dovetail team decides about a case."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Session
from services.channel.domain import TAKES, Command, Practice
from services.channel.operations.announcing import announce
from services.channel.operations.saving import Act, carry_out
from services.channel.operations.transferring import answer_offer


async def act_on_case(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Carry out a command of the team and announce it; whoever accepts a pack owns the risk from then on.

    A pack that brought the section 36 referral goes on to the panel: its information was gathered before. A pack that
    came from another panel is answered to that panel.
    """
    if act.command in TAKES:
        act = replace(act, record=replace(act.record, risk_owner=session.actor.name or session.actor.id))
    saved = await carry_out(session, subject, act, practice)
    await announce(session, saved, practice, act.now)
    await answer_offer(session, saved, act.now)
    if act.command is Command.ACCEPT and saved.before.situation.section_36_made:
        await carry_out(session, subject, Act(Command.TO_PANEL, act.now), practice)
