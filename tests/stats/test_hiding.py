"""What is hidden is hidden by a process of its own, on every core; it says so where it cannot, and leaves nothing."""

import asyncio
import fcntl
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from chassis.app import Runtime
from services.stats import operations, queries
from services.stats.clients import hider
from services.stats.clients.forking import side_by_side
from services.stats.clients.hider import WorkerHider
from services.stats.clients.workers import answer_of
from services.stats.domain.auditing import Published
from services.stats.domain.disclosure import CannotHide, Protected, protect
from services.stats.domain.hiding import Hidden, HideAsked, HidingFailed
from services.stats.domain.people import People
from services.stats.domain.releases import DraftState
from services.stats.jobs.computing import HIDER
from services.stats.jobs.drafts import drafts
from services.stats.jobs.proving import is_proved
from tests.conftest import eventually
from tests.rules.tree import ROOT
from tests.stats.counted_made import DECEMBER, JOB, KENT, many, put, received
from tests.stats.drafted import ANNA, computed, found, signed
from tests.stats.people_made import RULES, YEAR, people_of, referral, released
from tests.stats.trusting import WITNESSES

APRIL, BOTH = {YEAR[0]: 1}, {YEAR[0]: 1, YEAR[1]: 2}
SECTORS = (("education", 9), ("police", 4), ("health", 2), ("community", 1))


def people(*months: str) -> People:
    """Return several of each sector in each month."""
    made = [
        referral(sector, ("received", month)) for month in months for sector, number in SECTORS for _ in range(number)
    ]
    return people_of(made, BOTH)


def asked_for(earlier: Sequence[Published] = ()) -> HideAsked:
    """Return what is asked for May beside a release of April."""
    return HideAsked(people(*BOTH), BOTH, RULES, tuple(earlier))


def told() -> Published:
    """Return the release of April."""
    return released(people(YEAR[0]), APRIL)[0]


def near(asked: HideAsked) -> Protected:
    """Return what this process would show."""
    return protect(asked.people, asked.as_of, asked.rules, asked.earlier, asked.kept)


def too_much() -> Published:
    """Return a release of April that shows every sector but one, so that it can be worked out."""
    april = told()
    tables = [
        replace(
            table,
            rows=tuple(
                row if row.category == "health" else replace(row, counts=tuple(count or 0 for count in row.counts))
                for row in table.rows
            ),
        )
        for table in april.tables
    ]
    return replace(april, tables=tuple(tables))


class TestWorkerHider:
    def test_gives_what_the_same_process_would_give_with_its_lists(self) -> None:
        asked = asked_for([told()])
        made = asyncio.run(WorkerHider().hide(asked))
        witnesses = WITNESSES.validate_json(made.witnesses)
        assert replace(made.protected, witnesses=witnesses) == near(asked)
        assert witnesses

    def test_gives_no_lists_to_whoever_audits_nothing(self) -> None:
        asked = replace(asked_for(), with_witnesses=False)
        assert asyncio.run(WorkerHider().hide(asked)) == Hidden(replace(near(asked), witnesses=()))

    def test_says_as_itself_why_nothing_can_be_shown(self) -> None:
        asked = asked_for([too_much()])
        with pytest.raises(CannotHide) as here:
            near(asked)
        with pytest.raises(CannotHide, match=str(here.value)):
            asyncio.run(WorkerHider().hide(asked))

    def test_fails_where_there_is_no_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(hider, "WORKER", "services.stats.clients.nothing_here")
        with pytest.raises(HidingFailed):
            asyncio.run(WorkerHider().hide(asked_for()))

    def test_answers_the_same_whatever_order_sets_have(self) -> None:
        asked = TypeAdapter(HideAsked).dump_json(asked_for([told()]))
        answers = {
            subprocess.run(
                (sys.executable, "-m", hider.WORKER),
                input=asked,
                capture_output=True,
                check=True,
                cwd=ROOT,
                env={"PYTHONHASHSEED": seed},
            ).stdout
            for seed in ("1", "2")
        }
        assert len(answers) == 1


class TestSideBySide:
    def test_keeps_the_order_and_works_in_others_at_most_as_many_as_cores(self) -> None:
        made = side_by_side(lambda place: (place, os.getpid()), range(6))
        assert [place for place, _ in made] == list(range(6))
        others = {process for _, process in made}
        assert os.getpid() not in others
        assert 1 <= len(others) <= (os.cpu_count() or 1)

    def test_one_that_ends_fails_them_all_and_keeps_nobody_waiting(self) -> None:
        with pytest.raises(BrokenProcessPool):
            side_by_side(lambda place: os._exit(9) if place == 3 else place, range(6))

    def test_what_a_place_raises_comes_through(self) -> None:
        def refused(_: int) -> None:
            message = "Too little may be shown."
            raise CannotHide(message)

        with pytest.raises(CannotHide, match=r"Too little may be shown\."):
            side_by_side(refused, range(2))


class TestAnswerOf:
    async def test_whoever_is_no_longer_waited_for_ends_with_all_that_it_started(self, tmp_path: Path) -> None:
        path = tmp_path / "held"
        waiting = asyncio.create_task(answer_of("tests.stats.holding_worker", str(path).encode(), 300))
        ready = path.with_suffix(".ready")
        await eventually(lambda: asyncio.to_thread(ready.exists), 60)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await nobody_holds(path)

    async def test_nothing_is_left_where_whoever_asked_was_killed(self, tmp_path: Path) -> None:
        path = tmp_path / "held"
        asks = f"answer_of('tests.stats.holding_worker', {str(path).encode()!r}, 300)"
        program = f"import asyncio; from services.stats.clients.workers import answer_of; asyncio.run({asks})"
        asking = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=ROOT)
        ready = path.with_suffix(".ready")
        await eventually(lambda: asyncio.to_thread(ready.exists), 60)
        asking.kill()
        await asking.wait()
        await nobody_holds(path)


async def nobody_holds(path: Path) -> None:
    """Wait until no process holds the lock of a file any more."""
    with path.open() as held:
        await eventually(lambda: asyncio.to_thread(_is_locked, held.fileno()))


def _is_locked(file: int) -> bool:
    """Lock a file that nobody else holds any more; say whether that is so."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class TestDrafts:
    async def test_a_release_is_made_and_proved_by_the_process(self, stats: Runtime) -> None:
        await put(stats, *many(40, received()), *many(2, received(sector="health")))
        near_by = await signed(stats)
        del stats.state[HIDER]
        async with stats.database.transaction(JOB) as session:
            (checked,) = await queries.checks(session)
        assert await is_proved(stats, checked)
        assert near_by.content is not None
        assert near_by.content.tables

    async def test_one_that_the_process_did_not_survive_says_so_and_can_be_tried_again(
        self, stats: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await put(stats, *many(40, received()))
        del stats.state[HIDER]
        with monkeypatch.context() as patched:
            patched.setattr(hider, "WORKER", "services.stats.clients.nothing_here")
            draft = await computed(stats)
        assert draft.state is DraftState.FAILED
        assert draft.words.startswith("The process that hides figures ended without an answer")
        async with stats.database.transaction(ANNA) as session:
            await operations.try_again(session, KENT, draft.draft.number, now=DECEMBER)
        await drafts(stats, DECEMBER)
        assert (await found(stats, draft.draft.number)).state is DraftState.READY
