"""The pack that is handed to Channel: what was gathered, the person's chronology, and what was shared with whom."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, Table, select

from chassis import documents
from chassis.database import Session
from contracts.envelope import DocumentReference
from contracts.vocabulary import ReferralForm
from contracts.vocabulary.assessment import Assessment
from contracts.vocabulary.pack import ChronologyLine, GatheredInformation, Sharing
from services.triage import models
from services.triage.domain import CHRONICLED, DECISIONS, WORDED, Command, Obligation, Practice
from services.triage.queries.assessments import latest_assessment
from services.triage.queries.holding import Held, latest_form
from services.triage.queries.obligations import obligations
from services.triage.queries.pairs import linked

CHANNEL = "Channel"
HANDED = (Command.PASS_ON, Command.SECTION_36)
CALLED_OFF = "The signpost was cancelled."
CANCELLED = "No answer; the request was cancelled."
_SHARED_BY = {Obligation.SIGNPOST: "A signpost", Obligation.REQUEST: "A question about the person"}
_ORDER = {"decision": "decided_at", "history": "id", "obligation": "made_at", "handover": "offered_at"}
OFFERED = "A message with the offer to take the referral"
KEPT_INSIDE = "A referral whose record is restricted: ask the police about it"


class ChannelGathered(BaseModel):
    """What the bodies answered that Channel asked, sealed as it reported them."""

    model_config = ConfigDict(frozen=True)

    gathered: tuple[GatheredInformation, ...] = ()


@dataclass(frozen=True)
class Pack:
    """A pack without the words of the decision that hands it over; `form` and `assessment` are None while missing.

    `others` are the person's other referrals of which it tells what was done and said.
    """

    form: ReferralForm | None
    assessment: Assessment | None
    gathered: tuple[GatheredInformation, ...]
    chronology: tuple[ChronologyLine, ...]
    shared: tuple[Sharing, ...]
    documents: tuple[DocumentReference, ...]
    others: tuple[UUID, ...] = ()


async def pack_of(session: Session, held: Held, practice: Practice, now: datetime) -> Pack:
    """Return the pack of a referral as it would be handed over now: of all referrals of the person.

    Nothing of the intelligence unit enters, and of another referral that is restricted only that it is there.
    """
    rows = await _referrals(session, held)
    chronology: list[ChronologyLine] = []
    shared: list[Sharing] = []
    for row in rows:
        if row.restricted and row.subject != held.subject:
            chronology.append(ChronologyLine(reference=row.reference, at=row.received_at, what=KEPT_INSIDE))
            continue
        chronology += await _happened(session, row)
        chronology += await _decided(session, row)
        chronology += await _signposted(session, row)
        shared += await _shared(session, row, practice, now)
    return Pack(
        form=await latest_form(session, held.subject),
        assessment=await latest_assessment(session, held.subject),
        gathered=await gathered(session, held.subject),
        chronology=tuple(sorted(chronology, key=lambda line: line.at)),
        shared=tuple(sorted(shared, key=lambda each: each.at)),
        documents=await documents.listed(session, held.subject),
        others=tuple(row.subject for row in rows if row.subject != held.subject and not row.restricted),
    )


async def gathered(session: Session, subject: UUID) -> tuple[GatheredInformation, ...]:
    """Return what was gathered about a referral and by whom: partners' answers, then what police or Channel conclude.

    A request that was cancelled stands with the reason, so that nobody takes it for an answer.
    """
    asked = [each for each in await obligations(session, subject) if each.kind is Obligation.REQUEST and each.ended_at]
    found = [
        GatheredInformation(
            body=each.owner,
            asked=each.message,
            answer=f"{CANCELLED} {each.report}".strip() if each.state == "cancelled" else each.report,
            at=each.ended_at or each.made_at,
        )
        for each in asked
    ]
    for row in await _rows_of(session, models.decision, subject, (Command.GATHERED,)):
        words = await _text(session, subject, row.sealed_rationale)
        found.append(GatheredInformation(body=f"Police: {row.by_name}", answer=words, at=row.decided_at))
    found += await _by_channel(session, subject)
    for row in await _rows_of(session, models.history, subject, (Command.CHANNEL_GATHERED,)):
        words = await _text(session, subject, row.sealed_note)
        found.append(GatheredInformation(body=CHANNEL, answer=words, at=row.at))
    return tuple(sorted(found, key=lambda each: each.at))


async def _by_channel(session: Session, subject: UUID) -> list[GatheredInformation]:
    """Return what the bodies answered that Channel asked, as it reported them."""
    table = models.channel_gathered
    wanted = (table.c.subject == subject) & table.c.sealed_gathered.is_not(None)
    rows = await session.rows(select(table).where(wanted).order_by(table.c.gathered_at, table.c.id))
    kept = [await session.unseal_model(subject, row.sealed_gathered, ChannelGathered) for row in rows]
    return [each for reported in kept for each in reported.gathered]


_line = models.history
_arrived = (
    select(_line.c.area_version)
    .where(_line.c.subject == models.referral.c.subject, _line.c.command == Command.RECEIVE)
    .limit(1)
    .scalar_subquery()
    .label("arrived_under")
)
"""The version of the area's practice by which somebody was told of a referral, whatever it has moved to since."""


