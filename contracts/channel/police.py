"""What the Dovetail team answers the police: packs accepted or returned, cases given back."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.vocabulary.assessment import Assessment
from contracts.vocabulary.classes import LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY
from contracts.vocabulary.pack import ChronologyLine, GatheredInformation, Sharing

TOPIC = "channel.police.v1"


class PackAccepted(Event):
    """Sent when Channel accepts a pack; the police remain risk owner until they have handled this."""

    wire_type: ClassVar[str] = "channel.pack-accepted.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    accepted_at: Annotated[datetime, LINKING]
    risk_owner: Annotated[str, POLICE]
    offer_id: Annotated[UUID | None, LINKING] = None


class PackReturned(Event):
    """Sent when Channel returns a pack with its reason; the police are and stay risk owner."""

    wire_type: ClassVar[str] = "channel.pack-returned.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    returned_at: Annotated[datetime, LINKING]
    reason: Annotated[str, SPECIAL_CATEGORY]
    offer_id: Annotated[UUID | None, LINKING] = None


class InformationGathered(Event):
    """Sent when Channel has gathered the information that the section 36(3) decision rests on.

    `gathered` is what each body answered, question by question; `gone_on_without` says why nobody waited for an answer
    that had not come.
    """

    wire_type: ClassVar[str] = "channel.information-gathered.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    gathered_at: Annotated[datetime, LINKING]
    gathered_by: Annotated[str, POLICE]
    summary: Annotated[str, SPECIAL_CATEGORY]
    gathered: Annotated[tuple[GatheredInformation, ...], SPECIAL_CATEGORY] = ()
    gone_on_without: Annotated[str, SPECIAL_CATEGORY] = ""


class Section36Recorded(Event):
    """Sent when the local authority, where the area names it, refers a person to the panel (CTSA 2015 s.36(3))."""

    wire_type: ClassVar[str] = "channel.section-36-recorded.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    recorded_at: Annotated[datetime, LINKING]
    decided_by: Annotated[str, POLICE]
    grounds: Annotated[str, SPECIAL_CATEGORY]


class CaseGivenBack(Event):
    """Sent when an accepted case goes back to police-led work; Channel stays risk owner until it is taken.

    Everything that Channel knows goes with it. `offered_for` is "plp" where consent was refused or withdrawn, or the
    panel did not adopt the case or closes it for a police-led partnership, which is asked for; else "other". `consent`
    is in words.
    """

    wire_type: ClassVar[str] = "channel.case-given-back.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    given_back_at: Annotated[datetime, LINKING]
    reason: Annotated[str, SPECIAL_CATEGORY]
    offered_for: Annotated[str, OPERATIONAL] = "other"
    assessment: Annotated[Assessment | None, SPECIAL_CATEGORY] = None
    gathered: Annotated[tuple[GatheredInformation, ...], SPECIAL_CATEGORY] = ()
    chronology: Annotated[tuple[ChronologyLine, ...], SPECIAL_CATEGORY] = ()
    shared: Annotated[tuple[Sharing, ...], LINKING] = ()
    consent: Annotated[str, SPECIAL_CATEGORY] = ""


class RiskOwnerNamed(Event):
    """Sent when somebody else answers for the risk of a case that Channel has: a colleague, or another panel's taker.

    `panel` names the panel that has accepted the case, and is empty where it stays with this one.
    """

    wire_type: ClassVar[str] = "channel.risk-owner-named.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    named_at: Annotated[datetime, LINKING]
    risk_owner: Annotated[str, POLICE]
    panel: Annotated[str, OPERATIONAL] = ""
