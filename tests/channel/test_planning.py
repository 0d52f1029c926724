"""The support plan: what the statute wants of it, gaps, versions, and how items stand."""

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.actor import Actor
from contracts.vocabulary.assessment import Assessment, FactorAnswer, Presence
from services.channel import models, operations, queries
from services.channel.domain import ChangedMeanwhile, Command, NotInThisState, NotOffered, NotRecorded
from services.channel.domain.planning import (
    Gap,
    ItemOwner,
    ItemState,
    NoItem,
    Plan,
    PlanChanged,
    PlanIncomplete,
    PlanItem,
    PlanNotFound,
    Present,
    Request,
    cited,
    compared,
    gaps,
    lacking,
    mark,
)
from services.channel.operations import Act, Edit
from tests.channel.builders import CORA, NOW, coordinator, practice, rows
from tests.channel.conftest import Team
from tests.channel.planning_made import FACTOR, REQUEST, adopted, answered, item, plan, planned, stand, supported

GRIEVANCE, IDENTITY = Present("grievance", "Feelings of grievance"), Present("identity", "Need for identity")
BOTH = (GRIEVANCE, IDENTITY)
CARL = coordinator(name="Carl Synthetic")
factors = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)


def sentences(written: Plan, present: tuple[Present, ...] = (GRIEVANCE,)) -> str:
    """Return everything that a plan lacks."""
    return " ".join(each.sentence for each in lacking(written, present))


class TestLacking:
    def test_a_complete_plan_lacks_nothing(self) -> None:
        assert sentences(plan()) == ""

    def test_it_says_how_when_and_by_whom_consent_is_requested(self) -> None:
        found = sentences(replace(plan(), request=Request()))
        for word in ("how consent", "when consent", "who asks"):
            assert word in found

    def test_it_has_an_item(self) -> None:
        assert "no item yet" in sentences(Plan(REQUEST, (), (NoItem(FACTOR, "Known to the school."),)))

    @pytest.mark.parametrize(
        ("field", "empty", "words"),
        [
            ("factors", (), "answers no factor"),
            ("factors", ("gone-since",), "answers no factor"),
            ("owner", ItemOwner(" "), "nobody who is responsible"),
            ("provided", " ", "how and when it is provided"),
            ("due_on", None, "no date"),
            ("measure", "", "know that it helped"),
        ],
    )
    def test_each_item_says_all_that_the_statute_wants(self, field: str, empty: object, words: str) -> None:
        changed = replace(item(), **{field: empty})  # type: ignore[arg-type]
        assert words in sentences(plan(changed, without=(NoItem(FACTOR, "Said elsewhere."),)))

    def test_each_factor_has_an_item_or_a_reason_why_none(self) -> None:
        assert "Nothing answers “Need for identity”" in sentences(plan(), BOTH)
        assert sentences(plan(without=(NoItem("identity", " "),)), BOTH) != ""
        assert sentences(plan(without=(NoItem("identity", "The school sees to it."),)), BOTH) == ""

    def test_many_factors_without_an_answer_are_said_in_one_sentence(self) -> None:
        present = tuple(Present(each, each.upper()) for each in ("a", "b", "c", "d", "e"))
        written = plan(replace(item(), factors=("a",)))
        assert sentences(written, present[:4]).count("Nothing answers") == 3
        said = sentences(written, present)
        assert said == "Nothing answers “B” and “C” and 2 more factors: add items for them, or say why there is none."

    def test_where_nothing_was_found_present_there_is_nothing_to_cite(self) -> None:
        assert sentences(plan(replace(item(), factors=())), ()) == ""


class TestGaps:
    def test_an_item_that_was_stopped_answers_nothing_any_more(self) -> None:
        written = plan()
        assert gaps(written, (GRIEVANCE,)) == ()
        assert gaps(written, (GRIEVANCE,), {written.items[0].id}) == (Gap("grievance", "Feelings of grievance"),)

    @given(st.lists(factors, max_size=4), factors)
    def test_every_factor_is_cited_or_a_gap_and_never_both(self, items: list[list[str]], found: list[str]) -> None:
        written = Plan(items=tuple(PlanItem(uuid4(), "Support", tuple(each)) for each in items))
        present = [Present(each, each.upper()) for each in found]
        uncovered = {gap.factor for gap in gaps(written, present)}
        assert uncovered | (cited(written) & set(found)) == set(found)
        assert not uncovered & cited(written)


