"""What notify tells the police about the signposts and transfers that they offered, and whom it could not reach."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.vocabulary.classes import LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY
from contracts.vocabulary.words import NoLongerRung, SocialCareDone, Unreached, WhomToReach

TOPIC = "notify.police.v1"


class SignpostAcknowledged(Event):
    """Sent when the receiving service has acknowledged a signpost, with what it says that it did."""

    wire_type: ClassVar[str] = "notify.signpost-acknowledged.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    signpost_id: Annotated[UUID, LINKING]
    acknowledged_at: Annotated[datetime, LINKING]
    report: Annotated[str, SPECIAL_CATEGORY] = ""
    acknowledged_by: Annotated[str, POLICE] = ""


class SignpostReported(Event):
    """Sent when the receiving service has said what it did about a signpost, which closes the obligation."""

    wire_type: ClassVar[str] = "notify.signpost-reported.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    signpost_id: Annotated[UUID, LINKING]
    reported_at: Annotated[datetime, LINKING]
    reported_by: Annotated[str, POLICE]
    report: Annotated[str, SPECIAL_CATEGORY]


class TransferAnswered(Event):
    """Sent when another force has accepted a transfer, with the officer who owns the risk from then on, or refused."""

    wire_type: ClassVar[str] = "notify.transfer-answered.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    transfer_id: Annotated[UUID, LINKING]
    answered_at: Annotated[datetime, LINKING]
    accepted: Annotated[bool, OPERATIONAL]
    answered_by: Annotated[str, POLICE]
    reason: Annotated[str, SPECIAL_CATEGORY] = ""


class ConcernReported(Event):
    """Sent when the front door of social care has said what it did about a concern; it may say so again."""

    wire_type: ClassVar[str] = "notify.concern-reported.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    done: Annotated[SocialCareDone, SPECIAL_CATEGORY]
    reported_at: Annotated[datetime, LINKING]
    reported_by: Annotated[str, POLICE]
    report: Annotated[str, SPECIAL_CATEGORY] = ""


class NoticeUnreached(Event):
    """Sent when a mail of the police came back, was given up, or brought no answer in time: somebody must be rung.

    So is one of a referral's concern to the front door of social care. Sent again with `reached` when it has gone out
    after all: nobody need be rung any more for that; of a front door, `no_longer` says why.
    `about_id` is the signpost or the transfer, the referral for a front door, and empty for a person who was to hear of
    a clock that ran out. `front_door` is its id in the area file, `version` that of the concern which a mail was to
    tell of, and `since` when a front door was to answer from; the three are empty for everybody else.
    """

    wire_type: ClassVar[str] = "notify.notice-unreached.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    whom: Annotated[WhomToReach, OPERATIONAL]
    about_id: Annotated[UUID | None, LINKING] = None
    why: Annotated[Unreached, OPERATIONAL]
    noted_at: Annotated[datetime, LINKING]
    reached: Annotated[bool, OPERATIONAL] = False
    no_longer: Annotated[NoLongerRung | None, OPERATIONAL] = None
    front_door: Annotated[str, OPERATIONAL] = ""
    version: Annotated[int | None, OPERATIONAL] = None
    since: Annotated[datetime | None, LINKING] = None
