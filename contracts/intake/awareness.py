"""What intake tells the local authority's Dovetail team at once: that a referral exists, without identity."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, OPERATIONAL, STATISTICAL
from contracts.vocabulary.words import AgeBand

TOPIC = "intake.awareness.v1"


class ReferralMade(Event):
    """Sent when a referral has been stored, and again with a higher version when it has been read."""

    wire_type: ClassVar[str] = "intake.referral-made.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    received_at: Annotated[datetime, LINKING]
    version: Annotated[int, OPERATIONAL]
    age_band: Annotated[AgeBand, STATISTICAL]
    district: Annotated[str, STATISTICAL]
    statistics_key: Annotated[UUID, LINKING]