class TestCompared:
    def test_names_what_changed_came_and_went(self) -> None:
        kept, gone, new = item(), item(support="Boxing club"), item(support="Family therapy")
        before = plan(kept, gone)
        after = plan(replace(kept, due_on=date(2027, 6, 1)), new, without=(NoItem("identity", "Too early."),))
        after = replace(after, request=replace(REQUEST, by_whom="Somebody else"), present=BOTH)
        found = {each.label: (each.before, each.after) for each in compared(before, after)}
        assert found["Who asks for consent"] == ("Sample Mentor (synthetic)", "Somebody else")
        assert "26 February 2027" in found["Item “Mentoring at school”"][0]
        assert "1 June 2027" in found["Item “Mentoring at school”"][1]
        assert (found["Item “Boxing club”"][1], found["Item “Family therapy”"][0]) == ("", "")
        assert found["Why nothing answers “Need for identity”"] == ("", "Too early.")
        assert len(found) == 5

    def test_says_nothing_of_two_that_are_the_same(self) -> None:
        written = plan()
        assert compared(written, written) == ()


class TestWriting:
    async def test_the_first_version_starts_the_clock_of_consent(self, team: Team) -> None:
        subject = await adopted(team)
        assert await planned(team, subject) == 1
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "plan-made"
        running = await rows(team.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        assert "consent" in {row["name"] for row in running}
        assert not await rows(team.runtime, "SELECT 1 FROM plan_draft")
        async with team.runtime.database.transaction(CORA) as session:
            assert (await queries.timeline(session, subject))[-1].note == "Version 1 of the plan."
            found = await queries.plan_of(session, subject)
            assert await queries.planned_factors(session, subject) == {FACTOR}
            assert await queries.uncovered(session, subject) == ()
        assert found
        assert [each.id for each in found.version.plan.present] == [FACTOR]

    async def test_a_plan_that_leaves_a_factor_open_is_not_completed(self, team: Team) -> None:
        subject = await adopted(team)
        with pytest.raises(PlanIncomplete, match="Nothing answers “Feelings of grievance and injustice”"):
            await planned(team, subject, plan(item("identity")))
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "adopted"
        assert not await rows(team.runtime, "SELECT 1 FROM plan")

    async def test_the_table_takes_no_completion_without_a_plan(self, team: Team) -> None:
        subject = await adopted(team)
        with pytest.raises(NotRecorded, match="Complete the plan first"):
            await team.act(subject, Command.MAKE_PLAN)

    async def test_every_version_is_kept(self, team: Team) -> None:
        subject = await supported(team)
        assert await planned(team, subject, plan(item(), item(support="Boxing club"))) == 2
        async with team.runtime.database.transaction(CORA) as session:
            versions = await queries.plan_versions(session, subject)
            assert (await queries.timeline(session, subject))[
                -1
            ].note == "A synthetic reason.\n\nVersion 2 of the plan."
        assert [(each.number, len(each.plan.items)) for each in versions] == [(2, 2), (1, 1)]

    async def test_is_not_completed_where_the_panel_has_not_adopted_the_case(self, team: Team) -> None:
        subject = await adopted(team)
        await stand(team, subject, "referred-to-panel")
        with pytest.raises(NotInThisState):
            await planned(team, subject)

    async def test_nobody_saves_over_words_that_they_have_not_seen(self, team: Team) -> None:
        subject = await adopted(team)
        first, seen = item(), mark(Plan(), "new")
        async with team.runtime.database.transaction(CORA) as session:
            held = await queries.held(session, subject)
            await operations.begin_plan(session, held, NOW)
            edit = Edit(str(first.id), mark(Plan(), str(first.id)), NOW)
            await operations.save_item(session, held, first, edit)
        async with team.runtime.database.transaction(CARL) as session:
            with pytest.raises(PlanChanged):
                await operations.save_item(session, held, replace(first, support="Other words"), edit)
            # Another part of the same draft is nobody else's.
            await operations.save_request(session, held, REQUEST, Edit("request", mark(Plan(), "request"), NOW))
            act = Act(Command.MAKE_PLAN, NOW)
            with pytest.raises(PlanChanged):
                await operations.complete_plan(session, held, act, seen, team.practices.given)
            draft = await queries.the_draft(session, subject)
        assert (draft.by, draft.plan.items, draft.plan.request) == ("Carl Synthetic", (first,), REQUEST)

    async def test_a_draft_can_be_thrown_away_and_what_is_in_force_stays(self, team: Team) -> None:
        subject = await supported(team)
        async with team.runtime.database.transaction(CORA) as session:
            held = await queries.held(session, subject)
            await operations.begin_plan(session, held, NOW)
            assert (await queries.the_draft(session, subject)).plan.items
            await operations.discard_plan(session, held, NOW)
            with pytest.raises(PlanNotFound):
                await queries.the_draft(session, subject)
            assert await queries.plan_of(session, subject)

    async def test_consent_waits_for_a_plan_that_answers_what_was_assessed_since(self, team: Team) -> None:
        subject = await adopted(team)
        await planned(team, subject)
        await self._assess(team, subject)
        async with team.runtime.database.transaction(CORA) as session:
            assert [gap.label for gap in await queries.uncovered(session, subject)] == ["Need for identity"]
        with pytest.raises(NotOffered, match="Nothing answers “Need for identity”"):
            await answered(team, subject, Command.CONSENT_GIVEN)
        await planned(team, subject, plan(item(FACTOR, "identity")))
        await answered(team, subject, Command.CONSENT_GIVEN)

    async def test_is_erased_with_the_person(self, team: Team) -> None:
        subject = await supported(team)
        async with team.runtime.database.transaction(CORA) as session:
            held = await queries.held(session, subject)
            await operations.begin_plan(session, held, NOW)
        sealed = await rows(team.runtime, "SELECT sealed_plan FROM plan UNION ALL SELECT sealed_plan FROM plan_draft")
        assert not [row for row in sealed if b"Mentoring" in row["sealed_plan"]]
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            await operations.erase_subject(session, subject)
        assert await rows(team.runtime, "SELECT sealed_plan FROM plan") == [{"sealed_plan": None}]
        assert not await rows(team.runtime, "SELECT 1 FROM plan_draft")
        async with team.runtime.database.transaction(CORA) as session:
            assert await queries.plan_of(session, subject) is None
            assert (await queries.held(session, subject)).situation.plan_lacks

    async def _assess(self, team: Team, subject: UUID) -> None:
        present = tuple(
            FactorAnswer(factor=key, dimension="engagement", label=label, presence=Presence.PRESENT)
            for key, label in (("grievance", "Feelings of grievance and injustice"), ("identity", "Need for identity"))
        )
        made = Assessment(
            instrument="vaf", edition="2015", name="VAF", number=1, completed_at=NOW, completed_by="Cora Synthetic",
            factors=present,
        )  # fmt: skip
        async with team.runtime.database.transaction(CORA) as session:
            values = {
                "subject": subject, "number": 1, "area": "kent-and-medway", "instrument": "vaf", "edition": "2015",
                "sealed_assessment": await session.seal_model(subject, made),
                "completed_at": NOW, "by_id": "cora-synthetic", "by_name": "Cora Synthetic",
            }  # fmt: skip
            await session.execute(models.assessment.insert().values(values))


class TestProgress:
    async def test_says_how_an_item_stands_and_stopping_needs_words(self, team: Team) -> None:
        subject = await supported(team)
        async with team.runtime.database.transaction(CORA) as session:
            held = await queries.held(session, subject)
            found = await queries.plan_of(session, subject)
            assert found
            (mentoring,) = found.version.plan.items
            assert found.state(mentoring) is ItemState.PLANNED
            asked = Act(Command.PLAN_ITEM, NOW), practice()
            await operations.record_progress(session, held, mentoring.id, (ItemState.UNDER_WAY, "Met twice."), asked)
            with pytest.raises(NotRecorded, match="why it was stopped"):
                await operations.record_progress(session, held, mentoring.id, (ItemState.STOPPED, " "), asked)
            with pytest.raises(PlanNotFound):
                await operations.record_progress(session, held, uuid4(), (ItemState.DONE, ""), asked)
            stale = Act(Command.PLAN_ITEM, NOW, expected=1), practice()
            with pytest.raises(ChangedMeanwhile):
                await operations.record_progress(session, held, mentoring.id, (ItemState.DONE, ""), stale)
            await operations.record_progress(session, held, mentoring.id, (ItemState.STOPPED, "Moved away."), asked)
            found = await queries.plan_of(session, subject)
            assert found
            assert (found.state(mentoring), found.standing[mentoring.id].words) == (ItemState.STOPPED, "Moved away.")
            assert [gap.factor for gap in await queries.uncovered(session, subject)] == [FACTOR]
            notes = [entry.note for entry in await queries.timeline(session, subject)]
        assert "“Mentoring at school”: stopped. Moved away." in notes

    async def test_is_recorded_only_while_the_plan_is_worked_on(self, team: Team) -> None:
        subject = await supported(team)
        await stand(team, subject, "closed")
        async with team.runtime.database.transaction(CORA) as session:
            held = await queries.held(session, subject)
            found = await queries.plan_of(session, subject)
            assert found
            asked = Act(Command.PLAN_ITEM, NOW), practice()
            item_id = found.version.plan.items[0].id
            with pytest.raises(NotInThisState):
                await operations.record_progress(session, held, item_id, (ItemState.DONE, ""), asked)
