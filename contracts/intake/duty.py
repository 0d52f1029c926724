"""What intake asks notify to tell the area's duty officer at once: that a referral speaks of immediate danger."""

from datetime import datetime
from typing import Annotated, ClassVar

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, OPERATIONAL

TOPIC = "intake.duty.v1"


class DutyOfficerPaged(Event):
    """Sent when a referral first says that somebody is in immediate danger: the duty officer is called at once."""

    wire_type: ClassVar[str] = "intake.duty-officer-paged.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    raised_at: Annotated[datetime, LINKING]
    version: Annotated[int, OPERATIONAL]
