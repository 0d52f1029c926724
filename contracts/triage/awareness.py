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


class PeopleMerged(Event):
    """Sent when an officer has confirmed that referrals are about the same person; the subject is the person.

    Nothing is merged in Channel's own records: it shows the references as one person's from now on.
    """

    wire_type: ClassVar[str] = "triage.people-merged.v1"
    topic: ClassVar[str] = TOPIC

    references: Annotated[tuple[str, ...], LINKING]
    merged_at: Annotated[datetime, LINKING]


class PeopleSeparated(Event):
    """Sent when a merge was wrong: these references are no longer one person's; the subject is the person.

    `remaining` are those that still are, `separated` those that no longer are; `shared` says what was shared on the
    wrong belief, in words and without identity.
    """

    wire_type: ClassVar[str] = "triage.people-separated.v1"
    topic: ClassVar[str] = TOPIC

    remaining: Annotated[tuple[str, ...], LINKING]
    separated: Annotated[tuple[str, ...], LINKING]
    separated_at: Annotated[datetime, LINKING]
    shared: Annotated[tuple[str, ...], LINKING] = ()
