"""Everything that happened as it is known here, and what was known on a day; the caller records the read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import Session
from contracts.vocabulary.assessment import Assessment
from contracts.vocabulary.pack import ChronologyLine
from services.channel import models
from services.channel.domain import HAPPENED, OUTCOME_LABELS, ClockName, Command
from services.channel.domain.chronology import DECISIONS, KINDS, Kind, Known, known_at, rule_of
from services.channel.queries.assessments import assessments
from services.channel.queries.awareness import same_person
from services.channel.queries.cases import TimelineEntry, timeline
from services.channel.queries.holding import Held
from services.channel.queries.obligations import ObligationView, obligations
from services.channel.queries.packs import NEWEST_PACK, corrections, pack_view
from services.channel.queries.planning import plan_versions

HERE = "Channel"
POLICE = "the police"
_CASE = UUID(int=0)


@dataclass(frozen=True)
class Happening:
    """One thing that happened: when, who told of it, and in which words.

    `recorded_at` is when it became known here, which may be later. `rule` and `area_version` are empty for what was not
    decided here.
    """

    at: datetime
    recorded_at: datetime
    kind: Kind
    what: str
    where: str = HERE
    words: str = ""
    by: str = ""
    rule: str = ""
    area_version: str = ""


@dataclass(frozen=True)
class ClockThen:
    """A clock that ran on a day; `due_at` is None where it has been started again since, so that no row tells it."""

    name: ClockName
    since: datetime
    area_version: str
    due_at: datetime | None


@dataclass(frozen=True)
class AsAt:
    """A case as it was known at a moment; `known` is None where nothing of it had come yet."""

    known: Known | None
    assessment: Assessment | None = None
    owed: tuple[ObligationView, ...] = ()
    clocks: tuple[ClockThen, ...] = ()
    decisions: tuple[Happening, ...] = ()
    happened: tuple[Happening, ...] = field(default=())


async def chronology(session: Session, held: Held) -> tuple[Happening, ...]:
    """Return everything that happened to a case and to the person's referrals, as it is known here, oldest first."""
    found = [
        *await _referred(session, held),
        *await _packs(session, held),
        *(_step(entry) for entry in await timeline(session, held.subject)),
        *await _said_since(session, held),
    ]
    return tuple(sorted(found, key=lambda each: each.at))


async def as_at(session: Session, held: Held, until: datetime) -> AsAt:
    """Return a case as it was known at a moment: what was recorded later is left out, whenever it happened."""
    lines = await timeline(session, held.subject)
    known = known_at(lines, until)
    made = [each for each in await assessments(session, held.subject) if each.completed_at <= until]
    owed = [each for each in await obligations(session, held.subject) if _open_then(each, until)]
    happened = tuple(each for each in await chronology(session, held) if each.recorded_at <= until)
    return AsAt(
        known=known,
        assessment=made[0] if made else None,
        owed=tuple(owed),
        clocks=await _clocks_then(session, held.subject, known) if known else (),
        decisions=tuple(_step(line) for line in lines if line.at <= until and Command(line.command) in DECISIONS),
        happened=happened,
    )


def _open_then(each: ObligationView, until: datetime) -> bool:
    return each.made_at <= until and (each.ended_at is None or each.ended_at > until)


def _step(entry: TimelineEntry) -> Happening:
    command = Command(entry.command)
    return Happening(
        at=entry.at,
        recorded_at=entry.at,
        kind=KINDS.get(command, Kind.NOTE),
        what=HAPPENED[command],
        words=entry.note,
        by=entry.by,
        rule=rule_of(command),
        area_version=entry.area_version,
    )


async def _referred(session: Session, held: Held) -> list[Happening]:
    aware, decided = models.awareness, models.police_decision
    rows = await session.rows(select(aware).where(aware.c.subject == held.subject))
    found = [
        Happening(row.received_at, row.received_at, Kind.REFERRAL, f"Referral {row.reference} received") for row in rows
    ]
    rows = await session.rows(select(decided).where(decided.c.subject == held.subject).order_by(decided.c.decided_at))
    for row in rows:
        label = OUTCOME_LABELS.get(row.outcome, row.outcome)
        found.append(Happening(row.decided_at, row.decided_at, Kind.POLICE, f"Police decision: {label}", POLICE))
    return found


