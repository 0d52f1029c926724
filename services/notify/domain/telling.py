"""The rules of telling: who is told what and when again, and who may answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from chassis.errors import Conflict, Missing, Rejected
from contracts.vocabulary import Address, ProgressStage, Role

ENTER = "enter"
READ_INBOX = "read-inbox"
ACKNOWLEDGE = "acknowledge"
READ_SIGNPOST = "read-signpost"
ANSWER_FOR_SERVICES = "answer-for-services"
READ_DESK = "read-delivery-desk"
READ_UNACKNOWLEDGED = "read-unacknowledged"
MANAGE_DELIVERY = "manage-delivery"
READ_DEMO_MAIL = "read-demonstration-mail"
READ_MESSAGES = "read-messages"

_OFFICERS = frozenset({Role.INTAKE_DESK_OFFICER})
_DESK = _OFFICERS | {Role.OPS_ENGINEER}
_WORKERS = frozenset({Role.FRONT_DOOR_WORKER})
PERMISSIONS: Mapping[str, frozenset[Role]] = {
    ENTER: _WORKERS | _DESK,
    READ_INBOX: _WORKERS,
    ACKNOWLEDGE: _WORKERS,
    READ_SIGNPOST: _WORKERS | _OFFICERS,
    ANSWER_FOR_SERVICES: _OFFICERS,
    READ_DESK: _DESK,
    READ_UNACKNOWLEDGED: _WORKERS | _DESK,
    MANAGE_DELIVERY: _DESK,
    READ_DEMO_MAIL: _WORKERS | _DESK,
    READ_MESSAGES: _DESK,
}


class ConcernAbsent(Missing):
    """There is no such concern, or it is another front door's."""

    reason: ClassVar[str] = "concern-absent"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("There is no such concern in your inbox; it may be with another front door.")


class SignpostAbsent(Missing):
    """There is no such signpost, or it was made to another service."""

    reason: ClassVar[str] = "signpost-absent"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("There is no such signpost in your inbox; it may be with another service.")


class NoticeAbsent(Missing):
    """There is no such notice in the reader's areas."""

    reason: ClassVar[str] = "notice-absent"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("There is no such notice; go back to the delivery desk and choose one.")


class MailAbsent(Missing):
    """The demonstration's mail folder holds no such mail."""

    reason: ClassVar[str] = "mail-absent"


class AlreadyAcknowledged(Conflict):
    """Somebody has acknowledged this before."""

    reason: ClassVar[str] = "already-acknowledged"


class NoticeUnderWay(Conflict):
    """The notice is waiting for its sending or being sent already."""

    reason: ClassVar[str] = "notice-under-way"


class MailUnsafe(Rejected):
    """A mail address or header holds a character that could forge another header."""

    reason: ClassVar[str] = "mail-unsafe"


class Kind(StrEnum):
    """What a notice says."""

    CONCERN_RECEIVED = "concern-received"
    CONCERN_UPDATED = "concern-updated"
    CONCERN_MOVED = "concern-moved"
    PACK_ANSWERED = "pack-answered"
    SIGNPOST_MADE = "signpost-made"
    SIGNPOST_ENDED = "signpost-ended"
    REFERRER_TOLD = "referrer-told"
    ADDITION_RECEIVED = "addition-received"
    LINK_SAVED_FORM = "link-saved-form"
    LINK_PROGRESS = "link-progress"
    DUTY_PAGED = "duty-paged"
    TRANSFER_OFFERED = "transfer-offered"
    TRANSFER_CALLED_BACK = "transfer-called-back"
    CLOCK_ESCALATED = "clock-escalated"
    ASK_MADE = "ask-made"
    ASK_REMINDED = "ask-reminded"
    ASK_OVERDUE = "ask-overdue"
    ASK_ENDED = "ask-ended"
    ASK_CODE = "ask-code"


class RecipientKind(StrEnum):
    """What sort of recipient a notice has; a referrer's address, and one typed for an ask, is kept sealed."""

    FRONT_DOOR = "front-door"
    SERVICE = "service"
    REFERRER = "referrer"
    DUTY_OFFICER = "duty-officer"
    FORCE = "force"
    ESCALATION = "escalation"
    ASKED = "asked"


