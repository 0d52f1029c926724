"""What intake tells the police: the full form, the original and its documents."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import DocumentReference, Event
from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL
from contracts.vocabulary.form import ReferralForm
from contracts.vocabulary.words import Door

TOPIC = "intake.police.v1"


class ReferralReceived(Event):
    """Sent when an original has been stored, read or not; without a form the original speaks for itself."""

    wire_type: ClassVar[str] = "intake.referral-received.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    received_at: Annotated[datetime, LINKING]
    door: Annotated[Door, OPERATIONAL]
    immediate_danger: Annotated[bool, OPERATIONAL]
    version: Annotated[int, OPERATIONAL]
    form: Annotated[ReferralForm | None, IDENTITY] = None
    unread_reason: Annotated[str, OPERATIONAL] = ""
    documents: Annotated[tuple[DocumentReference, ...], IDENTITY] = ()
    possibly_same_as: Annotated[tuple[str, ...], LINKING] = ()
    statistics_key: Annotated[UUID, LINKING]


class ReferralVersionAdded(Event):
    """Sent when a later version of a referral exists: the software read the original, or a person completed it."""

    wire_type: ClassVar[str] = "intake.referral-version-added.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    added_at: Annotated[datetime, LINKING]
    version: Annotated[int, OPERATIONAL]
    immediate_danger: Annotated[bool, OPERATIONAL]
    form: Annotated[ReferralForm | None, IDENTITY] = None
    unread_reason: Annotated[str, OPERATIONAL] = ""
    documents: Annotated[tuple[DocumentReference, ...], IDENTITY] = ()
    possibly_same_as: Annotated[tuple[str, ...], LINKING] = ()
