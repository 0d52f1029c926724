"""What the Dovetail team answers the police: packs accepted or returned, cases given back."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, POLICE, SPECIAL_CATEGORY
from contracts.vocabulary.pack import GatheredInformation

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
    """Sent when an accepted case goes back to police-led work; Channel stays risk owner until it is taken."""

    wire_type: ClassVar[str] = "channel.case-given-back.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    given_back_at: Annotated[datetime, LINKING]
    reason: Annotated[str, SPECIAL_CATEGORY]
