"""What the police hand to the Dovetail team with identity: the pack."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import DocumentReference, Event
from contracts.vocabulary.assessment import Assessment
from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY
from contracts.vocabulary.form import ReferralForm
from contracts.vocabulary.pack import ChronologyLine, GatheredInformation, Sharing

TOPIC = "triage.dovetail.v1"


class PackOffered(Event):
    """Fields of every pack: who, why, and what was found; the giver stays risk owner until it is accepted."""

    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    offered_at: Annotated[datetime, LINKING]
    form: Annotated[ReferralForm, IDENTITY]
    rationale: Annotated[str, SPECIAL_CATEGORY]
    decided_by: Annotated[str, POLICE]
    risk_owner: Annotated[str, POLICE]
    immediate_danger: Annotated[bool, OPERATIONAL]
    documents: Annotated[tuple[DocumentReference, ...], IDENTITY] = ()
    statistics_key: Annotated[UUID, LINKING]
    assessment: Annotated[Assessment | None, SPECIAL_CATEGORY] = None
    gathered: Annotated[tuple[GatheredInformation, ...], SPECIAL_CATEGORY] = ()
    chronology: Annotated[tuple[ChronologyLine, ...], SPECIAL_CATEGORY] = ()
    shared: Annotated[tuple[Sharing, ...], LINKING] = ()
    offer_id: Annotated[UUID | None, LINKING] = None


class PassedForInformationGathering(PackOffered):
    """Sent when the Gateway passes a referral to the local authority that gathers information in this area."""

    wire_type: ClassVar[str] = "triage.passed-for-information-gathering.v1"


class Section36ReferralMade(PackOffered):
    """Sent when the chief officer's delegate refers a person to the panel (CTSA 2015 s.36(3))."""

    wire_type: ClassVar[str] = "triage.section-36-referral-made.v1"

    grounds: Annotated[str, SPECIAL_CATEGORY]


class ReferralCorrected(Event):
    """Sent when the police have found that something they passed on was wrong; it stays marked so everywhere."""

    wire_type: ClassVar[str] = "triage.referral-corrected.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    corrected_at: Annotated[datetime, LINKING]
    corrected_by: Annotated[str, POLICE]
    kind: Annotated[str, OPERATIONAL]
    correction: Annotated[str, SPECIAL_CATEGORY]


class PackWithdrawn(Event):
    """Sent when the police take back a pack before they have handled its acceptance: nobody acts on it any more.

    Says whom to speak to and nothing of why; `risk_owner` is the police's, who never stopped being it.
    """

    wire_type: ClassVar[str] = "triage.pack-withdrawn.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    offer_id: Annotated[UUID, LINKING]
    withdrawn_at: Annotated[datetime, LINKING]
    speak_to: Annotated[str, POLICE]
    risk_owner: Annotated[str, POLICE]


class WorkHalted(Event):
    """Sent when the police ask Channel, which owns the risk, not to act in a case until it has spoken to somebody."""

    wire_type: ClassVar[str] = "triage.work-halted.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    halted_at: Annotated[datetime, LINKING]
    speak_to: Annotated[str, POLICE]


class WorkResumed(Event):
    """Sent when what the police asked Channel to wait for is over."""

    wire_type: ClassVar[str] = "triage.work-resumed.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    resumed_at: Annotated[datetime, LINKING]


class CaseTakenBack(Event):
    """Sent when an officer has taken back what Channel gave back: names who owns the risk from then on.

    That it was decided, Channel hears as any decision of the police, which names nobody; either may come first.
    """

    wire_type: ClassVar[str] = "triage.case-taken-back.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    taken_at: Annotated[datetime, LINKING]
    risk_owner: Annotated[str, POLICE]


class CaseReturned(Event):
    """Sent when the police do not take back what Channel gave back: it stands where it stood, and so does its owner."""

    wire_type: ClassVar[str] = "triage.case-returned.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    returned_at: Annotated[datetime, LINKING]
    returned_by: Annotated[str, POLICE]
    reason: Annotated[str, SPECIAL_CATEGORY]
