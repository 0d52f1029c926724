"""A release is drafted by one person, computed once, signed off by a second one, and then never changes."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis.actor import Actor
from chassis.app import Runtime
from services.stats import operations, queries
from services.stats.domain import NothingToRelease, ReleaseAbsent
from services.stats.domain.auditing import AuditAsked, Recovered, Verdict
from services.stats.domain.periods import Grain
from services.stats.domain.releases import (
    DraftAbsent,
    DraftNotReady,
    DraftOpen,
    DraftState,
    MonthsNotReleased,
    StatementMissing,
    months_between,
)
from services.stats.domain.shelf import Choice, Shelf, SignedRelease
from services.stats.domain.tables import ReleaseContent, ReleaseKind
from services.stats.domain.words import SameHand
from services.stats.jobs.auditing import AUDITOR
from services.stats.jobs.drafts import drafts
from services.stats.jobs.proving import is_proved
from services.stats.writers.tidy import cover_csv
from tests.stats.counted_made import DECEMBER, JOB, KENT, NORTHMERE, decided, in_channel, many, put, received
from tests.stats.drafted import ANNA, ARNO, computed, found, opened, sign, signed

JANUARY = datetime(2027, 1, 10, 9, tzinfo=UTC)
CORRECTION = ReleaseKind.CORRECTION


def content_of(draft: queries.DraftFound) -> ReleaseContent:
    assert draft.content is not None, draft.words
    return draft.content


async def discard(stats: Runtime, number: int, reason: str = "SYNTHETIC: begun too early.") -> None:
    async with stats.database.transaction(ANNA) as session:
        await operations.discard(session, KENT, number, reason, now=DECEMBER)


class TestDraft:
    async def test_takes_every_closed_month_since_the_first_fact_of_any_stage(self, stats: Runtime) -> None:
        await put(stats, *many(9, received()), decided("closed", "2026-09"), *many(9, received("2026-12")))
        draft = await computed(stats)
        assert draft.draft.months == ("2026-09", "2026-10", "2026-11")
        assert draft.state is DraftState.READY

    async def test_nothing_to_release_is_a_sentence(self, stats: Runtime) -> None:
        await put(stats, received("2026-12"))
        with pytest.raises(NothingToRelease, match="try again when a month has closed"):
            await opened(stats)

    async def test_an_area_has_one_draft_at_a_time(self, stats: Runtime) -> None:
        await put(stats, *many(9, received()))
        await opened(stats)
        with pytest.raises(DraftOpen):
            await opened(stats)

    async def test_two_who_press_the_button_at_once_begin_one_draft(self, stats: Runtime) -> None:
        await put(stats, *many(9, received()))
        outcomes = await asyncio.gather(opened(stats), opened(stats), return_exceptions=True)
        assert [type(each) for each in outcomes if isinstance(each, Exception)] == [DraftOpen]
        assert [each for each in outcomes if isinstance(each, int)] == [1]

    async def test_never_releases_a_month_twice(self, stats: Runtime) -> None:
        await put(stats, *many(9, received()))
        await signed(stats)
        await put(stats, *many(3, received()))
        with pytest.raises(NothingToRelease):
            await opened(stats)

    async def test_another_area_sees_nothing_of_it(self, stats: Runtime) -> None:
        await put(stats, *many(9, received()))
        number = (await signed(stats)).draft.number
        stranger = replace(ANNA, areas=frozenset({NORTHMERE}))
        async with stats.database.transaction(stranger) as session:
            assert await queries.releases(session, (KENT, NORTHMERE)) == ()
            assert await queries.drafts(session, (KENT, NORTHMERE)) == ()
            with pytest.raises(ReleaseAbsent):
                await queries.release_found(session, KENT, number)
            with pytest.raises(DraftAbsent):
                await queries.draft_found(session, KENT, number)


class TestCompute:
    async def test_shows_what_is_large_and_hides_what_is_small(self, stats: Runtime) -> None:
        await put(stats, *many(40, received()), *many(30, received(sector="police")))
        await put(stats, *many(3, received(sector="health")))
        content = content_of(await computed(stats))
        assert (content.table("received", "", "2026") or pytest.fail("no totals")).total("2026-11") == 73
        table = content.table("received", "sector", "2026")
        assert table is not None
        assert table.count("health", "2026-11") is None

    async def test_no_count_below_the_threshold_is_in_the_frozen_text(self, stats: Runtime) -> None:
        for sector, number in (("education", 40), ("health", 4), ("police", 1)):
            await put(stats, *many(number, received(sector=sector)))
        draft = await computed(stats)
        counts = {count for each in content_of(draft).tables for row in each.rows for count in row.counts}
        assert {count for count in counts if count is not None and count < 5} == set()

    async def test_says_how_long_things_took_only_where_enough_stand_behind_it(self, stats: Runtime) -> None:
        await put(stats, *many(9, decided("closed", days=2)), *many(3, decided("plp", days=10)))
        await put(stats, *many(9, in_channel("adopted", days=50)))
        timings = {(each.id, each.period): each for each in content_of(await computed(stats)).timings}
        decision = timings["decided", "2026-11"]
        assert (decision.cases, decision.median, decision.percentile_90) == (12, 2, 10)
        assert timings["adopted", "2026-11"].median is None

    async def test_a_fact_that_came_after_the_draft_was_begun_is_not_in_it(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        number = await opened(stats)
        await put(stats, *many(20, received()))
        await drafts(stats, DECEMBER)
        table = content_of(await found(stats, number)).table("received", "", "2026")
        assert table is not None
        assert table.total("2026-11") == 20

    async def test_waits_for_whoever_was_writing_facts_when_it_was_begun(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        async with stats.database.transaction(Actor.service("stats")) as writer:
            for fact in many(20, received()):
                await operations.count(writer, fact, now=DECEMBER)
            await writer.flush()
            number = await opened(stats)
            job = asyncio.create_task(drafts(stats, DECEMBER))
            await asyncio.wait({job}, timeout=0.3)
            assert not job.done(), "It counts while facts of its own generation are being written."
        await job
        table = content_of(await found(stats, number)).table("received", "", "2026")
        assert table is not None
        assert table.total("2026-11") == 40

    async def test_a_draft_that_was_discarded_meanwhile_is_let_go(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        number = await opened(stats)
        await discard(stats, number)
        await drafts(stats, DECEMBER)
        assert (await found(stats, number)).content is None

    async def test_what_was_interrupted_is_computed_from_the_beginning(
        self, stats: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: object) -> None:
            raise asyncio.CancelledError

        await put(stats, *many(20, received()))
        number = await opened(stats)
        with monkeypatch.context() as patched:
            patched.setattr("tests.stats.trusting.protect", killed)
            with pytest.raises(asyncio.CancelledError):
                await drafts(stats, DECEMBER)
        between = await found(stats, number)
        assert (between.state, between.content) == (DraftState.COMPUTING, None)
        await drafts(stats, DECEMBER)
        assert (await found(stats, number)).state is DraftState.READY

    async def test_what_cannot_be_computed_says_why_and_can_be_tried_again(
        self, stats: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> None:
            message = "The parts do not add up."
            raise ValueError(message)

        await put(stats, *many(20, received()))
        with monkeypatch.context() as patched:
            patched.setattr("tests.stats.trusting.protect", broken)
            draft = await computed(stats)
        assert (draft.state, draft.words) == (DraftState.FAILED, "The parts do not add up.")
        async with stats.database.transaction(ANNA) as session:
            await operations.try_again(session, KENT, draft.draft.number, now=DECEMBER)
        await drafts(stats, DECEMBER)
        assert (await found(stats, draft.draft.number)).state is DraftState.READY


class FindsOnce:
    """An auditor that finds out one hidden figure, and nothing once its table is kept back."""

    async def audit(self, asked: AuditAsked, _witnesses: str) -> Verdict:
        """Find out a figure of the sectors, as long as they are there."""
        table = f"received/sector/{asked.releases[-1].tables[0].year}"
        there = table in {each.id for each in asked.releases[-1].tables}
        return Verdict(9, (Recovered(table, "health", "2026-11", 3),) if there else ())


class FindsAlways:
    """An auditor that finds out a figure whatever is kept back."""

    async def audit(self, asked: AuditAsked, _witnesses: str) -> Verdict:
        """Find out a figure of the totals."""
        assert asked.releases
        return Verdict(1, (Recovered("received/2026", "all", "2026-11", 3),))


class TestAudit:
    async def test_a_table_that_gives_somebody_away_is_kept_back_also_when_it_is_proved(self, stats: Runtime) -> None:
        stats.state[AUDITOR] = FindsOnce()
        await put(stats, *many(40, received()), *many(30, received(sector="police")))
        draft = await signed(stats)
        content = content_of(draft)
        assert content.kept_back == ("received/sector/2026",)
        assert content.table("received", "sector", "2026") is None
        assert "received/sector/2026" in content.left_out
        assert "One table was kept back" in (await found(stats, draft.draft.number)).verdict
        shelf = Shelf(KENT, 1, {"2026": SignedRelease(content, draft.digest)})
        assert "kept_back,received/sector/2026," in (cover := cover_csv(shelf, "Kent"))
        assert "left_out,received/gender/2026," in cover
        assert "left_out,received/sector/2026," not in cover
        async with stats.database.transaction(JOB) as session:
            (checked,) = await queries.checks(session)
        assert await is_proved(stats, checked)

    async def test_what_always_gives_somebody_away_is_not_made(self, stats: Runtime) -> None:
        stats.state[AUDITOR] = FindsAlways()
        await put(stats, *many(40, received()))
        draft = await computed(stats)
        assert draft.state is DraftState.FAILED
        assert "no other list of people fits everything shown" in draft.words

    async def test_the_real_auditor_finds_nothing_in_what_is_protected(self, stats: Runtime) -> None:
        del stats.state[AUDITOR]
        await put(
            stats, *many(40, received()), *many(30, received(sector="police")), *many(2, received(sector="health"))
        )
        draft = await computed(stats)
        assert draft.state is DraftState.READY, draft.words
        assert re.fullmatch(
            r"For each of [\d,]+ hidden figures the audit found another list of people that fits everything shown\.",
            draft.verdict,
        )


class TestSignOff:
    async def test_makes_it_public_with_both_names(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        await signed(stats)
        async with stats.database.transaction(JOB) as session:
            (listed,) = await queries.releases(session, (KENT,))
            release = await queries.release_found(session, KENT, listed.number)
        assert (listed.drafted_by, listed.signed_by) == (ANNA.name, ARNO.name)
        assert release.statement == "SYNTHETIC: I have read every table."

    async def test_nobody_signs_what_they_drafted(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        draft = await computed(stats)
        with pytest.raises(SameHand):
            await sign(stats, draft.draft.number, ANNA)

    async def test_a_draft_is_no_release(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        draft = await computed(stats)
        async with stats.database.transaction(JOB) as session:
            assert await queries.releases(session, (KENT,)) == ()
            with pytest.raises(ReleaseAbsent):
                await queries.release_found(session, KENT, draft.draft.number)

    async def test_only_what_is_computed_can_be_signed(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        number = await opened(stats)
        with pytest.raises(DraftNotReady):
            await sign(stats, number)

    async def test_a_release_is_signed_once(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        number = (await signed(stats)).draft.number
        with pytest.raises(DraftNotReady):
            await sign(stats, number)
        with pytest.raises(DraftNotReady):
            await discard(stats, number)

    async def test_an_empty_statement_is_refused(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        number = (await computed(stats)).draft.number
        with pytest.raises(StatementMissing):
            async with stats.database.transaction(ARNO) as session:
                await operations.sign_off(session, KENT, number, "  ", now=DECEMBER)


class TestDiscard:
    async def test_its_months_wait_again_under_a_new_number(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        first = await computed(stats)
        await discard(stats, first.draft.number)
        await put(stats, *many(5, received()))
        second = await computed(stats)
        assert (first.draft.number, second.draft.number) == (1, 2)
        assert second.draft.months == first.draft.months
        table = content_of(second).table("received", "", "2026")
        assert table is not None
        assert table.total("2026-11") == 25
        assert (await found(stats, 1)).state is DraftState.DISCARDED


class TestNextRelease:
    async def test_leaves_released_months_as_they_were_released(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        await signed(stats)
        await put(stats, *many(7, received()), *many(30, received("2026-12")))
        content = content_of(await signed(stats, now=JANUARY))
        table = content.table("received", "", "2026")
        assert table is not None
        assert (table.total("2026-11"), table.total("2026-12")) == (20, 30)
        assert content.as_of == {"2026-11": 1, "2026-12": 2}


class TestCorrection:
    async def test_states_released_months_again_as_of_now(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        await signed(stats)
        await put(stats, *many(30, received()))
        content = content_of(await signed(stats, "2026-11", kind=CORRECTION))
        assert content.kind is CORRECTION
        table = content.table("received", "", "2026")
        assert table is not None
        assert table.total("2026-11") == 50
        assert content.as_of == {"2026-11": 2}
        changed = {(each.table, each.period): (each.before, each.after) for each in content.changes}
        assert changed["received/2026", "2026-11"] == (20, 50)

    async def test_what_changed_by_too_little_is_hidden_and_said_so(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        await signed(stats)
        await put(stats, *many(2, received()))
        content = content_of(await signed(stats, "2026-11", kind=CORRECTION))
        (change,) = [each for each in content.changes if each.table == "received/2026"]
        assert (change.before, change.after) == (20, None)

    async def test_what_it_changed_stays_marked_in_the_releases_after_it(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        await signed(stats)
        await put(stats, *many(30, received()))
        await signed(stats, "2026-11", kind=CORRECTION)
        await put(stats, *many(30, received("2026-12")))
        content = content_of(await signed(stats, now=JANUARY))
        assert content.changes == ()
        assert ("all", "2026-11") in content.revised_in("received/2026")
        async with stats.database.transaction(JOB) as session:
            shelf = await queries.shelf_of(session, KENT)
            assert all([await is_proved(stats, each) for each in await queries.checks(session)])
        assert shelf is not None
        grid = shelf.grid(Choice("received", "", "2026", Grain.MONTH))
        assert grid.revised == {("all", "2026-11")}

    @pytest.mark.parametrize("months", [(), ("2026-12",), ("2026-11", "2026-12")])
    async def test_only_of_released_months(self, stats: Runtime, months: tuple[str, ...]) -> None:
        await put(stats, *many(20, received()))
        await signed(stats)
        with pytest.raises(MonthsNotReleased):
            await opened(stats, *months, kind=CORRECTION)

    def test_takes_the_released_months_from_one_to_another_in_either_order(self) -> None:
        released = ("2026-10", "2026-11", "2026-12")
        assert months_between("2026-11", "2026-10", released) == ("2026-10", "2026-11")


class TestLateFacts:
    async def test_are_those_of_released_months_that_came_since(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        await signed(stats)
        await put(stats, *many(4, received()), *many(9, received("2026-12")))
        async with stats.database.transaction(JOB) as session:
            assert await queries.late_facts(session, KENT, await queries.standing(session, KENT)) == 4


class TestFrozen:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE release SET content = '{}'",
            "DELETE FROM release",
            "UPDATE release_month SET as_of = 9",
            "UPDATE release_ending SET ending = 'discarded'",
            "DELETE FROM release_ending",
        ],
    )
    async def test_the_database_refuses_to_change_a_release(self, stats: Runtime, change: str) -> None:
        await put(stats, *many(20, received()))
        await signed(stats)
        with pytest.raises(Exception, match="frozen"):
            async with stats.database.transaction(JOB) as session:
                await session.execute(text(change))

    async def test_the_same_content_gives_the_same_text(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()), *many(20, decided("closed", key=uuid4())))
        draft = await computed(stats)
        assert operations.frozen(content_of(draft)).digest == draft.digest
