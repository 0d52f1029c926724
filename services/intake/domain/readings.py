"""How far the reading of an original has got, and what it led to."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import ClassVar, Self

from chassis.errors import Conflict
from contracts.vocabulary import ReferralForm, VersionMaker
from services.intake.domain.quarantine import Quarantined

BEING_READ = "The software is reading the original."

GIVEN_UP = "The software tried to read this and stopped each time; open the original with care."

MOST_SHOWN = 100_000
"""So many characters of an original's texts are kept at most for people to read beside the fields."""
CUT = "Only its beginning is shown here: download the original for the rest."

READING_TRIES = 3
"""How often the software tries to read an original before a person gets it."""


class ReferralAlreadyRead(Conflict):
    """The original has been read or completed in the meantime."""

    reason: ClassVar[str] = "referral-already-read"


class Reading(StrEnum):
    """How far the reading of an original has got."""

    READ = "read"
    BEING_READ = "being-read"
    UNREAD = "unread"
    COMPLETED = "completed"
    ERASED = "erased"


STILL_OPEN = frozenset({Reading.BEING_READ, Reading.UNREAD})
"""Nobody has a whole form of these yet: the software is at it, or a person is to be."""


@dataclass(frozen=True)
class ShownText:
    """A text of an original, for a person to compare with the fields; the mail's own has no `name`.

    `note` says in a sentence what is to be known of it, why it is empty say.
    """

    name: str = field(repr=False)
    text: str = field(repr=False)
    note: str = ""


def bounded(texts: Sequence[ShownText]) -> Iterator[ShownText]:
    """Yield the texts as far as they fit in `MOST_SHOWN` characters together; what is cut says so."""
    left = MOST_SHOWN
    for each in texts:
        if len(each.text) <= left:
            yield each
        else:
            yield replace(each, text=each.text[:left], note=f"{each.note} {CUT}".strip())
        left = max(0, left - len(each.text))


@dataclass(frozen=True)
class Found:
    """What the software made out of an original that it could not read in full, by field path, as text.

    `texts` are those of the original, where a person has to look; `named` the references of ours that a mail names.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    missing: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    texts: tuple[ShownText, ...] = field(default=(), repr=False)
    named: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return the JSON in which this is sealed and kept."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote, also before there were texts and references in it."""
        raw = json.loads(text)
        texts = tuple(ShownText(**each) for each in raw.get("texts", ()))
        return cls(raw["values"], tuple(raw["missing"]), tuple(raw["doubtful"]), texts, tuple(raw.get("named", ())))


@dataclass(frozen=True)
class Outcome:
    """What reading an original led to; `reason` says in plain words why a person must look, empty when nobody must.

    `in_reply_to` is the Message-ID of the mail that the receipt answers. `made_by` says whether the software read it,
    or an officer at the desk found the form in a mail.
    """

    form: ReferralForm | None = None
    reason: str = ""
    found: Found = field(default_factory=Found)
    quarantined: tuple[Quarantined, ...] = ()
    in_reply_to: str = ""
    made_by: VersionMaker = VersionMaker.SOFTWARE
