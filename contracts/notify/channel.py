"""What notify tells the Dovetail team of those whom it asked by links."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.vocabulary.asking import AskAnswer
from contracts.vocabulary.classes import LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY
from contracts.vocabulary.words import AskKind, ChangeTaken, SocialCareDone

TOPIC = "notify.channel.v1"


class AskSeen(Event):
    """Sent when somebody outside has opened what they were shown: once, and of a pack once a day; each refused try.

    `acknowledged` says that they have pressed that they read a brief, which opening alone does not.
    """

    wire_type: ClassVar[str] = "notify.ask-seen.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    ask_id: Annotated[UUID, LINKING]
    kind: Annotated[AskKind, OPERATIONAL]
    seen_at: Annotated[datetime, LINKING]
    refused: Annotated[bool, OPERATIONAL] = False
    acknowledged: Annotated[bool, OPERATIONAL] = False


class AskAnswered(Event):
    """Sent when somebody outside has answered: questions, a report of what was done, or accepted or refused.

    `accepted` is of invitations and transfers; `taker` is who owns the risk from then on where a transfer is accepted.
    `taken` is what was made of a change of consent.
    """

    wire_type: ClassVar[str] = "notify.ask-answered.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    ask_id: Annotated[UUID, LINKING]
    kind: Annotated[AskKind, OPERATIONAL]
    answered_at: Annotated[datetime, LINKING]
    answered_by: Annotated[str, POLICE]
    report: Annotated[str, SPECIAL_CATEGORY] = ""
    answers: Annotated[tuple[AskAnswer, ...], SPECIAL_CATEGORY] = ()
    accepted: Annotated[bool | None, OPERATIONAL] = None
    taker: Annotated[str, POLICE] = ""
    taken: Annotated[ChangeTaken | None, SPECIAL_CATEGORY] = None


class AskUndelivered(Event):
    """Sent when a mail with a link could not be delivered; again with `reached` when it has gone out after all."""

    wire_type: ClassVar[str] = "notify.ask-undelivered.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    ask_id: Annotated[UUID, LINKING]
    kind: Annotated[AskKind, OPERATIONAL]
    failed_at: Annotated[datetime, LINKING]
    reached: Annotated[bool, OPERATIONAL] = False


class SocialCareReported(Event):
    """Sent when social care has said what it did about a concern whose case Channel has accepted; it may say so again.

    The police hear the same, whoever has accepted the case.
    """

    wire_type: ClassVar[str] = "notify.social-care-reported.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    done: Annotated[SocialCareDone, SPECIAL_CATEGORY]
    reported_at: Annotated[datetime, LINKING]
    reported_by: Annotated[str, POLICE]
    report: Annotated[str, SPECIAL_CATEGORY] = ""
