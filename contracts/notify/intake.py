"""What notify tells the intake desk of those whom it could not reach."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, OPERATIONAL
from contracts.vocabulary.words import ProgressStage, Unreached, WhomToReach

TOPIC = "notify.intake.v1"


class MessageUnreached(Event):
    """Sent when a mail to a referrer, or to the duty officer, came back or was given up: somebody must be rung.

    Sent again with `reached` when it has gone out after all, or what it was to say is over: nobody need be rung for it.
    `about_id` is the notice, or the referral where a front door does not answer for it; one line to ring each.
    `stage` is what a referrer was to be told, empty for a link that they asked for and for the duty officer.
    """

    wire_type: ClassVar[str] = "notify.message-unreached.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    about_id: Annotated[UUID, LINKING]
    whom: Annotated[WhomToReach, OPERATIONAL]
    stage: Annotated[ProgressStage | None, OPERATIONAL] = None
    why: Annotated[Unreached, OPERATIONAL]
    noted_at: Annotated[datetime, LINKING]
    reached: Annotated[bool, OPERATIONAL] = False
