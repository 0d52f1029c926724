"""What people say of two referrals: counted by person, merged, separated again, and announced."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from chassis.errors import Conflict
from contracts.intake.police import ReferralsLinked
from contracts.vocabulary import Role
from services.triage import queries
from services.triage.domain import Command, NotOffered, NotRecorded, Obligation, PersonNotFound, Record
from services.triage.operations import Act, correct
from services.triage.operations.obligations import Owed, keep_obligation
from tests.triage.builders import AREA, GATEWAY, NOW, announced, officer, practice, rows
from tests.triage.conftest import Desk
from tests.triage.people_steps import (
    ELSEWHERE,
    FIRST,
    GITA,
    HAMID,
    OTHER,
    SECOND,
    THIRD,
    abroad,
    answer,
    arrives,
    body_of,
    others,
    separate,
    three,
    waiting,
)


class TestAnswers:
    async def test_no_end_until_each_is_answered_and_cannot_tell_is_an_answer(self, desk: Desk) -> None:
        _, _, third = await three(desk)
        await desk.clear(third)
        with pytest.raises(NotOffered, match="nobody has answered"):
            await desk.decide(third, Command.CLOSE)
        await answer(desk, THIRD, FIRST, "cannot-tell")
        with pytest.raises(NotOffered, match="nobody has answered"):
            await desk.decide(third, Command.CLOSE)
        await answer(desk, THIRD, SECOND, "separate")
        with pytest.raises(NotOffered, match="Nobody could tell"):
            await desk.decide(third, Command.CLOSE)
        await desk.decide(third, Command.PROPOSE)

    async def test_count_by_person_through_others(self, desk: Desk) -> None:
        first, _, third = await three(desk)
        await answer(desk, FIRST, SECOND, "linked")
        await answer(desk, SECOND, THIRD, "linked")
        assert await others(desk, FIRST) == {SECOND, THIRD}
        assert await waiting(desk, FIRST) == ()
        await desk.clear(third)
        with pytest.raises(NotOffered, match="referred 3 times"):
            await desk.decide(third, Command.CLOSE)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            assert (await queries.held(session, first)).situation.referrals_of_person == 3

    async def test_of_one_person_not_being_another_holds_for_all_their_referrals(self, desk: Desk) -> None:
        await three(desk)
        await answer(desk, FIRST, SECOND, "linked")
        assert await waiting(desk, FIRST) == (THIRD,)
        await answer(desk, FIRST, THIRD, "separate")
        assert await waiting(desk, SECOND) == ()
        assert await waiting(desk, THIRD) == ()

    async def test_of_two_officers_at_once_one_is_asked_to_look_again(self, desk: Desk) -> None:
        await three(desk)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            seen = (await queries.held_by_reference(session, SECOND)).row_version
        both = await asyncio.gather(
            answer(desk, SECOND, FIRST, "linked", GITA, seen),
            answer(desk, SECOND, FIRST, "separate", HAMID, seen),
            return_exceptions=True,
        )
        assert sorted(isinstance(each, Conflict) for each in both) == [False, True]
        async with desk.runtime.database.transaction(GATEWAY) as session:
            assert len(await queries.sameness(session, SECOND)) == 1

    async def test_are_told_to_the_desk_except_that_nobody_can_tell(self, desk: Desk) -> None:
        await three(desk)
        await answer(desk, FIRST, SECOND, "cannot-tell")
        assert await announced(desk.runtime, "triage.referrals-linked.v1") == []
        await answer(desk, FIRST, SECOND, "linked")
        [told] = await body_of(desk, "triage.referrals-linked.v1")
        assert told["answer"] == "linked"

    async def test_stand_in_the_history_of_both_with_who_and_why(self, desk: Desk) -> None:
        first, second, _ = await three(desk)
        await answer(desk, FIRST, SECOND, "linked")
        for subject, other in ((first, SECOND), (second, FIRST)):
            async with desk.runtime.database.transaction(GATEWAY) as session:
                last = (await queries.changes_since(session, subject, 1))[-1]
            assert (last.command, last.by, last.note) == (
                "answer-earlier",
                GATEWAY.name,
                f"The same person as {other}: Synthetic reason.",
            )

    async def test_of_the_desk_merge_as_well_also_before_the_other_referral_is_here(self, desk: Desk) -> None:
        second = await arrives(desk, SECOND)
        said = ReferralsLinked(
            reference=SECOND,
            other_reference=FIRST,
            answer="linked",
            answered_by="Desk officer (synthetic)",
            answered_at=NOW,
        )
        await desk.hear(said, second)
        assert await others(desk, SECOND) == set()
        await arrives(desk, FIRST)
        assert await others(desk, SECOND) == {FIRST}
        assert len(await announced(desk.runtime, "triage.people-merged.v1")) == 1
        await desk.hear(said.model_copy(update={"answer": "separate", "answered_at": NOW + timedelta(1)}), second)
        assert await others(desk, SECOND) == set()
        assert len(await announced(desk.runtime, "triage.people-separated.v1")) == 1

    async def test_that_contradict_each_other_join_nobody(self, desk: Desk) -> None:
        await three(desk)
        await answer(desk, FIRST, SECOND, "separate")
        await answer(desk, FIRST, THIRD, "linked")
        await answer(desk, SECOND, THIRD, "linked")
        assert await others(desk, SECOND) == set()
        assert await others(desk, FIRST) == {THIRD}

    async def test_of_the_desk_across_areas_merge_nobody(self, desk: Desk) -> None:
        first = await arrives(desk, FIRST)
        await abroad(desk)
        said = {"answer": "linked", "answered_by": "Dora Synthetic", "answered_at": NOW}
        await desk.hear(ReferralsLinked(reference=FIRST, other_reference=OTHER, **said), first)
        assert len(await rows(desk.runtime, "SELECT DISTINCT person FROM person_referral")) == 2
        assert not await announced(desk.runtime, "triage.people-merged.v1")

    async def test_of_an_officer_of_two_areas_are_refused_across_them(self, desk: Desk) -> None:
        await arrives(desk, FIRST)
        await abroad(desk)
        both = officer(Role.GATEWAY_OFFICER, name="Berta Synthetic", areas=frozenset({AREA, ELSEWHERE}))
        with pytest.raises(NotRecorded, match="another area"):
            await answer(desk, FIRST, OTHER, "linked", both)
        assert not await rows(desk.runtime, "SELECT 1 FROM sameness")


class TestMerge:
    async def test_is_announced_to_both_audiences_with_all_references(self, desk: Desk) -> None:
        first, _, _ = await three(desk)
        await answer(desk, SECOND, FIRST, "linked")
        await answer(desk, THIRD, SECOND, "linked")
        for wire_type in ("triage.people-merged.v1", "triage.concerns-merged.v1"):
            merged = await body_of(desk, wire_type)
            assert [each["references"] for each in merged] == [[FIRST, SECOND], [FIRST, SECOND, THIRD]]
            async with desk.runtime.database.transaction(GATEWAY) as session:
                assert {each["subject"] for each in merged} == {await queries.person_of(session, first)}
        audited = await rows(desk.runtime, "SELECT actor_id FROM audit_entry WHERE action = 'person.merged'")
        assert [row["actor_id"] for row in audited] == [GATEWAY.id] * 2

    async def test_is_undone_by_choosing_who_leaves(self, desk: Desk) -> None:
        first, second, third = await three(desk)
        await answer(desk, SECOND, FIRST, "linked")
        await answer(desk, THIRD, SECOND, "linked")
        async with desk.runtime.database.transaction(GATEWAY) as session:
            held = await queries.held(session, second)
            owed = Owed(Obligation.SIGNPOST, "Kent Early Help", "Synthetic.", NOW + timedelta(7), "kent-early-help")
            await keep_obligation(session, held, owed, NOW)
            asked = Owed(Obligation.REQUEST, "Canarymother", "Synthetic.", NOW + timedelta(7))
            await keep_obligation(session, held, asked, NOW + timedelta(hours=1))
        await separate(desk, first, THIRD)
        assert await others(desk, FIRST) == {SECOND}
        assert await others(desk, THIRD) == set()
        for wire_type in ("triage.people-separated.v1", "triage.concerns-separated.v1"):
            [told] = await body_of(desk, wire_type)
            assert (told["remaining"], told["separated"]) == ([FIRST, SECOND], [THIRD])
            # Whom an officer asked is in the officer's own words, which stay with the police.
            assert told["shared"] == [
                f"18 November 2026: {SECOND}, signpost, to Kent Early Help",
                f"18 November 2026: {SECOND}, request for information, to a partner",
            ]
        assert [each["answer"] for each in await body_of(desk, "triage.referrals-linked.v1")][-1] == "separate"
        # Nobody has said anything of the first and the third: that is asked about now.
        assert await waiting(desk, THIRD) == ()
        async with desk.runtime.database.transaction(GATEWAY) as session:
            assert (await queries.held(session, third)).situation.referrals_of_person == 1
            view = await queries.person_view(session, await queries.person_of(session, first) or uuid4())
        assert [each.undone_by for each in view.merges] == ["", GATEWAY.name]

    async def test_undone_tells_of_an_offer_to_another_force(self, desk: Desk) -> None:
        first, second, _ = await three(desk)
        await answer(desk, SECOND, FIRST, "linked")
        await desk.clear(second)
        await desk.decide(second, Command.TRANSFER, force="northmere-constabulary", message="Synthetic.")
        await separate(desk, first, SECOND)
        [told] = await body_of(desk, "triage.people-separated.v1")
        what = "message with the offer to take the referral, to Northmere Constabulary"
        assert told["shared"] == [f"18 November 2026: {SECOND}, {what}"]

    async def test_undone_tells_of_a_correction_that_channel_was_given(self, desk: Desk) -> None:
        first, second, _ = await three(desk)
        await answer(desk, SECOND, FIRST, "linked")
        await desk.clear(second)
        await desk.decide(second, Command.PASS_ON)
        act = Act(Command.CORRECT, NOW + timedelta(hours=1), Record(reason="wrong-person", rationale="Canarycousin."))
        async with desk.runtime.database.transaction(GATEWAY) as session:
            await correct(session, second, act, practice())
        await separate(desk, first, SECOND)
        [told] = await body_of(desk, "triage.people-separated.v1")
        assert told["shared"][-1] == f"18 November 2026: {SECOND}, correction, to Channel"
        assert "Canarycousin" not in str(told)

    async def test_undone_in_the_middle_leaves_three_people_and_asks_about_the_ends(self, desk: Desk) -> None:
        first, *_ = await three(desk)
        await answer(desk, SECOND, FIRST, "linked")
        await answer(desk, THIRD, SECOND, "linked")
        await separate(desk, first, SECOND)
        assert [await others(desk, each) for each in (FIRST, SECOND, THIRD)] == [set(), set(), set()]
        assert await waiting(desk, FIRST) == (THIRD,)
        assert await waiting(desk, SECOND) == ()

    async def test_can_be_made_again(self, desk: Desk) -> None:
        first, *_ = await three(desk)
        await answer(desk, SECOND, FIRST, "linked")
        await separate(desk, first, SECOND)
        await answer(desk, SECOND, FIRST, "linked")
        assert await others(desk, FIRST) == {SECOND}

    @pytest.mark.parametrize("leaving", [(), (FIRST, SECOND), (THIRD,), (SECOND, THIRD)])
    async def test_is_not_undone_for_nobody_everybody_or_a_stranger(self, desk: Desk, leaving: tuple[str, ...]) -> None:
        first, *_ = await three(desk)
        await answer(desk, SECOND, FIRST, "linked")
        with pytest.raises(NotRecorded):
            await separate(desk, first, *leaving)
        assert await others(desk, FIRST) == {SECOND}

    async def test_is_not_undone_by_another_answer_about_two(self, desk: Desk) -> None:
        await three(desk)
        await answer(desk, SECOND, FIRST, "linked")
        with pytest.raises(NotRecorded, match="separate them on the person's page"):
            await answer(desk, SECOND, FIRST, "separate")

    async def test_of_nobody_is_not_found(self, desk: Desk) -> None:
        async with desk.runtime.database.transaction(GATEWAY) as session:
            with pytest.raises(PersonNotFound):
                await queries.person_view(session, uuid4())
