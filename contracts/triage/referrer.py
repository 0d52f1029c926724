"""What the police pathway lets intake tell the referrer, as far as the area allows."""

from datetime import datetime
from typing import Annotated, ClassVar

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, OPERATIONAL
from contracts.vocabulary.words import ProgressStage

TOPIC = "triage.referrer.v1"


class ReferralProgressed(Event):
    """Sent when the police pathway reaches a stage that a referrer may be told of."""

    wire_type: ClassVar[str] = "triage.referral-progressed.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    reached_at: Annotated[datetime, LINKING]
    stage: Annotated[ProgressStage, OPERATIONAL]