@dataclass(frozen=True)
class Origin:
    """The event that something comes from, and what it is about."""

    subject: UUID
    reference: str
    area: str
    area_version: str
    publisher: str
    event_id: UUID
    correlation_id: UUID | None
    at: datetime


@dataclass(frozen=True)
class SafeguardingFacts:
    """What a front door may know of a concern; kept sealed."""

    forenames: str = ""
    surname: str = ""
    date_of_birth: date | None = None
    approximate_age: int | None = None
    addresses: tuple[Address, ...] = ()
    safeguarding_concern: str = ""
    complex_needs: str = ""
    parent_or_carer: str = ""
    referrer_organisation: str = ""
    additions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Telling:
    """One notice to be written: what, to whom, and how urgently."""

    kind: Kind
    recipient_kind: RecipientKind
    recipient_key: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Standing:
    """What is known of a concern when a later version arrives; `told` where a notice of it is out or will go."""

    version: int
    front_door: str
    immediate_danger: bool
    seen: bool
    told: bool


def tellings(known: Standing | None, version: int, front_door: str, *, immediate_danger: bool) -> tuple[Telling, ...]:
    """Return who must be mailed when a version of a concern arrives.

    The first version is always told. A later one is told only to people who would otherwise miss something: a new front
    door (and the old one, that it moved), one that has already looked, one of whose notices every one was held back, or
    when danger is newly immediate. Whoever has not opened the link yet will find the newest version behind it.
    """
    if known is None:
        return (Telling(Kind.CONCERN_RECEIVED, RecipientKind.FRONT_DOOR, front_door, immediate_danger),)
    if version <= known.version:
        return ()
    if front_door != known.front_door:
        return (
            Telling(Kind.CONCERN_RECEIVED, RecipientKind.FRONT_DOOR, front_door, immediate_danger),
            Telling(Kind.CONCERN_MOVED, RecipientKind.FRONT_DOOR, known.front_door, immediate_danger),
        )
    if known.seen or not known.told or (immediate_danger and not known.immediate_danger):
        return (Telling(Kind.CONCERN_UPDATED, RecipientKind.FRONT_DOOR, front_door, immediate_danger),)
    return ()


def notice_id(event_id: UUID, telling: Telling) -> UUID:
    """Return the id of a notice: the same event gives the same notice however often it is handled."""
    return uuid5(
        NAMESPACE_URL,
        f"throughline:notice:{event_id}:{telling.kind}:{telling.recipient_key}",
    )


LINKS = frozenset({Kind.LINK_SAVED_FORM, Kind.LINK_PROGRESS})
"""The notices whose link opens something by itself: it is told to the mail server and written down nowhere."""


@dataclass(frozen=True)
class DoorFacts:
    """A front door as an area file describes it."""

    area: str
    id: str
    organisation: str
    email: str


@dataclass(frozen=True)
class ServiceFacts:
    """A service that referrals may be signposted to."""

    area: str
    id: str
    email: str


@dataclass(frozen=True)
class Reach:
    """The front doors and services, as (area, id), whose post a person may open."""

    doors: frozenset[tuple[str, str]] = frozenset()
    services: frozenset[tuple[str, str]] = frozenset()


def reach_of(organisation: str, doors: Iterable[DoorFacts], services: Iterable[ServiceFacts]) -> Reach:
    """Return what a person may open: their organisation's front doors, and services under the same mail domain."""
    own = [door for door in doors if organisation and door.organisation == organisation]
    domains = {_domain(door.email) for door in own}
    return Reach(
        frozenset((door.area, door.id) for door in own),
        frozenset((service.area, service.id) for service in services if _domain(service.email) in domains),
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def stage_is_receipt(stage: ProgressStage | None) -> bool:
    """Say whether a message to a referrer is the receipt, which answers the mail that the referral came in."""
    return stage == ProgressStage.RECEIVED
