"""A short fault run, as `make faults` does ten long ones; its plan, its links and its judge are tried by themselves."""

import asyncio
import dataclasses
import hashlib
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from deploy.kafka.jars import KafkaNotHere, jars, java
from faults.__main__ import asked, main, schedules
from faults.client import FAIL, OK, UNKNOWN
from faults.inject import Done, picked
from faults.mails import KEPT, PERHAPS, REPEATED, SET_ASIDE
from faults.oracle import Tried, Verdict, judged_alone
from faults.proxy import Link, Place
from faults.report import About, Outcome, written
from faults.run import Wishes, run
from faults.schedule import BACKEND, DECK, Fault, Schedule, drawn
from tests.quick_java import quicken

FEW = (
    Fault(2.0, "kill", "postgres", 0.0),
    Fault(6.0, "cut", "client to api", 1.5),
    Fault(8.0, "kill", "nursery", 0.0),
    Fault(14.0, "pause", "triage", 5.0),
    Fault(15.0, "clock jump", "notify", 4.0),
    Fault(16.0, "black hole", "intake to postgres", 2.0),
    Fault(20.0, "end sessions", "postgres", 0.0),
    Fault(22.0, "kill", "supervisor", 0.0),
)
"""Most kinds in half a minute; `make faults` draws thirty a run."""


def bus_here() -> str:
    """Return Kafka where this machine can run it, else PostgreSQL."""
    try:
        java(), jars()
    except KafkaNotHere:
        return "postgres"
    quicken()
    return "kafka"


@pytest.mark.timeout(600)
class TestAShortRun:
    def test_loses_and_doubles_nothing(self, tmp_path: Path) -> None:
        outcome = asyncio.run(run(Schedule(1, bus_here(), FEW), Wishes(100, 4.0), lambda _: None))
        found = outcome.verdict
        assert found.good, [*found.lost, *found.doubled, *found.contradicted, *found.unsettled]
        assert outcome.audit == ""
        assert found.attempts[OK] >= 100
        assert min(found.doors["api"], found.doors["mail"]) > 0
        assert found.documents > found.attempts[OK]
        assert [done.fault for done in outcome.faults if done.refused] == []
        # How fast it comes back is measured by `make faults`, on a machine that does nothing else.
        assert outcome.first_new is not None
        assert outcome.drained is not None
        written([outcome], tmp_path)
        assert "| lost | 0 | 0 |" in (tmp_path / "RESULTS.md").read_text()


class TestSchedule:
    def test_is_the_same_for_the_same_seed_and_from_its_file(self, tmp_path: Path) -> None:
        first = drawn(7, "kafka", 30)
        assert first == drawn(7, "kafka", 30)
        assert first != drawn(8, "kafka", 30)
        first.write(tmp_path / "plan.json")
        assert Schedule.read(tmp_path / "plan.json") == first

    @pytest.mark.parametrize("bus", ["postgres", "kafka"])
    def test_holds_every_kind_and_over_ten_runs_every_process(self, bus: str) -> None:
        runs = [drawn(seed, bus, 30) for seed in range(1, 6)]
        for each in runs:
            assert {fault.kind for fault in each.faults} == set(DECK)
            assert [fault.at for fault in each.faults] == sorted(fault.at for fault in each.faults)
        killed = {fault.victim for each in runs for fault in each.faults if fault.kind == "kill"}
        assert {"postgres", "intake", "provider", "nursery", "supervisor", "reading room"} <= killed
        assert ("bus" in killed) == (bus == "kafka")

    def test_names_the_backend_to_kill_so_that_a_file_kills_the_same_one(self, tmp_path: Path) -> None:
        killed = [
            fault for seed in range(1, 9) for fault in drawn(seed, "postgres", 30).faults if fault.victim == BACKEND
        ]
        assert len({fault.pick for fault in killed}) > 1
        Schedule(1, "postgres", tuple(killed)).write(tmp_path / "plan.json")
        read = Schedule.read(tmp_path / "plan.json").faults
        assert [picked(range(40), fault.pick) for fault in read] == [picked(range(40), fault.pick) for fault in killed]
        assert picked([11, 12, 13], 4) == 12
        with pytest.raises(LookupError):
            picked([], 4)

    def test_of_a_file_is_what_the_command_plays(self, tmp_path: Path) -> None:
        first = drawn(5, "kafka", 30)
        first.write(tmp_path / "schedule-kafka-5.json")
        wanted = ["--schedule", str(tmp_path / "schedule-kafka-5.json"), "--seed", "9", "--faults", "2"]
        assert schedules(asked(wanted)) == [first]

    def test_of_nine_holds_each_kind_once(self) -> None:
        assert sorted(fault.kind for fault in drawn(3, "postgres", len(DECK)).faults) == sorted(DECK)


