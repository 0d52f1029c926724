"""What the Dovetail team asks notify to tell others, and what it asks of people outside by links."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.vocabulary.asking import AskSection
from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY
from contracts.vocabulary.words import AskKind, Outcome

TOPIC = "channel.notices.v1"


class PackAnswered(Event):
    """Sent when a pack has been accepted or returned and the social care front door is to know who holds the case."""

    wire_type: ClassVar[str] = "channel.pack-answered.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    answered_at: Annotated[datetime, LINKING]
    front_door: Annotated[str, OPERATIONAL]
    outcome: Annotated[Outcome, OPERATIONAL]


class AskMade(Event):
    """Sent when somebody outside is asked for something by a link in a mail, which works until it expires.

    `ask_id` is the id of the request, action, session, invitation, pack or transfer that it is about. `recipient` is an
    id of the area file (a partner, member, provider, service or panel); where it is empty `address` was typed.
    `shown` is what the person sees once the link is opened with the one-time code; `questions` are asked one by one,
    and "nothing known" is an answer to each. A pack has no questions: it is read, and every reading is reported.
    `stops` is of a change of consent alone: whether support ends, so that whoever is told says if they have stopped.
    """

    wire_type: ClassVar[str] = "channel.ask-made.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    ask_id: Annotated[UUID, LINKING]
    kind: Annotated[AskKind, OPERATIONAL]
    made_at: Annotated[datetime, LINKING]
    made_by: Annotated[str, POLICE]
    recipient: Annotated[str, OPERATIONAL] = ""
    address: Annotated[str, IDENTITY] = ""
    name: Annotated[str, POLICE]
    title: Annotated[str, OPERATIONAL]
    shown: Annotated[tuple[AskSection, ...], SPECIAL_CATEGORY] = ()
    questions: Annotated[tuple[str, ...], SPECIAL_CATEGORY] = ()
    stops: Annotated[bool | None, SPECIAL_CATEGORY] = None
    opens_at: Annotated[datetime | None, LINKING] = None
    due_at: Annotated[datetime, LINKING]
    expires_at: Annotated[datetime, LINKING]


class AskEnded(Event):
    """Sent when what somebody outside was asked for is not needed any more: the link then says so."""

    wire_type: ClassVar[str] = "channel.ask-ended.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    ask_id: Annotated[UUID, LINKING]
    ended_at: Annotated[datetime, LINKING]
    cancelled: Annotated[bool, OPERATIONAL]


class AskMoved(Event):
    """Sent when the day by which something was asked for has moved, or its clock stands still (`paused`) or runs on.

    The link and what is half written stay; what reminds of it follows the new day, and is silent while it stands still.
    """

    wire_type: ClassVar[str] = "channel.ask-moved.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    ask_id: Annotated[UUID, LINKING]
    moved_at: Annotated[datetime, LINKING]
    due_at: Annotated[datetime, LINKING]
    expires_at: Annotated[datetime, LINKING]
    paused: Annotated[bool, OPERATIONAL] = False


class CaseClockEscalated(Event):
    """Sent when a clock of a case ran out and nobody has acted, so that a named person is told: the area's nth step."""

    wire_type: ClassVar[str] = "channel.case-clock-escalated.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    escalation_id: Annotated[UUID, LINKING]
    escalated_at: Annotated[datetime, LINKING]
    clock: Annotated[str, OPERATIONAL]
    step: Annotated[int, OPERATIONAL]
