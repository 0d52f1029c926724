"""What the police ask notify to tell other services."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, OPERATIONAL, SPECIAL_CATEGORY

TOPIC = "triage.notices.v1"


class SignpostMade(Event):
    """Sent when a referral is signposted; the obligation stays open until the receiver has acknowledged it."""

    wire_type: ClassVar[str] = "triage.signpost-made.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    signpost_id: Annotated[UUID, LINKING]
    made_at: Annotated[datetime, LINKING]
    service: Annotated[str, OPERATIONAL]
    message: Annotated[str, SPECIAL_CATEGORY]
