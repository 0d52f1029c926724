"""What intake tells the social care front door: safeguarding facts, and documents where the area says so."""

from datetime import date, datetime
from typing import Annotated, ClassVar

from contracts.envelope import DocumentReference, Event
from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL, SPECIAL_CATEGORY
from contracts.vocabulary.form import Address

TOPIC = "intake.social-care.v1"


class SafeguardingConcernReceived(Event):
    """Sent when a referral has been stored and the area's front door must be told; fields may be empty while unread."""

    wire_type: ClassVar[str] = "intake.safeguarding-concern-received.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    received_at: Annotated[datetime, LINKING]
    front_door: Annotated[str, OPERATIONAL]
    immediate_danger: Annotated[bool, OPERATIONAL]
    version: Annotated[int, OPERATIONAL]
    read: Annotated[bool, OPERATIONAL]
    forenames: Annotated[str, IDENTITY] = ""
    surname: Annotated[str, IDENTITY] = ""
    date_of_birth: Annotated[date | None, IDENTITY] = None
    approximate_age: Annotated[int | None, IDENTITY] = None
    addresses: Annotated[tuple[Address, ...], IDENTITY] = ()
    safeguarding_concern: Annotated[str, SPECIAL_CATEGORY] = ""
    complex_needs: Annotated[str, SPECIAL_CATEGORY] = ""
    parent_or_carer: Annotated[str, IDENTITY] = ""
    referrer_organisation: Annotated[str, IDENTITY] = ""
    documents: Annotated[tuple[DocumentReference, ...], IDENTITY] = ()
    additions: Annotated[tuple[str, ...], SPECIAL_CATEGORY] = ()


class SafeguardingConcernUpdated(SafeguardingConcernReceived):
    """Sent when a later version of the referral exists; carries the whole of what the front door may know."""

    wire_type: ClassVar[str] = "intake.safeguarding-concern-updated.v1"
