"""What triage tells statistics: facts that link to nobody."""

from typing import Annotated, ClassVar

from contracts.envelope import Event
from contracts.vocabulary.classes import OPERATIONAL, STATISTICAL
from contracts.vocabulary.words import ConcernType, Outcome

TOPIC = "triage.statistics.v1"


class DecisionCounted(Event):
    """Sent when the Gateway has recorded a decision; the subject is the random statistics key.

    `concern` is the type that an officer chose; `met` and `missed` count the clocks of this referral whose matter had
    been done by then, in time and late; what was called off, begun anew or went elsewhere is in neither.
    """

    wire_type: ClassVar[str] = "triage.decision-counted.v1"
    topic: ClassVar[str] = TOPIC

    month: Annotated[str, STATISTICAL]
    version: Annotated[int, OPERATIONAL]
    outcome: Annotated[Outcome, STATISTICAL]
    days_since_receipt: Annotated[int, STATISTICAL]
    concern: Annotated[ConcernType, STATISTICAL] = ConcernType.UNKNOWN
    met: Annotated[int, STATISTICAL] = 0
    missed: Annotated[int, STATISTICAL] = 0
