"""What social care did about the concern of a case is written in its history; nothing follows from it by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Session
from contracts.vocabulary import SocialCareDone
from services.channel.domain import CaseNotFound, Command, Practice, Record
from services.channel.operations.saving import Act, carry_out

SAID: Mapping[SocialCareDone, str] = {
    SocialCareDone.ASSESSED: "Social care has assessed it.",
    SocialCareDone.ALREADY_OPEN: "It is already open to social care.",
    SocialCareDone.NO_FURTHER_ACTION: "Social care takes no further action.",
    SocialCareDone.REFERRED_ON: "Social care has referred it on.",
}


@dataclass(frozen=True)
class SocialCareWord:
    """What the front door reported: one of four, its words, and who says so."""

    done: SocialCareDone
    report: str
    by: str


async def hear_social_care(
    session: Session, subject: UUID, said: SocialCareWord, practice: Practice, now: datetime
) -> None:
    """Write in the history of the case what social care did, with who says so; without a case nobody is told here."""
    words = f"{SAID[said.done]} {said.report} ({said.by})"
    try:
        await carry_out(session, subject, Act(Command.SOCIAL_CARE_SAID, now, Record(reason=words)), practice)
    except CaseNotFound:
        return
