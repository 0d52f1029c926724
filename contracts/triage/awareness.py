"""What the police tell the Dovetail team about every decision, without identity."""

from datetime import datetime
from typing import Annotated, ClassVar

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, STATISTICAL
from contracts.vocabulary.words import Outcome

TOPIC = "triage.awareness.v1"


class PoliceDecisionMade(Event):
    """Sent when the Gateway has decided, so that the local authority sees what the police closed or signposted."""

    wire_type: ClassVar[str] = "triage.police-decision-made.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    decided_at: Annotated[datetime, LINKING]
    outcome: Annotated[Outcome, STATISTICAL]
