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


class TransferOffered(Event):
    """Sent when a referral is offered to another force; the police here stay risk owner until it has accepted."""

    wire_type: ClassVar[str] = "triage.transfer-offered.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    transfer_id: Annotated[UUID, LINKING]
    offered_at: Annotated[datetime, LINKING]
    force: Annotated[str, OPERATIONAL]
    message: Annotated[str, SPECIAL_CATEGORY]


class SignpostEnded(Event):
    """Sent when the police ended a signpost themselves: they cancelled it, or were told what was done another way.

    No answer is needed any more; one that comes all the same is kept.
    """

    wire_type: ClassVar[str] = "triage.signpost-ended.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    signpost_id: Annotated[UUID, LINKING]
    ended_at: Annotated[datetime, LINKING]


class TransferCalledBack(Event):
    """Sent when the police take an offer back that no force has answered; an answer that crosses it moves nothing."""

    wire_type: ClassVar[str] = "triage.transfer-called-back.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    transfer_id: Annotated[UUID, LINKING]
    called_back_at: Annotated[datetime, LINKING]


class ClockEscalated(Event):
    """Sent when a clock ran out and nobody has acted, so that a named person is told; `step` is the area's nth."""

    wire_type: ClassVar[str] = "triage.clock-escalated.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    escalation_id: Annotated[UUID, LINKING]
    escalated_at: Annotated[datetime, LINKING]
    clock: Annotated[str, OPERATIONAL]
    step: Annotated[int, OPERATIONAL]


class ConcernsMerged(Event):
    """Sent when an officer has confirmed that referrals are about the same person; the subject is the person.

    Nothing is merged in social care's own records: it shows the references as one person's from now on.
    """

    wire_type: ClassVar[str] = "triage.concerns-merged.v1"
    topic: ClassVar[str] = TOPIC

    references: Annotated[tuple[str, ...], LINKING]
    merged_at: Annotated[datetime, LINKING]


class ConcernsSeparated(Event):
    """Sent when a merge was wrong: these references are no longer one person's; the subject is the person.

    `remaining` are those that still are, `separated` those that no longer are; `shared` says what was shared on the
    wrong belief, in words and without identity.
    """

    wire_type: ClassVar[str] = "triage.concerns-separated.v1"
    topic: ClassVar[str] = TOPIC

    remaining: Annotated[tuple[str, ...], LINKING]
    separated: Annotated[tuple[str, ...], LINKING]
    separated_at: Annotated[datetime, LINKING]
    shared: Annotated[tuple[str, ...], LINKING] = ()
