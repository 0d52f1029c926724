"""Synthetic assessments: what an officer types, and the operations that keep it."""

from datetime import datetime
from uuid import UUID

from areas.instruments import SHIPPED, LoadedInstrument, parse_instrument
from chassis.database import Session
from contracts.vocabulary import Role
from contracts.vocabulary.assessment import Assessment, Check, Draft, Instrument, Kind, Presence, Written
from services.triage import operations, queries
from services.triage.domain import Command, Practice
from services.triage.operations import Act
from tests.triage.builders import INSTRUMENTS, NOW, officer

TEMPLATE = INSTRUMENTS["gateway"]
VAF = INSTRUMENTS["vaf"]
COLLEAGUE = officer(Role.GATEWAY_OFFICER, name="Tariq Synthetic")


def newer(*, without: str = "gaps") -> Instrument:
    """Return the next edition of the Gateway template, in which one factor is gone."""
    text = (SHIPPED / "gateway-2026.yaml").read_text("utf-8").replace('edition: "2026"', 'edition: "2027"')
    loaded = parse_instrument(text.replace(f"id: {without}\n", "id: brand-new\n"), "instruments/gateway-2027.yaml")
    assert isinstance(loaded, LoadedInstrument)
    return loaded.instrument


def written(instrument: Instrument, presence: Presence = Presence.NOT_KNOWN, words: str = "") -> tuple[Written, ...]:
    """Return the same answer to every factor of an instrument; every check is done."""
    return tuple(
        Written(factor=factor.id, label=factor.label, answer=Check.DONE)
        if factor.kind is Kind.CHECK
        else Written(factor=factor.id, label=factor.label, answer=presence, narrative=words)
        for factor in instrument.factors()
    )


def draft(instrument: Instrument, presence: Presence = Presence.NOT_KNOWN, words: str = "") -> Draft:
    """Return a draft that lacks nothing, of a second assessment too."""
    return Draft(
        finding="limited-information",
        summary="A synthetic summary.",
        management_plan="Ask the school.",
        changed="Nothing that anybody knows of.",
        written=written(instrument, presence, words),
    )


async def write(session: Session, subject: UUID, instrument: Instrument, typed: Draft, now: datetime = NOW) -> UUID:
    """Begin a draft and save it; returns its id."""
    placed = await queries.held(session, subject)
    draft_id = await queries.ASSESSMENTS.begin_draft(session, placed, instrument, now)
    held = await queries.ASSESSMENTS.hold(session, placed, draft_id)
    await queries.ASSESSMENTS.save(session, placed, held, typed, now)
    return draft_id


async def assess(session: Session, subject: UUID, practice: Practice, typed: Draft | None = None) -> Assessment:
    """Write and complete a Gateway assessment."""
    instrument = practice.instruments["gateway"]
    draft_id = await write(session, subject, instrument, typed or draft(instrument))
    placed = await queries.held(session, subject)
    return await operations.complete_assessment(session, placed, draft_id, Act(Command.ASSESS, NOW), practice)
