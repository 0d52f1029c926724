"""An assessment of a case is made of a draft that lacks nothing, kept for good, and numbers nobody."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.actor import Actor
from chassis.assessing import DraftNotFound, EditionReplaced
from contracts.vocabulary.assessment import Assessment, Check, FactorAnswer, Instrument, Presence
from contracts.vocabulary.drafting import Author, compared, lacking
from contracts.vocabulary.drafting import completed as made_of
from services.channel import operations, queries
from services.channel.domain import ChangedMeanwhile, Command, NotInThisState, NotRecorded
from services.channel.domain.assessing import ASKS, Mark, Picture, Seen, picture
from services.channel.operations import Act
from tests.channel.assessments_made import COLLEAGUE, INSTRUMENTS, VAF, assess, begun, completed, equipped, written
from tests.channel.builders import CORA, NOW, GivenPractices, parts, passed, practice, rows
from tests.channel.conftest import Team

GATEWAY = INSTRUMENTS["gateway"]


@pytest.fixture
def practices() -> GivenPractices:
    return equipped()


def assessment(number: int, *present: str, instrument: Instrument = VAF, finding: str = "") -> Assessment:
    """Return a complete assessment of a day of its own."""
    author = Author("Sample (synthetic)", NOW + timedelta(days=number), number)
    draft = written(instrument, present).model_copy(update={"finding": finding})
    return made_of(instrument, draft, None, author)


def numbers_in(value: object) -> list[int | float]:
    """Return every number that plain values hold anywhere."""
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [value]
    if isinstance(value, dict):
        return [found for each in value.values() for found in numbers_in(each)]
    if isinstance(value, list | tuple):
        return [found for each in value for found in numbers_in(each)]
    return []


class TestRules:
    def test_every_factor_of_the_framework_is_asked_and_no_finding(self) -> None:
        empty = written(VAF).model_copy(update={"summary": "", "written": ()})
        lacks = lacking(VAF, empty, ASKS, again=False)
        assert len(lacks) == 22 + 1
        assert [each.field for each in lacks[-1:]] == ["summary"]
        assert [len(each.factors) for each in VAF.dimensions] == [13, 6, 3]

    def test_a_present_factor_needs_words_and_how_it_is_known(self) -> None:
        draft = written(VAF, ("grievance",))
        assert not lacking(VAF, draft, ASKS, again=True)
        bare = tuple(each.model_copy(update={"narrative": " ", "evidence": ""}) for each in draft.written)
        lacks = lacking(VAF, draft.model_copy(update={"written": bare}), ASKS, again=True)
        assert [(each.part, each.field) for each in lacks] == [
            ("engagement", "words-grievance"),
            ("engagement", "evidence-grievance"),
        ]
        assert lacks[1].sentence == "Say how it is known that “Feelings of grievance and injustice” is present"

    def test_a_comparison_says_how_it_is_known_too(self) -> None:
        draft = written(VAF, ("grievance",))
        other = tuple(
            each.model_copy(update={"evidence": "Seen twice."}) if each.factor == "grievance" else each
            for each in draft.written
        )
        author = Author("Sample", NOW, 2)
        first = assessment(1, "grievance")
        second = made_of(VAF, draft.model_copy(update={"written": other}), first, author)
        assert next(each.changed for each in second.factors if each.factor == "grievance") == "The words changed."
        pair = compared(first, second)[0]
        assert pair.differs
        assert pair.after_words.endswith("How it is known: Seen twice.")


answers = st.lists(st.sampled_from(list(Presence)), min_size=22, max_size=22)


def answered(number: int, presences: list[Presence]) -> Assessment:
    """Return an assessment with these answers."""
    base = assessment(number)
    pairs = zip(base.factors, presences, strict=True)
    return base.model_copy(update={"factors": tuple(each.model_copy(update={"presence": it}) for each, it in pairs)})


def order(drawn: Picture) -> list[str]:
    return [line.factor for group in drawn.groups for line in group.lines]


class TestPicture:
    def test_shows_each_factor_by_dimension_with_one_cell_for_each_assessment(self) -> None:
        drawn = picture([Seen("First", assessment(1)), Seen("Second", assessment(2, "grievance"))], {"grievance"})
        assert [(each.label, each.at) for each in drawn.columns] == [
            ("First", NOW + timedelta(days=1)),
            ("Second", NOW + timedelta(days=2)),
        ]
        assert [len(group.lines) for group in drawn.groups] == [13, 6, 3]
        line = drawn.groups[0].lines[0]
        assert (line.factor, line.planned) == ("grievance", True)
        assert [(cell.mark, cell.changed) for cell in line.cells] == [
            (Mark.NOT_KNOWN, ""),
            (Mark.PRESENT, "Not known"),
        ]
        assert not drawn.groups[0].lines[1].planned

    def test_what_only_an_older_instrument_asked_comes_last_and_checks_not_at_all(self) -> None:
        police = assessment(1, instrument=GATEWAY, finding="clear-evidence")
        assert any(each.check is Check.DONE for each in police.factors)
        drawn = picture([Seen("Police", police), Seen("Ours", assessment(2))])
        assert [group.instrument for group in drawn.groups[:3]] == [VAF.name] * 3
        assert {group.instrument for group in drawn.groups[3:]} == {GATEWAY.name}
        assert {cell.mark for cell in drawn.groups[0].lines[0].cells} == {Mark.NOT_ASKED, Mark.NOT_KNOWN}
        assert not set(order(drawn)) & {each.factor for each in police.factors if each.check}

    @given(answers, answers)
    def test_neither_order_nor_any_number_depends_on_the_answers(
        self, first: list[Presence], second: list[Presence]
    ) -> None:
        drawn = picture([Seen("1st", answered(1, first)), Seen("2nd", answered(2, second))])
        plain = picture([Seen("1st", assessment(1)), Seen("2nd", assessment(2))])
        assert order(drawn) == order(plain) == [each.id for each in VAF.factors()]
        assert numbers_in(asdict(drawn)) == []

    @given(answers, answers)
    def test_a_comparison_keeps_the_reading_order_whatever_was_answered(
        self, first: list[Presence], second: list[Presence]
    ) -> None:
        pairs = compared(answered(1, first), answered(2, second))
        reading = [each.label for each in VAF.factors()]
        for differing in (True, False):
            labels = [each.label for each in pairs if each.differs is differing]
            assert labels == [each for each in reading if each in labels]


async def held_factors(team: Team, subject: UUID) -> tuple[FactorAnswer, ...]:
    async with team.runtime.database.transaction(CORA) as session:
        return await queries.assessed_factors(session, subject)


class TestComplete:
    async def test_is_kept_in_history_and_makes_the_case_assessed(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        kept = await assess(team, subject, "grievance")
        assert (kept.number, kept.completed_by, kept.finding) == (1, "Cora Synthetic", "")
        async with team.runtime.database.transaction(CORA) as session:
            held = await queries.held(session, subject)
            assert held.situation.assessed
            assert held.situation.assessed_since
            assert await queries.newest_assessment(session, subject) == kept
            assert await queries.ASSESSMENTS.drafts(session, subject) == ()
            last = (await queries.timeline(session, subject))[-1]
        assert (last.command, last.note) == (Command.ASSESS, VAF.name)
        found = await held_factors(team, subject)
        assert [(each.factor, each.evidence) for each in found] == [("grievance", "Seen by a teacher (synthetic).")]

    async def test_without_one_of_our_own_the_factors_are_those_of_the_pack(self, team: Team) -> None:
        subject = await team.open(passed(**parts()))
        assert [each.factor for each in await held_factors(team, subject)] == ["grievance"]
        await team.act(subject, Command.ACCEPT)
        await assess(team, subject, "threat")
        assert [each.factor for each in await held_factors(team, subject)] == ["threat"]

    async def test_the_next_says_what_changed_and_the_earlier_one_is_not_touched(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await assess(team, subject)
        before = await rows(team.runtime, "SELECT sealed_assessment FROM assessment")
        second = await assess(team, subject, "grievance", by=COLLEAGUE)
        assert second.number == 2
        assert {each.changed for each in second.factors} == {"", "“Not known” before, “Present” now."}
        after = await rows(team.runtime, "SELECT sealed_assessment FROM assessment ORDER BY number")
        assert after[0] == before[0]

    async def test_what_is_missing_refuses_it_and_the_draft_stays(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        draft_id = await begun(team, subject, written(VAF).model_copy(update={"summary": " "}))
        with pytest.raises(NotRecorded, match="Enter the summary"):
            await completed(team, subject, draft_id)
        assert await rows(team.runtime, "SELECT 1 FROM assessment") == []
        assert len(await rows(team.runtime, "SELECT 1 FROM assessment_draft")) == 1

    async def test_waits_until_the_pack_is_accepted(self, team: Team) -> None:
        subject = await team.open()
        draft_id = await begun(team, subject)
        with pytest.raises(NotInThisState):
            await completed(team, subject, draft_id)

    async def test_a_case_that_changed_meanwhile_is_looked_at_first(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        with pytest.raises(ChangedMeanwhile):
            await completed(team, subject, await begun(team, subject), expected=1)

    async def test_two_completions_of_one_draft_make_one_assessment(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        draft_id = await begun(team, subject)
        ends = await asyncio.gather(*(completed(team, subject, draft_id) for _ in range(2)), return_exceptions=True)
        assert sorted(type(each).__name__ for each in ends) == ["Assessment", "DraftNotFound"]

    async def test_another_edition_in_use_refuses_it(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        draft_id = await begun(team, subject)
        newer = VAF.model_copy(update={"edition": "2027"})
        local = practice(instruments={"vaf": newer})
        async with team.runtime.database.transaction(CORA) as session:
            placed = await queries.held(session, subject)
            with pytest.raises(EditionReplaced):
                await operations.complete_assessment(session, placed, draft_id, Act(Command.ASSESS, NOW), local)
            await queries.ASSESSMENTS.move(session, placed, draft_id, newer, NOW)
            moved = await operations.complete_assessment(session, placed, draft_id, Act(Command.ASSESS, NOW), local)
        assert moved.edition == "2027"

    async def test_no_event_tells_a_number_of_the_person(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        before = {name: len(events) for name, events in (await team.announced()).items()}
        kept = await assess(team, subject, "grievance", "threat")
        assert {name: len(events) for name, events in (await team.announced()).items()} == before
        assert numbers_in(kept.model_dump(exclude={"number"})) == []


class TestDrafts:
    async def test_one_for_each_officer_and_nobody_reads_anothers(self, team: Team) -> None:
        subject = await team.open()
        mine, theirs = await begun(team, subject), await begun(team, subject, by=COLLEAGUE)
        assert mine != theirs
        assert await begun(team, subject) == mine
        async with team.runtime.database.transaction(CORA) as session:
            placed = await queries.held(session, subject)
            for touch in (
                queries.ASSESSMENTS.own(session, subject, theirs),
                queries.ASSESSMENTS.discard(session, placed, theirs, NOW),
            ):
                with pytest.raises(DraftNotFound):
                    await touch

    async def test_survives_a_restart(self, team: Team) -> None:
        subject = await team.open()
        draft_id = await begun(team, subject, written(VAF, ("grievance",), "Half a sen"))
        await team.runtime.database.stop()
        async with team.runtime.database.transaction(CORA) as session:
            held = await queries.ASSESSMENTS.own(session, subject, draft_id)
        assert held.draft.written[0].narrative == "Half a sen"

    async def test_nothing_written_lies_open_and_erasing_empties_it(self, team: Team) -> None:
        subject = await team.open(passed(**parts()))
        await team.act(subject, Command.ACCEPT)
        await assess(team, subject, "grievance")
        await begun(team, subject, written(VAF, ("grievance",), "Sensitive narrative."))
        stored = await rows(team.runtime, "SELECT sealed_draft FROM assessment_draft")
        assert b"narrative" not in stored[0]["sealed_draft"]
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            await operations.erase_subject(session, subject)
        assert await rows(team.runtime, "SELECT 1 FROM assessment_draft") == []
        assert await rows(team.runtime, "SELECT sealed_assessment FROM assessment") == [{"sealed_assessment": None}]
        async with team.runtime.database.transaction(CORA) as session:
            assert await queries.assessments(session, subject) == ()
            assert await queries.brought_assessments(session, subject) == ()
        assert await held_factors(team, subject) == ()
