"""An assessment is made of a draft that lacks nothing, kept for good, and numbers nobody."""

import asyncio
from uuid import UUID

import pytest

from chassis.actor import Actor
from chassis.assessing import DraftNotFound, EditionReplaced
from contracts.vocabulary import drafting as rules
from contracts.vocabulary.assessment import Assessment, Draft, Presence
from services.triage import operations, queries
from services.triage.domain import (
    ChangedMeanwhile,
    Command,
    NotInThisState,
    NotRecorded,
    Practice,
)
from services.triage.domain.assessing import ASKS
from services.triage.operations import Act
from tests.triage.assessing import COLLEAGUE, TEMPLATE, VAF, draft, newer, write
from tests.triage.builders import GATEWAY, NOW, practice, rows
from tests.triage.conftest import Desk


class TestRules:
    def test_an_empty_draft_lacks_every_answer_the_finding_and_the_summary(self) -> None:
        lacks = rules.lacking(VAF, Draft(), ASKS, again=False)
        assert len(lacks) == 22 + 2
        assert [each.field for each in lacks[-2:]] == ["finding", "summary"]
        assert lacks[0].sentence == "Choose an answer for “Feelings of grievance and injustice”"

    def test_what_changed_is_asked_from_the_second_on(self) -> None:
        said = draft(VAF).model_copy(update={"changed": "  "})
        assert not rules.lacking(VAF, said, ASKS, again=False)
        assert [each.sentence for each in rules.lacking(VAF, said, ASKS, again=True)] == [
            "Say what changed since the last assessment"
        ]

    def test_a_present_factor_needs_words_and_the_others_do_not(self) -> None:
        lacks = rules.lacking(VAF, draft(VAF, Presence.PRESENT), ASKS, again=False)
        assert {each.field for each in lacks} == {rules.words_field(factor.id) for factor in VAF.factors()}
        assert "and how it is known" in lacks[0].sentence
        assert not rules.lacking(VAF, draft(VAF, Presence.PRESENT, "Seen by the school."), ASKS, again=False)
        assert not rules.lacking(VAF, draft(VAF, Presence.NOT_PRESENT), ASKS, again=False)

    def test_a_finding_that_is_none_is_lacking(self) -> None:
        said = draft(VAF).model_copy(update={"finding": "guilty"})
        assert [each.field for each in rules.lacking(VAF, said, ASKS, again=False)] == ["finding"]

    def test_a_check_is_kept_without_content(self) -> None:
        said = draft(TEMPLATE)
        smuggled = tuple(each.model_copy(update={"narrative": "A conviction."}) for each in said.written)
        author = rules.Author("Sample", NOW, 1)
        kept = rules.completed(TEMPLATE, said.model_copy(update={"written": smuggled}), None, author)
        checks = [each for each in kept.factors if each.check]
        assert {each.words() for each in checks} == {"Done"}
        assert not any(each.narrative for each in checks)
        assert any(each.narrative for each in kept.factors)

    def test_a_later_assessment_says_what_changed_in_words(self) -> None:
        author = rules.Author("Sample", NOW, 1)
        first = rules.completed(VAF, draft(VAF), None, author)
        second = rules.completed(VAF, draft(VAF, Presence.PRESENT, "Seen."), first, author)
        assert {each.changed for each in first.factors} == {""}
        assert {each.changed for each in second.factors} == {"“Not known” before, “Present” now."}
        third = rules.completed(VAF, draft(VAF, Presence.PRESENT, "Seen twice."), second, author)
        assert {each.changed for each in third.factors} == {"The words changed."}

    def test_a_comparison_begins_with_what_differs_in_reading_order(self) -> None:
        author = rules.Author("Sample", NOW, 1)
        first, second = (rules.completed(VAF, draft(VAF), None, author) for _ in range(2))
        last = second.factors[-1].model_copy(update={"presence": Presence.PRESENT})
        pairs = rules.compared(first, second.model_copy(update={"factors": (*second.factors[:-1], last)}))
        assert (pairs[0].label, pairs[0].before, pairs[0].after) == ("Criminal capability", "Not known", "Present")
        assert [each.differs for each in pairs] == [True] + [False] * 21
        assert pairs[1].label == "Feelings of grievance and injustice"

    def test_nothing_that_is_kept_is_a_number_of_the_person(self) -> None:
        kept = rules.completed(VAF, draft(VAF, Presence.PRESENT, "Seen."), None, rules.Author("Sample", NOW, 1))
        numbers = {name for name, value in kept.model_dump().items() if isinstance(value, int | float)}
        assert numbers == {"number"}
        assert not any(isinstance(value, int | float) for each in kept.factors for value in each.model_dump().values())


