"""What notify tells the police about the signposts that they made."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, SPECIAL_CATEGORY

TOPIC = "notify.police.v1"


class SignpostAcknowledged(Event):
    """Sent when the receiving service has acknowledged a signpost, with what it says that it did."""

    wire_type: ClassVar[str] = "notify.signpost-acknowledged.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    signpost_id: Annotated[UUID, LINKING]
    acknowledged_at: Annotated[datetime, LINKING]
    report: Annotated[str, SPECIAL_CATEGORY] = ""