@asynccontextmanager
async def linked(folder: Path) -> AsyncIterator[tuple[Link, Path]]:
    """Yield a link to a server that echoes lines, and where it listens."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_unix_server(echo, folder / "far")
    link = Link("echo", Place(socket=folder / "near" / "it"), Place(socket=folder / "far"))
    await link.start()
    try:
        yield link, folder / "near" / "it"
    finally:
        await link.stop()
        server.close()


async def said(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], seconds: float = 5.0) -> bytes:
    """Say a line and return what comes back in time; b"" when the connection ends, TimeoutError when nothing comes."""
    reader, writer = connection
    writer.write(b"hello\n")
    try:
        return await asyncio.wait_for(reader.readline(), seconds)
    except ConnectionError:
        return b""


class TestLink:
    async def test_passes_on_ends_and_passes_on_again(self, tmp_path: Path) -> None:
        async with linked(tmp_path) as (link, place):
            before = await asyncio.open_unix_connection(place)
            assert await said(before) == b"hello\n"
            link.cut()
            assert await said(before) == b""
            between = await asyncio.open_unix_connection(place)
            assert await said(between) == b""
            link.mend()
            after = await asyncio.open_unix_connection(place)
            assert await said(after) == b"hello\n"
            for _, writer in (before, between, after):
                writer.transport.abort()

    async def test_that_swallows_holds_back_and_tells_nobody(self, tmp_path: Path) -> None:
        async with linked(tmp_path) as (link, place):
            known = await asyncio.open_unix_connection(place)
            assert await said(known) == b"hello\n"
            link.swallow()
            with pytest.raises(TimeoutError):
                await said(known, 0.3)
            new = await asyncio.open_unix_connection(place)
            with pytest.raises(TimeoutError):
                await said(new, 0.3)
            link.mend()
            assert await asyncio.wait_for(known[0].readline(), 5) == b"hello\n"
            assert await asyncio.wait_for(new[0].readline(), 5) == b"hello\n"
            for _, writer in (known, new):
                writer.transport.abort()

    @pytest.mark.parametrize("first_over", ["cut", "black hole"])
    async def test_a_fault_that_ends_does_not_end_another_on_the_same_link(
        self, first_over: str, tmp_path: Path
    ) -> None:
        async with linked(tmp_path) as (link, place):
            doing = {"cut": (link.cut, link.end_cut), "black hole": (link.swallow, link.end_swallow)}
            (second_over,) = set(doing) - {first_over}
            for begin, _ in doing.values():
                begin()
            doing[first_over][1]()
            assert await unanswered(place), f"the end of the {first_over} ended the {second_over}"
            doing[second_over][1]()
            assert not await unanswered(place)

    @pytest.mark.parametrize("kind", ["cut", "black hole"])
    async def test_of_two_faults_of_a_kind_the_longer_one_counts(self, kind: str, tmp_path: Path) -> None:
        async with linked(tmp_path) as (link, place):
            begin, end = {"cut": (link.cut, link.end_cut), "black hole": (link.swallow, link.end_swallow)}[kind]
            begin()
            begin()
            end()
            assert await unanswered(place)
            end()
            assert not await unanswered(place)


async def unanswered(place: Path) -> bool:
    """Whether a new connection is ended or gets nothing back."""
    connection = await asyncio.open_unix_connection(place)
    try:
        return await said(connection, 0.3) == b""
    except TimeoutError:
        return True
    finally:
        connection[1].transport.abort()


def attempt(outcome: str, **more: Any) -> Tried:
    """Return an attempt with an outcome."""
    return Tried("api", "d" * 64, 0.0, outcome, "", "KM-1" if outcome == OK else "", **more)


class TestJudge:
    """The judge must be able to find each wrong."""

    @pytest.mark.parametrize(
        ("tried", "kept", "wrong"),
        [
            (attempt(OK), ["KM-1"], ""),
            (attempt(OK), [], "lost"),
            (attempt(OK), ["KM-2"], "lost"),
            (attempt(OK), ["KM-1", "KM-2"], "doubled"),
            (attempt(OK, again="KM-1"), ["KM-1"], ""),
            (attempt(OK, again="KM-2"), ["KM-1", "KM-2"], "doubled"),
            (attempt(FAIL), [], ""),
            (attempt(FAIL), ["KM-1"], "contradicted"),
            (attempt(UNKNOWN), [], ""),
            (attempt(UNKNOWN), ["KM-1"], ""),
            (attempt(UNKNOWN), ["KM-1", "KM-2"], "doubled"),
            (attempt(UNKNOWN, again="503"), [], "lost"),
        ],
    )
    def test_finds(self, tried: Tried, kept: list[str], wrong: str) -> None:
        verdict = Verdict()
        rows: list[Mapping[str, Any]] = [{"id": uuid4(), "reference": reference} for reference in kept]
        judged_alone(tried, rows, {row["id"] for row in rows}, verdict)
        found = {name for name in ("lost", "doubled", "contradicted") if getattr(verdict, name)}
        assert found == ({wrong} if wrong else set())

    def test_knows_the_reference_that_an_outage_gave_beside_the_referrals_own(self) -> None:
        tried = attempt(OK, again="KM-0")
        sign = hashlib.sha256(b"reference|KM-1").hexdigest()
        for also, good in (((sign,), True), ((), False)):
            verdict, kept = Verdict(), uuid4()
            judged_alone(tried, [{"id": kept, "reference": "KM-0", "also": also}], {kept}, verdict)
            assert verdict.good == good

    def test_finds_one_that_is_not_everywhere(self) -> None:
        verdict, row = Verdict(), {"id": uuid4(), "reference": "KM-1"}
        judged_alone(attempt(UNKNOWN), [row], set(), verdict)
        assert verdict.lost
        assert not verdict.good

    def test_a_missed_target_is_not_good(self) -> None:
        enough = Verdict(Counter({OK: 10}))
        assert judged(enough, 29.0).good
        assert not judged(enough, 31.0).good
        assert not judged(Verdict(Counter({OK: 9})), 29.0).good  # of nothing, nothing is lost

    def test_a_run_that_broke_off_is_told_and_not_good(self, tmp_path: Path) -> None:
        runs = [judged(Verdict(Counter({OK: 10})), 29.0)]
        assert written(runs, tmp_path)
        assert not written(runs, tmp_path, broken=1)
        assert "| runs that broke off, unjudged | 1 | 0 |" in (tmp_path / "RESULTS.md").read_text()

    def test_the_report_says_what_was_broken_when_on_what_and_what_came_of_it(self, tmp_path: Path) -> None:
        post = Counter({KEPT: 12, REPEATED: 2, PERHAPS: 3, SET_ASIDE: 1})
        good = judged(Verdict(Counter({OK: 10}), mails=post), 9.0)
        slow = judged(Verdict(Counter({OK: 11}), lost=["KM-1 is not at intake."], mails=post), 21.0)
        assert not written([good, slow], tmp_path, about=About("abc1234", datetime(2026, 1, 2, tzinfo=UTC)))
        page = (tmp_path / "RESULTS.md").read_text()
        for words in (
            "Commit abc1234, 2026-01-02T00:00:00+00:00. ",
            f"{os.cpu_count()} cores",
            "| lost | 1 | 0 |",
            "| doubled | 0 | 0 |",
            "| mails repeated | 4, at most 6 |  |",
            "| first new referral stored by all four | worst 21.0 s, median 15.0 s | ≤ 30 s |",
            "| backlog drained | worst 40.0 s, median 40.0 s | ≤ 120 s |",
            "| kill of intake | 2 |  |",
            "| 1 | postgres | 1 | 10 | 0 | 0 | 0 | 0 (0) | 12 (2 repeated) | 9.0 s | 40.0 s |",
            "schedule-<bus>-<seed>.json",
        ):
            assert words in page, words
        facts = json.loads((tmp_path / "results.json").read_text())
        assert (facts["commit"], facts["totals"]["lost"], facts["totals"]["first_new_median"]) == ("abc1234", 1, 15.0)

    def test_the_report_says_that_it_never_came_back(self, tmp_path: Path) -> None:
        run = dataclasses.replace(judged(Verdict(Counter({OK: 10})), 9.0), first_new=None)
        assert not written([run, judged(Verdict(Counter({OK: 10})), 9.0)], tmp_path)
        assert "stored by all four | never in at least one run |" in (tmp_path / "RESULTS.md").read_text()


def judged(verdict: Verdict, first_new: float) -> Outcome:
    """Return a run of which ten acknowledged referrals were wanted."""
    done = Done(Fault(1.0, "kill", "intake", 0.0), 1.0, 1.0)
    return Outcome(1, "postgres", [done], verdict, first_new, 40.0, "", 100.0, 10)


class TestCommand:
    @pytest.mark.parametrize("words", [["--runs", "0"], ["--faults", "0"], ["--pace", "0"], ["--runs", "many"]])
    def test_a_number_that_makes_no_sense_is_refused(
        self, words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            main(words)
        assert f"argument {words[0]}" in capsys.readouterr().err

    @pytest.mark.parametrize("text", [None, "no plan", "{}"])
    def test_a_file_that_is_no_schedule_is_named(
        self, text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        plan = tmp_path / "plan.json"
        if text is not None:
            plan.write_text(text)
        assert main(["--schedule", str(plan), "--out", str(tmp_path / "out")]) == 2
        assert f"{plan} cannot be read as a schedule" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()
