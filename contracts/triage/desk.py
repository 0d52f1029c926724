"""What the police tell the intake desk, which works beside them."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, OPERATIONAL, POLICE

TOPIC = "triage.desk.v1"


class ReferralsLinked(Event):
    """Sent when a police officer has said whether two referrals are about the same person; both stay as they are.

    The subject is the later one. The answer given last, at either service, is the one that counts. Why they said so
    is kept where it was said: the words are about two people, and are destroyed when either of them is erased.
    """

    wire_type: ClassVar[str] = "triage.referrals-linked.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    other_reference: Annotated[str, LINKING]
    answer: Annotated[Literal["linked", "separate"], OPERATIONAL]
    answered_by: Annotated[str, POLICE]
    answered_at: Annotated[datetime, LINKING]
