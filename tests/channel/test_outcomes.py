"""The outcome analysis: what is counted, how long stages took, and that no small count can be worked out."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from chassis import clock
from chassis.actor import Actor
from contracts.vocabulary import Role
from services.channel import models, queries
from services.channel.domain import Command, State
from services.channel.domain.outcomes import (
    NOT_SHOWN,
    Measure,
    Stay,
    days_in_words,
    guarded,
    later_month,
    months_until,
    rate,
    shown,
    total,
)
from services.channel.domain.panel import WhyNot
from services.channel.queries import Outcomes, Period
from tests.channel.builders import AREA, CORA, NOW, coordinator, rows
from tests.channel.conftest import Console, Team

MAY = Period(date(2026, 5, 1), date(2026, 6, 1))
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))


def at(day: int, month: int = 5) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def moved(
    subject: UUID,
    command: Command,
    states: tuple[State | None, State],
    when: datetime,
    since: datetime | None = None,
) -> dict[str, Any]:
    """Return a line of history."""
    return {
        "subject": subject,
        "area": AREA,
        "area_version": "2026-01",
        "row_version": 1,
        "command": command,
        "from_state": states[0],
        "to_state": states[1],
        "risk_owner": "Sample Owner (synthetic)",
        "by_id": "sample",
        "by_name": "Sample (synthetic)",
        "at": when,
        "since": since,
    }


async def keep(team: Team, table: Any, *lines: dict[str, Any]) -> None:
    """Put rows into a table as the service."""
    async with team.runtime.database.transaction(Actor.service("channel")) as session:
        for line in lines:
            await session.execute(insert(table).values(line))


async def counted(team: Team, period: Period = MAY, actor: Actor = CORA) -> Outcomes:
    """Return the outcomes of a period."""
    async with team.runtime.database.transaction(actor) as session:
        return await queries.outcomes(session, period)


async def a_case(team: Team, *, days: int, adopted: bool = True, month: int = 5) -> None:
    """Keep a case that the panel decided on so many days after it was referred."""
    subject, begun = uuid4(), at(1, month)
    end = (Command.ADOPT, State.ADOPTED) if adopted else (Command.NOT_ADOPT, State.NOT_ADOPTED)
    await keep(
        team,
        models.history,
        moved(subject, Command.OPEN, (None, State.OFFERED), begun),
        moved(subject, Command.ACCEPT, (State.OFFERED, State.REFERRED), begun, begun),
        moved(subject, Command.NOTE, (State.REFERRED, State.REFERRED), begun + timedelta(hours=1)),
        moved(subject, end[0], (State.REFERRED, end[1]), begun + timedelta(days=days), begun),
    )


class TestOutcomes:
    async def test_counts_moves_by_month_and_measures_stages(self, team: Team) -> None:
        for days in (2, 4, 12):
            await a_case(team, days=days)
        await a_case(team, days=6, adopted=False)
        found = await counted(team)
        month = date(2026, 5, 1)
        assert found.counts[Measure.OFFERED, month] == 4
        assert found.counts[Measure.ADOPTED, month] == 3
        assert found.counts[Measure.NOT_ADOPTED, month] == 1
        referred = next(each for each in found.stays if each.state is State.REFERRED)
        assert (referred.count, referred.median) == (4, 5.0)
        assert referred.nine_in_ten == pytest.approx(10.2)

    async def test_leaves_out_other_months_by_london_time(self, team: Team) -> None:
        last = datetime(2026, 5, 31, 23, 30, tzinfo=UTC)  # half past midnight on 1 June in London
        await keep(team, models.history, moved(uuid4(), Command.OPEN, (None, State.OFFERED), last))
        assert (await counted(team)).counts == {}
        assert (await counted(team, YEAR)).counts == {(Measure.OFFERED, date(2026, 6, 1)): 1}

    async def test_a_stage_that_began_before_the_months_is_measured_whole(self, team: Team) -> None:
        await a_case(team, days=40, month=4)
        found = await counted(team)
        assert found.stays == (Stay(State.REFERRED, 1, 40.0, 40.0),)

    async def test_measures_what_people_do(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await team.act(subject, Command.NOTE, reason="Words.")
        found = await rows(team.runtime, "SELECT command, since = :now AS same FROM history ORDER BY id", now=NOW)
        assert [tuple(each.values()) for each in found] == [("open", None), ("accept", True), ("add-note", None)]

    async def test_says_why_cases_were_not_adopted_and_how_they_closed(self, team: Team) -> None:
        decision = {
            "id": uuid4(),
            "slot_id": uuid4(),
            "meeting_id": uuid4(),
            "subject": uuid4(),
            "area": AREA,
            "area_version": "2026-01",
            "command": Command.NOT_ADOPT,
            "agreement": "unanimous",
            "reason_kind": WhyNot.TOO_LITTLE_KNOWN,
            "verdict": "nothing",
            "outcome": "",
            "presided_by": "Petra",
            "by_id": "petra",
            "by_name": "Petra",
            "decided_at": at(3),
        }
        report = {"subject": uuid4(), "number": 1, "area": AREA, "outcome": "concerns-reduced", "completed_at": at(4)}
        await keep(team, models.panel_decision, decision)
        await keep(team, models.closing_report, {**report, "by_id": "cora", "by_name": "Cora"})
        found = await counted(team)
        assert (found.why_not, found.closed_as) == ({"too-little-known": 1}, {"concerns-reduced": 1})

    async def test_counts_the_readers_areas_only(self, team: Team) -> None:
        await a_case(team, days=2)
        elsewhere = coordinator(name="Neil Northmere", areas=frozenset({"northmere"}))
        found = await counted(team, actor=elsewhere)
        assert (found.counts, found.stays) == ({}, ())


def _feasible(cells: tuple[str, ...], total: int, threshold: int) -> list[set[int]]:
    """Return what each cell could be for somebody who sees the cells and their total."""
    ranges = []
    for cell in cells:
        if cell == NOT_SHOWN:
            ranges.append(range(threshold, total + 1))
        elif cell.startswith("fewer"):
            ranges.append(range(threshold))
        else:
            ranges.append(range(int(cell), int(cell) + 1))
    fits = [each for each in itertools.product(*ranges) if sum(each) == total]
    return [{each[place] for each in fits} for place in range(len(cells))]


class TestGuarded:
    @given(st.lists(st.integers(0, 9), min_size=2, max_size=4), st.integers(2, 4))
    def test_no_small_count_can_be_worked_out_from_the_total(self, counts: list[int], threshold: int) -> None:
        cells = guarded(counts, threshold)
        for count, cell in zip(counts, cells, strict=True):
            assert cell in (str(count), f"fewer than {threshold}", NOT_SHOWN)
            assert (cell == f"fewer than {threshold}") == (count < threshold)
        if total(counts, threshold) != str(sum(counts)):
            return  # the total is not shown, so nothing can be taken from it
        for cell, could_be in zip(cells, _feasible(cells, sum(counts), threshold), strict=True):
            assert not cell.startswith("fewer") or len(could_be) > 1

    def test_hides_the_smallest_other_beside_a_single_small_one(self) -> None:
        assert guarded([3, 20, 9], 5) == ("fewer than 5", "20", NOT_SHOWN)
        assert guarded([7, 20, 9], 5) == ("7", "20", "9")
        assert guarded([0, 0, 30], 5) == ("fewer than 5", "fewer than 5", NOT_SHOWN)

    def test_hides_the_total_where_nothing_is_left_to_hide_behind(self) -> None:
        assert (guarded([4, 4], 5), total([4, 4], 5)) == (("fewer than 5", "fewer than 5"), NOT_SHOWN)
        assert total([4, 3], 5) == "7"
        assert total([1, 2], 5) == "fewer than 5"


class TestRules:
    def test_small_counts_are_shown_only_as_such(self) -> None:
        assert [shown(each, 5) for each in (0, 4, 5)] == ["fewer than 5", "fewer than 5", "5"]

    def test_a_rate_has_its_numbers_unless_a_side_of_it_is_small(self) -> None:
        assert rate(42, 100, 5) == "42 of 100 (42%)"
        assert rate(4, 100, 5) == rate(97, 100, 5) == rate(0, 0, 5) == NOT_SHOWN

    def test_months(self) -> None:
        found = months_until(date(2026, 2, 28))
        assert (found[0], found[-1], len(found)) == (date(2025, 3, 1), date(2026, 2, 1), 12)
        assert later_month(date(2026, 12, 31), 1) == date(2027, 1, 1)

    def test_days(self) -> None:
        assert [days_in_words(each) for each in (0.2, 1.0, 2.5)] == ["the same day", "1 day", "3 days"]


def _last_month(page: httpx2.Response) -> str:
    """Return the last of the months that the page shows, as it says it."""
    found = re.search(r"What became of cases from \w+ \d+ to (\w+ \d+), without identity", page.text)
    assert found, page.text
    return found[1]


class TestPage:
    async def test_shows_what_is_large_enough_and_says_what_it_is_for(self, console: Console) -> None:
        now = clock.now()
        for number in range(12):
            adopted, since = number < 6, now - timedelta(days=3)
            end = (Command.ADOPT, State.ADOPTED) if adopted else (Command.NOT_ADOPT, State.NOT_ADOPTED)
            line = moved(uuid4(), end[0], (State.REFERRED, end[1]), now, since)
            await keep(console.team, models.history, line)
        client = await console.signed_in(CORA)
        page = await client.get("/outcomes")
        assert "6 of 12 (50%)" in page.text
        assert "3 days" in page.text
        assert "not for publication" in page.text
        assert "fewer than 5" in page.text

    @pytest.mark.parametrize("until", ["", "2026-13", "9999-12", "0001-01", "<b>", "2026-1"])
    async def test_a_month_that_nobody_offers_shows_the_newest(self, console: Console, until: str) -> None:
        client = await console.signed_in(CORA)
        page = await client.get("/outcomes", params={"until": until})
        assert page.status_code == 200
        assert _last_month(page) == f"{clock.today():%B %Y}"

    async def test_a_month_that_is_offered_is_shown(self, console: Console) -> None:
        client = await console.signed_in(CORA)
        asked = later_month(clock.today(), -14)
        page = await client.get("/outcomes", params={"until": f"{asked:%Y-%m}"})
        assert _last_month(page) == f"{asked:%B %Y}" != f"{clock.today():%B %Y}"

    async def test_is_for_the_team_and_the_panels_chair(self, console: Console) -> None:
        client = await console.signed_in(coordinator(Role.PANEL_CHAIR, name="Petra Panelchair"))
        assert (await client.get("/outcomes")).status_code == 200
        client = await console.signed_in(coordinator(Role.PANEL_MEMBER, name="Polly Panelpolice"))
        assert (await client.get("/outcomes")).status_code == 403
