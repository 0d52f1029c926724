"""What the Dovetail team asks notify to tell others."""

from datetime import datetime
from typing import Annotated, ClassVar

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, OPERATIONAL
from contracts.vocabulary.words import Outcome

TOPIC = "channel.notices.v1"


class PackAnswered(Event):
    """Sent when a pack has been accepted or returned and the social care front door is to know who holds the case."""

    wire_type: ClassVar[str] = "channel.pack-answered.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    answered_at: Annotated[datetime, LINKING]
    front_door: Annotated[str, OPERATIONAL]
    outcome: Annotated[Outcome, OPERATIONAL]
