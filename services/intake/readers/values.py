"""What reading gives: frozen values, with plain reasons that hold nothing personal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from contracts.vocabulary import ReferralForm

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
JSON = "application/json"
PDF = "application/pdf"
TEXT = "text/plain"
LONGEST_SHOWN = 100_000
"""So many characters at most of a file's text are kept for people to read beside the fields."""

TEXT_NAME = "text of the mail.txt"
"""What the mail's own text is called where it is read like a file."""


class Cause(StrEnum):
    """Why a file has no form, or not a whole one; for counting and routing, the sentence is for people."""

    NONE = ""
    NOT_A_FORM = "not-a-form"
    INCOMPLETE = "incomplete"
    DAMAGED = "damaged"
    TOO_BIG = "too-big"
    TOO_SLOW = "too-slow"
    CRASHED = "crashed"
    UNAVAILABLE = "unavailable"
    LOCKED = "locked"
    UNKNOWN_KIND = "unknown-kind"
    INFECTED = "infected"
    NOT_SCANNED = "not-scanned"


class Shape(StrEnum):
    """How a file is taken apart."""

    WORD = "word"
    PDF = "pdf"
    JSON = "json"
    TEXT = "text"
    OTHER = ""


ENDINGS: Mapping[str, Shape] = MappingProxyType(
    {"docx": Shape.WORD, "docm": Shape.WORD, "pdf": Shape.PDF, "json": Shape.JSON, "txt": Shape.TEXT}
)
MEDIA_TYPES: Mapping[str, Shape] = MappingProxyType(
    {WORD: Shape.WORD, PDF: Shape.PDF, JSON: Shape.JSON, TEXT: Shape.TEXT}
)


@dataclass(frozen=True)
class Attachment:
    """One file as it came: its name without any folder, its declared media type and its bytes.

    `cause` says why it must not be opened; `signature` is the malware scanner's name for what it found.
    """

    name: str
    media_type: str
    body: bytes = field(repr=False)
    cause: Cause = Cause.NONE
    signature: str = ""

    @property
    def shape(self) -> Shape:
        """Return how the reader takes this file apart, by its name and else by its media type; "" when it does not."""
        ending = self.name.lower().rpartition(".")[2]
        return ENDINGS.get(ending) or MEDIA_TYPES.get(self.media_type.lower()) or Shape.OTHER

    @property
    def may_be_form(self) -> bool:
        """Say whether the reader knows this kind of file."""
        return self.shape is not Shape.OTHER


@dataclass(frozen=True)
class ReadMessage:
    """A mail taken apart; whatever could not be read is empty and has a sentence among `problems`.

    `sender` is the bare address of From ("" if none).
    `cause` says why the mail as a whole was not opened, or was opened without a scan. `forms_in_text` are those of its
    texts, and of the messages inside it, that are laid out as the form.
    """

    sender: str = field(default="", repr=False)
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    problems: tuple[str, ...] = ()
    cause: Cause = Cause.NONE
    signature: str = ""
    forms_in_text: tuple[str, ...] = field(default=(), repr=False)

    @property
    def form_candidates(self) -> tuple[Attachment, ...]:
        """Return the attachments that may be a referral form, in the order of the mail, then the texts that are one."""
        written = tuple(Attachment(TEXT_NAME, TEXT, text.encode()) for text in self.forms_in_text)
        return *(attachment for attachment in self.attachments if attachment.may_be_form), *written


@dataclass(frozen=True)
class FormReading:
    """A form as far as it could be read.

    `form` is there as soon as the required answers are. `values` holds every answer as text by its dotted field path,
    the unusable ones too; `missing` and `doubtful` are field paths; `reason` is a sentence, empty when all was read.
    `text` is the file's own text as far as it has one, its beginning only, for people to compare with; `unplaced` are
    its words that stand in no field and do not belong to the empty form, in their order.
    """

    form: ReferralForm | None = field(default=None, repr=False)
    missing: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    reason: str = ""
    cause: Cause = Cause.NONE
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    text: str = field(default="", repr=False)
    unplaced: tuple[str, ...] = field(default=(), repr=False)

    @property
    def complete(self) -> bool:
        """Say whether everything on the form was read and understood, so that nobody has to key anything."""
        return self.form is not None and not self.doubtful and not self.unplaced