async def _referrals(session: Session, held: Held) -> Sequence[Row[Any]]:
    table = models.referral
    wanted = (held.reference, *await linked(session, held.reference))
    named = (table.c.subject, table.c.reference, table.c.received_at, table.c.restricted, table.c.district, _arrived)
    return await session.rows(select(*named).where(table.c.reference.in_(wanted)).order_by(table.c.received_at))


async def _happened(session: Session, referral: Row[Any]) -> list[ChronologyLine]:
    told = [command for command in CHRONICLED if command not in DECISIONS and command is not Command.REPORTED]
    lines = []
    for row in await _rows_of(session, models.history, referral.subject, told):
        command = Command(row.command)
        note = await _text(session, referral.subject, row.sealed_note) if command in WORDED else ""
        by = "" if row.by_id.partition("/")[0] == session.service else row.by_name
        at = referral.received_at if command is Command.RECEIVE else row.at
        lines.append(ChronologyLine(reference=referral.reference, at=at, what=_said(command, note), by=by))
    return lines


async def _decided(session: Session, referral: Row[Any]) -> list[ChronologyLine]:
    told = [command for command in CHRONICLED if command in DECISIONS]
    return [
        ChronologyLine(
            reference=referral.reference,
            at=row.decided_at,
            what=_said(
                Command(row.command),
                f"({row.reason.replace('-', ' ')})" if row.reason else "",
                await _text(session, referral.subject, row.sealed_rationale),
                await _text(session, referral.subject, row.sealed_grounds),
            ),
            by=row.by_name,
        )
        for row in await _rows_of(session, models.decision, referral.subject, told)
    ]


async def _signposted(session: Session, referral: Row[Any]) -> list[ChronologyLine]:
    """Return how each signpost ended, whether the service said so itself or told an officer."""
    return [
        ChronologyLine(
            reference=referral.reference,
            at=row.ended_at,
            what=_said(
                Command.REPORTED,
                CALLED_OFF if row.state == "cancelled" else "",
                await _text(session, referral.subject, row.sealed_report),
            ),
            by=row.owner,
        )
        for row in await _rows_of(session, models.obligation, referral.subject, (Obligation.SIGNPOST,))
        if row.ended_at is not None
    ]


def _said(command: Command, *words: str) -> str:
    return "\n\n".join([CHRONICLED[command], *(each for each in words if each.strip())])


async def _shared(session: Session, referral: Row[Any], practice: Practice, now: datetime) -> list[Sharing]:
    found = [
        Sharing(what=each.what, shared_with=each.name, at=referral.received_at)
        for each in practice.recipients_of(referral.arrived_under, referral.district)
    ]
    found += [
        Sharing(what=_SHARED_BY[Obligation(row.kind)], shared_with=row.owner, at=row.made_at)
        for row in await _rows_of(session, models.obligation, referral.subject, tuple(_SHARED_BY))
    ]
    found += [
        Sharing(what="A pack with identity", shared_with=CHANNEL, at=row.offered_at)
        for row in await _rows_of(session, models.handover, referral.subject, HANDED)
        # What is being handed over at this moment is the pack itself.
        if row.offered_at < now
    ]
    offers = select(models.transfer).where(models.transfer.c.subject == referral.subject)
    found += [
        Sharing(what=OFFERED, shared_with=practice.forces.get(row.force, row.force), at=row.offered_at)
        for row in await session.rows(offers)
    ]
    table = models.correction
    corrected = select(table).where(table.c.subject == referral.subject, table.c.told_channel)
    found += [
        Sharing(what="A correction", shared_with=CHANNEL, at=row.corrected_at) for row in await session.rows(corrected)
    ]
    return [each.model_copy(update={"what": f"{each.what} ({referral.reference})"}) for each in found]


async def _rows_of(session: Session, table: Table, subject: UUID, named: Collection[StrEnum]) -> Sequence[Row[Any]]:
    """Return the rows about a referral whose command or kind is one of those named."""
    which = table.c.command if "command" in table.c else table.c.kind
    order = table.c[_ORDER[table.name]]
    return await session.rows(
        select(table).where(table.c.subject == subject, which.in_(named)).order_by(order, table.c.id)
    )


async def _text(session: Session, subject: UUID, sealed: bytes | None) -> str:
    return await session.unseal_text(subject, sealed) if sealed else ""
