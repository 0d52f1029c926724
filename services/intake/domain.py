"""The rules of the front door: what is asked of an area, how far a ledger line has got, what counts as the same."""

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Protocol, Self
from zoneinfo import ZoneInfo

from chassis.errors import Conflict, Missing
from contracts.vocabulary import (
    AgeBand,
    Door,
    Gender,
    LineState,
    Person,
    ProgressStage,
    ReferralForm,
    Role,
    Sector,
    Team,
    age_band,
    age_on,
)
from contracts.vocabulary.form import OLDEST_AGE

LONDON = ZoneInfo("Europe/London")
BEING_READ = "The software is reading the original."
GIVEN_UP = "The software tried to read this and stopped each time; open the original with care."
AGES_MAY_DIFFER = 2
"""Years between an approximate age and the date of birth that are still a guess, not a slip."""
MOST_ALIKE = 5
"""How many earlier referrals about perhaps the same person are named."""
READING_TRIES = 3
"""How often the software tries to read an original before a person gets it."""

WORK_THE_DESK = "work-the-intake-desk"
CAME_IN = "came_in"
"""What a session remembers of an officer who has been shown the desk since signing in."""
PERMISSIONS: Mapping[str, frozenset[Role]] = {WORK_THE_DESK: frozenset({Role.INTAKE_DESK_OFFICER})}


class KeyUsedForAnotherRequest(Conflict):
    """An idempotency key came back with another body than the one that it first came with."""

    reason: ClassVar[str] = "idempotency-key-reused"


class ReferralUnknown(Missing):
    """There is no referral with that reference here, or not for this person."""

    reason: ClassVar[str] = "referral-unknown"


NO_REFERENCE = "That is no reference: check each character, as in KM-7F3K-92QM."


class ReferralAlreadyRead(Conflict):
    """The original has been read or completed in the meantime."""

    reason: ClassVar[str] = "referral-already-read"


class ReferenceTaken(Conflict):
    """Every reference that was tried is in use."""

    reason: ClassVar[str] = "reference-taken"


class Reading(StrEnum):
    """How far the reading of an original has got."""

    READ = "read"
    BEING_READ = "being-read"
    UNREAD = "unread"
    COMPLETED = "completed"
    ERASED = "erased"


class KeyKind(StrEnum):
    """What makes two arrivals the same one without anybody's judgement."""

    IDEMPOTENCY_KEY = "idempotency-key"
    MESSAGE_ID = "message-id"
    DIGEST = "digest"
    FORM_TOKEN = "form-token"  # noqa: S105  the name of a kind, no secret


@dataclass(frozen=True)
class ArrivalKey:
    """One such sign, hashed; `request_digest` is empty where the sign alone decides."""

    kind: KeyKind
    digest: bytes
    request_digest: bytes = b""


@dataclass(frozen=True, kw_only=True)
class RequiredRecipient:
    """One line of the ledger as the area asks for it.

    `acknowledge_by` gives, for the moment of receipt, by when somebody there must confirm; None where nobody has to.
    """

    team: Team
    service: str
    audience: str
    required: bool
    withheld: frozenset[str] = frozenset()
    documents: bool = True
    announce_unread: bool = True
    stored_within_seconds: int = 60
    acknowledge_by: Callable[[datetime], datetime] | None = None


@dataclass(frozen=True, kw_only=True)
class Practice:
    """What intake needs of one version of an area, for one district."""

    area: str
    version: str
    prefix: str
    district: str
    front_door: str
    recipients: tuple[RequiredRecipient, ...]
    tells: frozenset[ProgressStage]
    desk_owner: str

    def withheld_from(self, audience: str) -> frozenset[str]:
        """Return the names of the fields that this area does not send to an audience, `documents` where it may not."""
        told = [each for each in self.recipients if each.audience == audience]
        documents = frozenset() if all(each.documents for each in told) else frozenset({"documents"})
        return documents.union(*(each.withheld for each in told))


