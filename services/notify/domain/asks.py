"""What people outside are asked by a link with a one-time code: when it is open, how codes work, what mails call it."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.errors import Conflict, Missing
from contracts.vocabulary import AskKind

CODE_WORKS = timedelta(minutes=15)
"""So long a one-time code works after it was made."""
MOST_TRIES = 5
"""So many tries a code has; after them another one must be mailed."""
MOST_CODES = 5
"""So many codes may be mailed for one ask within CODES_WITHIN."""
CODES_WITHIN = timedelta(hours=1)
A_DAY = timedelta(days=1)
MOST_CODES_A_DAY = 20
"""So many codes may be mailed for one ask within A_DAY."""
MOST_WRONG_A_DAY = 30
"""After so many wrong tries within A_DAY, over all codes of one ask, none is mailed: no one guesses for ever.

One that was mailed before still opens it, as long as it has tries: nobody is shut out by whoever guesses beside them.
"""
CODE_DIGITS = 6
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_SPACES = re.compile(r"[\s-]+")


class AskAbsent(Missing):
    """There is no such ask."""

    reason: ClassVar[str] = "ask-absent"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("Nothing is asked by this link; ring the Channel team, with the reference in their mail.")


class AskClosed(Conflict):
    """What was asked is not open to an answer: answered, ended, over, or not open yet."""

    reason: ClassVar[str] = "ask-closed"


class AskState(StrEnum):
    """How an ask stands at a moment; only an open one shows anything or takes an answer."""

    OPEN = "open"
    NOT_YET = "not-yet"
    ANSWERED = "answered"
    ENDED = "ended"
    OVER = "over"


@dataclass(frozen=True)
class AskTimes:
    """The moments that decide how an ask stands."""

    opens_at: datetime | None
    due_at: datetime
    expires_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None


def ask_state(times: AskTimes, now: datetime) -> AskState:
    """Return how an ask stands: an answer comes before its end, and its end before its time."""
    if times.answered_at is not None:
        return AskState.ANSWERED
    if times.ended_at is not None:
        return AskState.ENDED
    if now >= times.expires_at:
        return AskState.OVER
    return AskState.NOT_YET if times.opens_at is not None and now < times.opens_at else AskState.OPEN


class Entered(StrEnum):
    """What became of a code that somebody entered."""

    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"
    NONE = "none"


@dataclass(frozen=True)
class CodeKept:
    """A code as it is kept: its keyed digest, when it was made, how often it was tried, when it was used."""

    digest: str
    made_at: datetime
    tries: int
    used_at: datetime | None = None


class Mailing(StrEnum):
    """Whether one more code goes out, or which measure is full."""

    GOES = "goes"
    HOUR = "hour"
    DAY = "day"
    BARRED = "barred"


@dataclass(frozen=True)
class CodesCounted:
    """How many codes were made for an ask within CODES_WITHIN and within A_DAY, and how often these were tried wrongly.

    A code works for minutes: its tries are counted at the moment when it was made.
    """

    within_hour: int = 0
    within_day: int = 0
    wrong: int = 0

    @property
    def is_barred(self) -> bool:
        """Say whether no code is mailed until some of these tries lie a day back."""
        return self.wrong >= MOST_WRONG_A_DAY


def mailing(counted: CodesCounted) -> Mailing:
    """Return whether one more code goes out; what makes somebody wait longest is said first."""
    if counted.is_barred:
        return Mailing.BARRED
    if counted.within_day >= MOST_CODES_A_DAY:
        return Mailing.DAY
    return Mailing.HOUR if counted.within_hour >= MOST_CODES else Mailing.GOES


def code_of(typed: str) -> str:
    """Return the six digits of a code as somebody typed it, with spaces or hyphens; "" where it is none."""
    plain = _SPACES.sub("", typed)
    return plain if _CODE.fullmatch(plain) else ""


def code_digest(key: bytes, ask_id: UUID, code: str) -> str:
    """Return what is kept of a code: nobody finds the code from it who has not our key."""
    return hmac.digest(key, f"code:{ask_id}:{code}".encode(), "sha256").hex()


def code_is_live(kept: CodeKept, now: datetime) -> bool:
    """Say whether a code can still be entered."""
    return kept.used_at is None and kept.tries < MOST_TRIES and now - kept.made_at < CODE_WORKS


def entered(kept: CodeKept | None, digest: str, now: datetime) -> Entered:
    """Return what becomes of a code that was entered, against the newest one that was mailed.

    A code that was used, tried too often or is too old opens nothing, right or wrong.
    """
    if kept is None or not code_is_live(kept, now):
        return Entered.NONE
    if hmac.compare_digest(kept.digest, digest):
        return Entered.RIGHT
    return Entered.WRONG if kept.tries + 1 < MOST_TRIES else Entered.SPENT


MAIL_WORDS: Mapping[AskKind, str] = {
    AskKind.INFORMATION: "a request for information",
    AskKind.ACTION: "an action that was agreed with you",
    AskKind.SIGNPOST: "a signpost to your service",
    AskKind.SESSION: "a report of a session",
    AskKind.INVITATION: "an invitation to a Channel panel",
    AskKind.PACK: "a pack for a Channel panel",
    AskKind.CONSENT_CHANGE: "a change of consent",
    AskKind.TRANSFER: "a transfer between Channel panels",
}
"""What mails and closed pages call what is asked: never a word that somebody typed."""

MAIL_WORDS_CY: Mapping[AskKind, str] = {
    AskKind.INFORMATION: "cais am wybodaeth",
    AskKind.ACTION: "cam gweithredu y cytunwyd arno gyda chi",
    AskKind.SIGNPOST: "cais i’ch gwasanaeth helpu",
    AskKind.SESSION: "cais am adroddiad ar sesiwn",
    AskKind.INVITATION: "gwahoddiad i banel Channel",
    AskKind.PACK: "pecyn ar gyfer panel Channel",
    AskKind.CONSENT_CHANGE: "newid i gydsyniad",
    AskKind.TRANSFER: "trosglwyddiad rhwng paneli Channel",
}
"""The same in Welsh, a machine's draft like the templates that they stand in."""


def mail_words(kind: AskKind, language: str) -> str:
    """Return what a mail in a language calls what is asked."""
    return (MAIL_WORDS_CY if language == "cy" else MAIL_WORDS)[kind]


ANSWERABLE = frozenset(AskKind) - {AskKind.PACK}
"""What can be answered; a pack is read, and nothing else."""


def ask_stage(kind: AskKind, due: date) -> str:
    """Return what a notice keeps of the ask that it tells of: its kind and the day by which it is due."""
    return f"{kind} {due.isoformat()}"


def read_ask_stage(stage: str) -> tuple[AskKind, date]:
    """Return the kind and the day of `ask_stage`."""
    kind, _, due = stage.partition(" ")
    return AskKind(kind), date.fromisoformat(due)