async def _packs(session: Session, held: Held) -> list[Happening]:
    """Return what the packs told of the person's referrals, each line once however often it came."""
    table = models.pack
    rows = await session.rows(select(table).where(table.c.subject == held.subject).order_by(*NEWEST_PACK))
    came: dict[ChronologyLine, datetime] = {}
    for row in rows:
        for line in (await pack_view(session, row)).parts.chronology:
            came[line] = min(row.offered_at, came.get(line, row.offered_at))
    return [_told(line, max(line.at, recorded), held) for line, recorded in came.items()]


def _told(line: ChronologyLine, recorded_at: datetime, held: Held) -> Happening:
    what, _, words = line.what.partition("\n\n")
    where = held.situation.from_panel or POLICE
    return Happening(line.at, recorded_at, Kind.REFERRAL, f"{line.reference}: {what}", where, words, line.by)


async def _said_since(session: Session, held: Held) -> list[Happening]:
    found = [
        Happening(
            told.corrected_at,
            told.corrected_at,
            Kind.POLICE,
            "The police were mistaken in what they had passed on",
            POLICE,
            told.words,
            told.corrected_by,
        )
        for told in await corrections(session, held.subject)
    ]
    same = (await same_person(session, [held.reference])).get(held.reference)
    if same and same.others:
        table = models.same_person
        since = await session.scalar(
            select(func.max(table.c.since)).where(table.c.reference == held.reference, table.c.separated_at.is_(None))
        )
        what = f"Held for the same person as {', '.join(same.others)}"
        found.append(Happening(since, since, Kind.POLICE, what, POLICE))
    for apart in same.apart if same else ():
        shared = f"Shared on the wrong belief: {'; '.join(apart.shared)}." if apart.shared else ""
        what = f"Not the same person as {apart.reference}: the police held them for one until then"
        found.append(Happening(apart.at, apart.at, Kind.POLICE, what, POLICE, shared))
    return found


async def _clocks_then(session: Session, subject: UUID, known: Known) -> tuple[ClockThen, ...]:
    """Return the clocks of the case that ran, each with its date where its row is still that of then."""
    table = models.clock
    rows = await session.rows(select(table).where(table.c.subject == subject, table.c.about == _CASE))
    dates = {(row.name, row.started_at): row.due_at for row in rows if not row.times_extended}
    return tuple(
        ClockThen(running.name, running.since, running.area_version, dates.get((running.name, running.since)))
        for running in known.clocks.values()
    )


@dataclass(frozen=True)
class Paper:
    """One version of a document that the case has brought forth: what it is, when it was made and by whom."""

    what: str
    at: datetime
    by: str


async def papers(session: Session, held: Held) -> tuple[Paper, ...]:
    """Return every version of the documents of a case, newest first: packs, assessments, plans, closing reports."""
    pack, report = models.pack, models.closing_report
    rows = await session.rows(select(pack).where(pack.c.subject == held.subject))
    found = [Paper(f"Pack ({row.kind.replace('-', ' ')})", row.offered_at, row.decided_by) for row in rows]
    found += [
        Paper(f"Assessment {each.number}: {each.name}, edition {each.edition}", each.completed_at, each.completed_by)
        for each in await assessments(session, held.subject)
    ]
    found += [
        Paper(f"Support plan, version {each.number}", each.completed_at, each.by)
        for each in await plan_versions(session, held.subject)
    ]
    rows = await session.rows(select(report).where(report.c.subject == held.subject))
    found += [Paper(f"Closing report {row.number}", row.completed_at, row.by_name) for row in rows]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def of_kind(found: Iterable[Happening], kind: Kind | None, *, newest_first: bool) -> Sequence[Happening]:
    """Return the happenings of one kind, or all, in the order that is asked for."""
    chosen = [each for each in found if kind is None or each.kind is kind]
    return chosen[::-1] if newest_first else chosen