async def started(desk: Desk, *, assessed: bool = False) -> UUID:
    """Return a referral that is clear to proceed."""
    subject = await desk.open()
    await desk.clear(subject, assessed=assessed)
    return subject


async def complete(
    desk: Desk, subject: UUID, draft_id: UUID, *, local: Practice | None = None, expected: int | None = None
) -> Assessment:
    """Complete a draft of the Gateway officer."""
    async with desk.runtime.database.transaction(GATEWAY) as session:
        placed = await queries.held(session, subject)
        act = Act(Command.ASSESS, NOW, expected=expected)
        return await operations.complete_assessment(session, placed, draft_id, act, local or practice())


async def begun(desk: Desk, subject: UUID, typed: Draft, by: Actor = GATEWAY) -> UUID:
    """Write a draft of the Gateway template."""
    async with desk.runtime.database.transaction(by) as session:
        return await write(session, subject, TEMPLATE, typed)


class TestComplete:
    async def test_makes_the_decision_possible_and_leaves_no_draft(self, desk: Desk) -> None:
        subject = await started(desk)
        draft_id = await begun(desk, subject, draft(TEMPLATE))
        kept = await complete(desk, subject, draft_id)
        assert (kept.number, kept.completed_by, kept.completed_at) == (1, "Gita Synthetic", NOW)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            held = await queries.held(session, subject)
            assert held.situation.assessed
            assert "gateway" in held.acknowledged
            assert await queries.latest_assessment(session, subject) == kept
            assert await queries.ASSESSMENTS.drafts(session, subject) == ()

    async def test_is_numbered_and_the_earlier_one_is_not_touched(self, desk: Desk) -> None:
        subject = await started(desk, assessed=True)
        before = await rows(desk.runtime, "SELECT sealed_assessment FROM assessment")
        typed = draft(TEMPLATE, Presence.PRESENT, "Seen by the school.")
        kept = await complete(desk, subject, await begun(desk, subject, typed))
        assert kept.number == 2
        after = await rows(desk.runtime, "SELECT sealed_assessment FROM assessment ORDER BY number")
        assert after[0] == before[0]
        changed = {each.changed for each in kept.factors if not each.check}
        assert changed == {"“Not known” before, “Present” now."}
        async with desk.runtime.database.transaction(GATEWAY) as session:
            assert [each.number for each in await queries.assessments(session, subject)] == [2, 1]

    async def test_what_is_missing_refuses_it_and_the_draft_stays(self, desk: Desk) -> None:
        subject = await started(desk)
        draft_id = await begun(desk, subject, draft(TEMPLATE).model_copy(update={"summary": " "}))
        with pytest.raises(NotRecorded, match="Enter the summary"):
            await complete(desk, subject, draft_id)
        assert await rows(desk.runtime, "SELECT 1 FROM assessment") == []
        assert len(await rows(desk.runtime, "SELECT 1 FROM assessment_draft")) == 1

    async def test_waits_for_the_intelligence_unit_and_keeps_the_draft(self, desk: Desk) -> None:
        subject = await started(desk)
        draft_id = await begun(desk, subject, draft(TEMPLATE))
        await desk.hold(subject, Command.CONFLICT, "Speak to me.")
        with pytest.raises(NotInThisState, match="not possible now"):
            await complete(desk, subject, draft_id)
        assert len(await rows(desk.runtime, "SELECT 1 FROM assessment_draft")) == 1

    async def test_a_referral_that_changed_meanwhile_is_looked_at_first(self, desk: Desk) -> None:
        subject = await started(desk, assessed=True)
        draft_id = await begun(desk, subject, draft(TEMPLATE))
        with pytest.raises(ChangedMeanwhile):
            await complete(desk, subject, draft_id, expected=1)

    async def test_two_completions_of_one_draft_make_one_assessment(self, desk: Desk) -> None:
        subject = await started(desk)
        draft_id = await begun(desk, subject, draft(TEMPLATE))
        ends = await asyncio.gather(*(complete(desk, subject, draft_id) for _ in range(2)), return_exceptions=True)
        assert sorted(type(each).__name__ for each in ends) == ["Assessment", "DraftNotFound"]
        assert len(await rows(desk.runtime, "SELECT 1 FROM assessment")) == 1

    async def test_nothing_written_lies_open_and_erasing_empties_it(self, desk: Desk) -> None:
        subject = await started(desk, assessed=True)
        await begun(desk, subject, draft(TEMPLATE, Presence.PRESENT, "Sensitive narrative."))
        stored = await rows(desk.runtime, "SELECT * FROM assessment_draft")
        assert b"narrative" not in stored[0]["sealed_draft"]
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            await operations.erase_subject(session, subject)
        assert await rows(desk.runtime, "SELECT sealed_draft FROM assessment_draft") == []
        assert await rows(desk.runtime, "SELECT sealed_assessment FROM assessment") == [{"sealed_assessment": None}]
        async with desk.runtime.database.transaction(GATEWAY) as session:
            assert await queries.latest_assessment(session, subject) is None
            assert await queries.assessments(session, subject) == ()


