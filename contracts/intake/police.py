"""What intake tells the police: the full form, the original and its documents."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from contracts.envelope import DocumentReference, Event
from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY
from contracts.vocabulary.form import ReferralForm
from contracts.vocabulary.words import Door, VersionMaker

TOPIC = "intake.police.v1"


class ReferralReceived(Event):
    """Sent when an original has been stored, read or not; without a form the original speaks for itself."""

    wire_type: ClassVar[str] = "intake.referral-received.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    received_at: Annotated[datetime, LINKING]
    door: Annotated[Door, OPERATIONAL]
    immediate_danger: Annotated[bool, OPERATIONAL]
    version: Annotated[int, OPERATIONAL]
    form: Annotated[ReferralForm | None, IDENTITY] = None
    unread_reason: Annotated[str, OPERATIONAL] = ""
    documents: Annotated[tuple[DocumentReference, ...], IDENTITY] = ()
    possibly_same_as: Annotated[tuple[str, ...], LINKING] = ()
    statistics_key: Annotated[UUID, LINKING]


class ReferralVersionAdded(Event):
    """Sent when a later version of a referral exists: the original was read or completed, or the referrer added to it.

    `additions` are all words that the referrer added so far, oldest first; `documents` only what is new. `came_by` is
    the door by which a referrer sent this version, empty where nothing was sent.
    """

    wire_type: ClassVar[str] = "intake.referral-version-added.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    added_at: Annotated[datetime, LINKING]
    version: Annotated[int, OPERATIONAL]
    immediate_danger: Annotated[bool, OPERATIONAL]
    form: Annotated[ReferralForm | None, IDENTITY] = None
    unread_reason: Annotated[str, OPERATIONAL] = ""
    documents: Annotated[tuple[DocumentReference, ...], IDENTITY] = ()
    possibly_same_as: Annotated[tuple[str, ...], LINKING] = ()
    additions: Annotated[tuple[str, ...], SPECIAL_CATEGORY] = ()
    made_by: Annotated[VersionMaker | None, OPERATIONAL] = None
    came_by: Annotated[Door | None, OPERATIONAL] = None


class ReferralsLinked(Event):
    """Sent when a person at the desk has said whether two referrals are about the same person; both stay as they are.

    The subject is the later one. The answer given last, at either service, is the one that counts. Why they said so
    is kept where it was said: the words are about two people, and are destroyed when either of them is erased.
    """

    wire_type: ClassVar[str] = "intake.referrals-linked.v1"
    topic: ClassVar[str] = TOPIC

    reference: Annotated[str, LINKING]
    other_reference: Annotated[str, LINKING]
    answer: Annotated[Literal["linked", "separate"], OPERATIONAL]
    answered_by: Annotated[str, POLICE]
    answered_at: Annotated[datetime, LINKING]
