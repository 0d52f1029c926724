"""What intake asks notify to tell the person who made the referral."""

from datetime import datetime
from typing import Annotated, ClassVar

from contracts.envelope import Event
from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL
from contracts.vocabulary.words import ProgressStage

TOPIC = "intake.referrer.v1"


class ReferrerMessageDue(Event):
    """Sent when the referrer is to be told something that the area allows: the receipt first, the outcome later."""

    wire_type: ClassVar[str] = "intake.referrer-message-due.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    due_at: Annotated[datetime, LINKING]
    email: Annotated[str, IDENTITY]
    stage: Annotated[ProgressStage, OPERATIONAL]
    language: Annotated[str, OPERATIONAL] = "en"
    in_reply_to: Annotated[str, LINKING] = ""
