"""What comes in at a door, and what a referrer adds to it later, with the receipt for either."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.errors import Conflict, Missing, Rejected
from contracts.vocabulary import (
    Door,
    ProgressStage,
    ReferralForm,
)
from services.intake.domain.practice import Practice
from services.intake.domain.quarantine import Quarantined
from services.intake.domain.readings import Found, Reading
from services.intake.domain.sameness import ArrivalKey
from services.intake.domain.senders import NoReferral


class ReferralUnknown(Missing):
    """There is no referral with that reference here, or not for this person."""

    reason: ClassVar[str] = "referral-unknown"


class UnreachedUnknown(Missing):
    """Nobody waits to be told under this address: they have been told, or it was never so."""

    reason: ClassVar[str] = "unreached-unknown"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("Nobody waits to be told here any more; go back to the list at the ledger.")


NO_REFERENCE = "That is no reference: check each character, as in KM-7F3K-92QM."


class ReferenceTaken(Conflict):
    """Every reference that was tried is in use."""

    reason: ClassVar[str] = "reference-taken"


class NothingToAdd(Rejected):
    """An addition came without a form, words or documents."""

    reason: ClassVar[str] = "nothing-to-add"


@dataclass(frozen=True)
class Attachment:
    """A file that came beside a form or with an addition: the sender's name for it, its media type, its bytes."""

    name: str
    media_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Posted:
    """How a mail was handed in: for whom, and by whom as the envelope says."""

    recipients: tuple[str, ...] = field(default=(), repr=False)
    envelope_sender: str = field(default="", repr=False)

    def to_json(self) -> str:
        """Return the JSON in which this is sealed and kept."""
        return json.dumps([self.recipients, self.envelope_sender])


@dataclass(frozen=True, kw_only=True)
class Original:
    """What came in, before anybody reads it.

    `form` is there when the door could read at once (API, web); else `unread_reason` says why not, in plain words.
    `reference` is that of a receipt given in an outage; "" lets a new one be made.
    `attachments` are kept and announced beside it, unopened; `partner_id` is whose system sent it, where one did.
    `perhaps` says of a mail why it may be no referral and is to be set aside, with how it was `posted`.
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
    attachments: tuple[Attachment, ...] = ()
    partner_id: UUID | None = None
    reference: str = ""
    likeness_key: bytes = field(default=b"", repr=False)
    perhaps: NoReferral | None = None
    posted: Posted = field(default_factory=Posted, repr=False)

    @property
    def size(self) -> int:
        """Return how many bytes are to be kept."""
        return len(self.body) + sum(len(each.body) for each in self.attachments)

    @property
    def as_file(self) -> Attachment:
        """Return what came in as a file that is added to another referral."""
        return Attachment(self.name, self.media_type, self.body)

    @property
    def email(self) -> str:
        """Return the referrer's address, "" where it is not known."""
        return self.reply_to or (self.form.referrer.email if self.form else "")

    @property
    def receipt_email(self) -> str:
        """Return where the receipt goes: "" without an address, and where the area sends no receipt."""
        return self.email if ProgressStage.RECEIVED in self.practice.tells else ""


@dataclass(frozen=True)
class Receipt:
    """What the sender gets; for an arrival that was known already, what its first one got.

    `waiting` says that it is in the spool: it is safe, and no team has been told. `repeated` says that it was known.
    """

    reference: str
    received_at: datetime
    waiting: bool = False
    repeated: bool = False


@dataclass(frozen=True, kw_only=True)
class Addition:
    """What a referrer sends later: the whole form corrected, words, documents, or several of them.

    `door` is where it came in. `keys` fold an exact repeat, as at a first arrival. `immediate_danger` says that the
    words tell of it. Of a form that software read, `reason` says in plain words why a person must look, with what was
    `found`. `acknowledge_to` is the address that hears of it by mail, in answer to `in_reply_to`; "" where the referrer
    sees so on the screen. `closed` are the files of a mail that were not opened; then `reason` and `found` are
    there without a form.
    """

    door: Door | None = None
    form: ReferralForm | None = field(default=None, repr=False)
    words: str = field(default="", repr=False)
    documents: tuple[Attachment, ...] = ()
    immediate_danger: bool = False
    keys: tuple[ArrivalKey, ...] = ()
    reason: str = ""
    found: Found = field(default_factory=Found, repr=False)
    acknowledge_to: str = field(default="", repr=False)
    in_reply_to: str = ""
    closed: tuple[Quarantined, ...] = ()


@dataclass(frozen=True)
class Added:
    """The version that an addition became; `repeated` when it had come before."""

    reference: str
    version: int
    repeated: bool = False
