"""What intake asks notify to tell the person who made the referral."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from contracts.envelope import Event
from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL
from contracts.vocabulary.words import ProgressStage

TOPIC = "intake.referrer.v1"


class LinkPurpose(StrEnum):
    """What a link that somebody asked for opens: a form that they saved, or how far their referral has got."""

    SAVED_FORM = "saved-form"
    PROGRESS = "progress"


class ReferrerMessageDue(Event):
    """Sent when the referrer is to be told something that the area allows: the receipt first, the outcome later.

    `addition` marks the receipt of something that the referrer sent later. `reference` is what the referrer is to be
    told: two with a stroke between them, the referral's own first, where an outage gave them another.
    """

    wire_type: ClassVar[str] = "intake.referrer-message-due.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    due_at: Annotated[datetime, LINKING]
    email: Annotated[str, IDENTITY]
    stage: Annotated[ProgressStage, OPERATIONAL]
    language: Annotated[str, OPERATIONAL] = "en"
    in_reply_to: Annotated[str, LINKING] = ""
    addition: Annotated[bool, OPERATIONAL] = False


class LinkDue(Event):
    """Sent when somebody asked for a link by mail: the link is as good as a key, and is kept by nobody in clear."""

    wire_type: ClassVar[str] = "intake.link-due.v1"
    topic: ClassVar[str] = TOPIC

    due_at: Annotated[datetime, LINKING]
    purpose: Annotated[LinkPurpose, OPERATIONAL]
    email: Annotated[str, IDENTITY]
    link: Annotated[str, IDENTITY]
    works_until: Annotated[date, LINKING]
    reference: Annotated[str, LINKING] = ""
    language: Annotated[str, OPERATIONAL] = "en"
