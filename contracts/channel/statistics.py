"""What channel tells statistics: facts that link to nobody."""

from typing import Annotated, ClassVar

from contracts.envelope import Event
from contracts.vocabulary.classes import OPERATIONAL, STATISTICAL
from contracts.vocabulary.words import Outcome

TOPIC = "channel.statistics.v1"


class CaseCounted(Event):
    """Sent when a case has got somewhere that statistics count; the subject is the random statistics key.

    `closing` is how a case left Channel, given with "case-closed" and empty else. `met` and `missed` count the clocks
    of this case whose matter had been done by then, in time and late (what was called off, begun anew or went elsewhere
    is in neither); `on_time` and `late` count those of them that were reviews.
    """

    wire_type: ClassVar[str] = "channel.case-counted.v1"
    topic: ClassVar[str] = TOPIC

    month: Annotated[str, STATISTICAL]
    version: Annotated[int, OPERATIONAL]
    outcome: Annotated[Outcome, STATISTICAL]
    days_since_receipt: Annotated[int, STATISTICAL]
    closing: Annotated[str, STATISTICAL] = ""
    met: Annotated[int, STATISTICAL] = 0
    missed: Annotated[int, STATISTICAL] = 0
    on_time: Annotated[int, STATISTICAL] = 0
    late: Annotated[int, STATISTICAL] = 0