class Localities(Protocol):
    """Finds the local practice: by district, by the address that a mail was sent to, or by stored version."""

    def by_district(self, district: str, on: date) -> Practice:
        """Return the practice of the area with this district, of the default area where no area has it."""

    def by_mail_addresses(self, addresses: tuple[str, ...], on: date) -> Practice:
        """Return the practice of the area whose desk has one of the addresses, or of the default area."""

    def by_version(self, area: str, version: str, district: str) -> Practice:
        """Return the practice of a stored version; raises LookupError when it is not known."""

    def districts(self, on: date) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return (area name, its districts) for every area in force."""


@dataclass(frozen=True)
class LineTimes:
    """The moments that a ledger line has passed."""

    sent_at: datetime | None = None
    stored_at: datetime | None = None
    delivered_at: datetime | None = None
    seen_at: datetime | None = None
    acknowledged_at: datetime | None = None
    parked_at: datetime | None = None
    waived_at: datetime | None = None
    erased_at: datetime | None = None


def line_state(times: LineTimes) -> LineState:
    """Return how far a line has got; parked counts only while nothing has been stored after it."""
    if times.waived_at:
        return LineState.WAIVED
    if times.erased_at:
        return LineState.ERASED
    if times.parked_at and not times.stored_at:
        return LineState.PARKED
    reached = (
        (times.acknowledged_at, LineState.ACKNOWLEDGED),
        (times.seen_at, LineState.SEEN),
        (times.delivered_at, LineState.DELIVERED),
        (times.stored_at, LineState.STORED),
        (times.sent_at, LineState.SENT),
    )
    return next((state for at, state in reached if at), LineState.WAITING)


@dataclass(frozen=True)
class Anonymous:
    """What may be counted of a form: facts that describe nobody."""

    sector: Sector = Sector.UNKNOWN
    age_band: AgeBand = AgeBand.UNKNOWN
    gender: Gender = Gender.NOT_KNOWN


def anonymous_facts(form: ReferralForm | None, received_at: datetime) -> Anonymous:
    """Return the countable facts of a form at the day of its arrival; unknown everywhere where nothing was read."""
    if form is None:
        return Anonymous()
    band = age_band(age_on(form.person, received_at.astimezone(LONDON).date()))
    return Anonymous(form.referrer.sector, band, form.person.gender)


def impossible_age(person: Person, today: date) -> bool:
    """Say whether somebody with this date of birth would be older than anybody is, or not born yet."""
    age = age_on(person, today)
    return age is not None and not 0 <= age <= OLDEST_AGE


def ages_disagree(person: Person, today: date) -> bool:
    """Say whether the approximate age is more than two years away from the age by the date of birth."""
    age, guess = age_on(person, today), person.approximate_age
    return age is not None and guess is not None and abs(age - guess) > AGES_MAY_DIFFER


def month_of(moment: datetime) -> str:
    """Return the London month of a moment as 2026-11: statistics know no finer time."""
    return moment.astimezone(LONDON).strftime("%Y-%m")


def likeness(person: Person, key: bytes) -> bytes | None:
    """Return the keyed hash of surname and date of birth, by which "possibly the same as" is found; None without both.

    Accents, case, spaces, hyphens and apostrophes do not count. Without the key nobody can try names.
    """
    if person.date_of_birth is None:
        return None
    letters = unicodedata.normalize("NFKD", person.surname.casefold())
    surname = "".join(letter for letter in letters if letter.isalnum())
    return hmac.digest(key, f"{surname}|{person.date_of_birth.isoformat()}".encode(), "sha256") if surname else None


def key_for(kind: KeyKind, text: str | bytes, request: bytes = b"") -> ArrivalKey:
    """Return the sign of an arrival; `request` is the body that must come with the same key again."""
    raw = text.encode() if isinstance(text, str) else text
    digest = hashlib.sha256(kind.encode() + b"|" + raw).digest()
    return ArrivalKey(kind, digest, hashlib.sha256(request).digest() if request else b"")


@dataclass(frozen=True, kw_only=True)
class Original:
    """What came in, before anybody reads it.

    `form` is there when the door could read at once (API, web); else `unread_reason` says why not, in plain words.
    """

    door: Door
    practice: Practice
    name: str
    media_type: str
    body: bytes
    keys: tuple[ArrivalKey, ...]
    reading: Reading
    form: ReferralForm | None = None
    unread_reason: str = ""
    reply_to: str = ""
    in_reply_to: str = ""
    likeness_key: bytes = field(default=b"", repr=False)

    @property
    def email(self) -> str:
        """Return the referrer's address, "" where it is not known."""
        return self.reply_to or (self.form.referrer.email if self.form else "")

    @property
    def receipt_email(self) -> str:
        """Return where the receipt goes: "" without an address, and where the area sends no receipt."""
        return self.email if ProgressStage.RECEIVED in self.practice.tells else ""


@dataclass(frozen=True)
class Found:
    """What the software made out of an original that it could not read in full, by field path, as text."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    missing: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return the JSON in which this is sealed and kept."""
        return json.dumps({"values": dict(self.values), "missing": self.missing, "doubtful": self.doubtful})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote."""
        raw = json.loads(text)
        return cls(raw["values"], tuple(raw["missing"]), tuple(raw["doubtful"]))


@dataclass(frozen=True)
class Outcome:
    """What reading an original led to; `reason` says in plain words why a person must look, empty when nobody must."""

    form: ReferralForm | None = None
    reason: str = ""
    found: Found = field(default_factory=Found)


@dataclass(frozen=True)
class Receipt:
    """What the sender gets; for an arrival that was known already, what its first one got."""

    reference: str
    received_at: datetime
