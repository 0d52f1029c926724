"""What social care did about the concern of a referral is written in its history; nothing follows from it by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Session
from contracts.vocabulary import SocialCareDone
from services.triage.domain import Command, Practice, Record
from services.triage.operations.saving import Act, carry_out

DONE: Mapping[SocialCareDone, str] = {
    SocialCareDone.ASSESSED: "Assessed",
    SocialCareDone.ALREADY_OPEN: "Already open to social care",
    SocialCareDone.NO_FURTHER_ACTION: "No further action",
    SocialCareDone.REFERRED_ON: "Referred on",
}


@dataclass(frozen=True)
class SocialCareSaid:
    """What the front door reported: one of four, its words, and who says so."""

    done: SocialCareDone
    report: str
    by: str


async def note_social_care(
    session: Session, subject: UUID, said: SocialCareSaid, practice: Practice, now: datetime
) -> None:
    """Write in the history what social care did, with who says so."""
    words = f"{DONE[said.done]}. {said.report} ({said.by})"
    await carry_out(session, subject, Act(Command.SOCIAL_CARE_SAID, now, Record(rationale=words)), practice)
