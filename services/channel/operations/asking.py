"""How somebody outside is asked by a link, and what is done with what comes back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import update

from chassis import outbox
from chassis.database import Session
from chassis.outbox import About
from contracts.channel.notices import AskEnded, AskMade, AskMoved
from contracts.vocabulary import AskKind, ChangeTaken
from contracts.vocabulary.asking import AskAnswer, AskSection
from services.channel import models, queries
from services.channel.domain import NOTHING_KNOWN, Command, Practice, Record
from services.channel.operations.saving import Act, carry_out
from services.channel.queries import Held

WORKS_FOR = timedelta(days=90)
"""How long a link works where nothing else is said (decision 0031)."""


class AskedAbout(Protocol):
    """What somebody outside is asked about: a case, or a meeting of the panel."""

    @property
    def subject(self) -> UUID:
        """Return its id."""

    @property
    def area(self) -> str:
        """Return its area."""

    @property
    def area_version(self) -> str:
        """Return the version of the area's practice that it is under."""

    @property
    def reference(self) -> str:
        """Return how mails name it."""

    @property
    def correlation_id(self) -> UUID | None:
        """Return the id that joins everything that one referral caused; None for a meeting."""


@dataclass(frozen=True)
class Asking:
    """What somebody outside is asked, or shown: `ask_id` is the id of the request, session, pack or transfer.

    `recipient` is an id of the area file; where it is empty, `address` is the mail address that was typed. `stops` says
    of a change of consent that support ends.
    """

    ask_id: UUID
    kind: AskKind
    name: str
    title: str
    due_at: datetime
    recipient: str = ""
    address: str = ""
    shown: tuple[AskSection, ...] = ()
    questions: tuple[str, ...] = ()
    stops: bool | None = None
    opens_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Reply:
    """What came back by a link: who said what, and when."""

    ask_id: UUID
    kind: AskKind
    at: datetime
    by: str = ""
    report: str = ""
    answers: tuple[AskAnswer, ...] = ()
    accepted: bool | None = None
    taker: str = ""
    taken: ChangeTaken | None = None

    def words(self) -> str:
        """Return the report and every answer under its question, as history keeps them."""
        return in_words(self.report, self.answers)


def in_words(report: str, answers: tuple[AskAnswer, ...]) -> str:
    """Return a report and every answer under its question."""
    said = (
        f"{each.question}\n{f'{NOTHING_KNOWN} {each.words}'.strip() if each.nothing_known else each.words}"
        for each in answers
    )
    return "\n\n".join(part.strip() for part in (report, *said) if part.strip())


@dataclass(frozen=True)
class Look:
    """That somebody opened what they were shown, tried to after it had expired, or says that they have read a brief."""

    ask_id: UUID
    kind: AskKind
    at: datetime
    refused: bool = False
    acknowledged: bool = False


@dataclass(frozen=True)
class Undelivered:
    """That a mail with a link could not be delivered, or has `reached` its recipient after all."""

    ask_id: UUID
    kind: AskKind
    at: datetime
    reached: bool = False


Answered = Callable[[Session, Held, Reply, Practice, datetime], Awaitable[None]]
Seen = Callable[[Session, Held, Look, Practice, datetime], Awaitable[None]]


async def ask(session: Session, held: AskedAbout, asking: Asking, now: datetime) -> None:
    """Have a link mailed to somebody outside."""
    asked = AskMade(
        reference=held.reference,
        ask_id=asking.ask_id,
        kind=asking.kind,
        made_at=now,
        made_by=session.actor.called,
        recipient=asking.recipient,
        address=asking.address.strip(),
        name=asking.name,
        title=asking.title,
        shown=asking.shown,
        questions=asking.questions,
        stops=asking.stops,
        opens_at=asking.opens_at,
        due_at=asking.due_at,
        expires_at=asking.expires_at or now + WORKS_FOR,
    )
    await outbox.add(session, asked, about=_about(held))


async def end_ask(session: Session, held: AskedAbout, ask_id: UUID, now: datetime, *, cancelled: bool) -> None:
    """Let a link say that no answer is needed any more."""
    ended = AskEnded(reference=held.reference, ask_id=ask_id, ended_at=now, cancelled=cancelled)
    await outbox.add(session, ended, about=_about(held))


@dataclass(frozen=True)
class Moved:
    """By when something is due now and until when its link works; `paused` where its clock stands still."""

    due_at: datetime
    expires_at: datetime
    paused: bool = False


async def move_ask(session: Session, held: AskedAbout, ask_id: UUID, moved: Moved, now: datetime) -> None:
    """Let what reminds of an asking follow its clock."""
    event = AskMoved(
        reference=held.reference,
        ask_id=ask_id,
        moved_at=now,
        due_at=moved.due_at,
        expires_at=moved.expires_at,
        paused=moved.paused,
    )
    await outbox.add(session, event, about=_about(held))


async def hear_reply(
    session: Session, subject: UUID, reply: Reply, ways: tuple[Mapping[AskKind, Answered], Practice], now: datetime
) -> None:
    """Hand what came back to what it is about; CaseNotFound where the case is not here."""
    answered, practice = ways
    await session.lock(subject)
    held = await queries.held(session, subject)
    await answered[reply.kind](session, held, reply, practice, now)


async def hear_look(
    session: Session, subject: UUID, look: Look, ways: tuple[Mapping[AskKind, Seen], Practice], now: datetime
) -> None:
    """Note that somebody looked; what nobody keeps a look of is left alone."""
    seen, practice = ways
    if look.kind not in seen:
        return
    await session.lock(subject)
    await seen[look.kind](session, await queries.held(session, subject), look, practice, now)


async def note_undelivered(
    session: Session, subject: UUID, told: Undelivered, practice: Practice, now: datetime
) -> None:
    """Write in the case's history that a mail with a link did not arrive: somebody is asked in another way.

    A request or an action is marked, so that whoever looks at what is owed sees it there.
    """
    table = models.obligation
    this = (table.c.id == told.ask_id) & (table.c.subject == subject)
    owner = await queries.obligation_owner(session, subject, told.ask_id)
    to = f" to {owner}" if owner else ""
    became = "has gone out after all." if told.reached else "could not be delivered: ask in another way."
    words = f"The mail{to} with the link ({told.kind.replace('-', ' ')}) {became}"
    command = Command.MAILED_AFTER_ALL if told.reached else Command.UNDELIVERED
    await carry_out(session, subject, Act(command, now, Record(reason=words)), practice)
    await session.execute(update(table).where(this).values(undelivered_at=None if told.reached else told.at))


def _about(held: AskedAbout) -> About:
    return About(held.subject, held.area, held.area_version, held.correlation_id)