class TestDrafts:
    async def test_two_officers_have_two_drafts_and_neither_reads_the_others(self, desk: Desk) -> None:
        subject = await started(desk)
        mine = await begun(desk, subject, draft(TEMPLATE))
        theirs = await begun(desk, subject, draft(TEMPLATE, Presence.PRESENT, "Theirs."), COLLEAGUE)
        assert mine != theirs
        async with desk.runtime.database.transaction(GATEWAY) as session:
            assert {line.by for line in await queries.ASSESSMENTS.drafts(session, subject)} == {
                "Gita Synthetic",
                "Tariq Synthetic",
            }
            with pytest.raises(DraftNotFound):
                await queries.ASSESSMENTS.own(session, subject, theirs)
            placed = await queries.held(session, subject)
            with pytest.raises(DraftNotFound):
                await queries.ASSESSMENTS.discard(session, placed, theirs, NOW)

    async def test_beginning_again_goes_on_with_the_same(self, desk: Desk) -> None:
        subject = await started(desk)
        assert await begun(desk, subject, draft(TEMPLATE)) == await begun(desk, subject, draft(TEMPLATE))

    async def test_survives_a_restart(self, desk: Desk) -> None:
        subject = await started(desk)
        draft_id = await begun(desk, subject, draft(TEMPLATE, Presence.PRESENT, "Half a sen"))
        await desk.runtime.database.stop()
        async with desk.runtime.database.transaction(GATEWAY) as session:
            held = await queries.ASSESSMENTS.own(session, subject, draft_id)
        assert held.draft.written[-1].narrative == "Half a sen"

    async def test_a_replaced_edition_is_carried_over_and_what_has_no_place_is_kept(self, desk: Desk) -> None:
        subject = await started(desk)
        typed = draft(TEMPLATE, Presence.PRESENT, "Words.")
        draft_id = await begun(desk, subject, typed)
        local = practice(instruments={"gateway": newer()})
        with pytest.raises(EditionReplaced):
            await complete(desk, subject, draft_id, local=local)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            placed = await queries.held(session, subject)
            await queries.ASSESSMENTS.move(session, placed, draft_id, newer(), NOW)
            held = await queries.ASSESSMENTS.own(session, subject, draft_id)
        assert held.line.edition == "2027"
        assert [each.factor for each in rules.left_over(newer(), held.draft)] == ["gaps"]
        assert [each.field for each in rules.lacking(newer(), held.draft, ASKS, again=False)] == ["answer-brand-new"]
