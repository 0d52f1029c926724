"""Synthetic assessments of a case: what a coordinator types, and complete ones for tests that need a factor."""

from datetime import datetime
from uuid import UUID

from areas.instruments import load_instruments
from chassis.actor import Actor
from contracts.vocabulary.assessment import Assessment, Check, Draft, Instrument, Kind, Presence, Written
from services.channel import operations, queries
from services.channel.domain import Command
from services.channel.operations import Act
from tests.channel.builders import CORA, NOW, GivenPractices, coordinator, practice
from tests.channel.conftest import Team

INSTRUMENTS = {each.instrument.id: each.instrument for each in load_instruments()[0]}
VAF = INSTRUMENTS["vaf"]
COLLEAGUE = coordinator(name="Carl Synthetic")


def equipped(*instruments: Instrument) -> GivenPractices:
    """Return local practice with instruments, the vulnerability assessment framework unless others are given."""
    return GivenPractices(practice(instruments={each.id: each for each in instruments or (VAF,)}))


def written(instrument: Instrument, present: tuple[str, ...] = (), words: str = "Told by the school.") -> Draft:
    """Return a draft that lacks nothing: some factors are present, with words and evidence, all others not known."""
    return Draft(
        summary="A synthetic summary.",
        management_plan="Ask the school.",
        changed="Nothing that anybody knows of.",
        written=tuple(_written(instrument, each.id, present, words) for each in instrument.factors()),
    )


def _written(instrument: Instrument, name: str, present: tuple[str, ...], words: str) -> Written:
    factor = next(each for each in instrument.factors() if each.id == name)
    if factor.kind is Kind.CHECK:
        return Written(factor=name, label=factor.label, answer=Check.DONE)
    if name in present:
        evidence = "Seen by a teacher (synthetic)."
        return Written(factor=name, label=factor.label, answer=Presence.PRESENT, narrative=words, evidence=evidence)
    return Written(factor=name, label=factor.label, answer=Presence.NOT_KNOWN)


async def begun(team: Team, subject: UUID, typed: Draft | None = None, *, by: Actor = CORA) -> UUID:
    """Begin a draft with the framework and keep what is typed; returns its id."""
    async with team.runtime.database.transaction(by) as session:
        placed = await queries.held(session, subject)
        draft_id = await queries.ASSESSMENTS.begin_draft(session, placed, VAF, NOW)
        held = await queries.ASSESSMENTS.hold(session, placed, draft_id)
        await queries.ASSESSMENTS.save(session, placed, held, typed or written(VAF), NOW)
    return draft_id


async def completed(
    team: Team, subject: UUID, draft_id: UUID, *, by: Actor = CORA, at: datetime = NOW, expected: int | None = None
) -> Assessment:
    """Complete a draft under practice that has the framework, whatever else the test's practice says."""
    async with team.runtime.database.transaction(by) as session:
        placed = await queries.held(session, subject)
        act = Act(Command.ASSESS, at, expected=expected)
        local = practice(instruments={"vaf": VAF})
        return await operations.complete_assessment(session, placed, draft_id, act, local)


async def assess(team: Team, subject: UUID, *present: str, by: Actor = CORA, at: datetime = NOW) -> Assessment:
    """Write and complete an assessment of a case in which these factors of the framework are present."""
    return await completed(team, subject, await begun(team, subject, written(VAF, present), by=by), by=by, at=at)
