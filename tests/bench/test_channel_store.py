"""The store of cases that Channel's pages are measured with: every case has come where it stands, agendas are real."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

import pytest

from bench.channel_store import FULL, STATES, _way
from bench.channel_store_case import Case, Desk
from bench.channel_store_panel import AGENDA, calendar
from bench.channel_store_support import support
from bench.triage_store import Rows
from chassis.crypto import SubjectKeys
from services.channel.domain import State

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


class Open:
    """Keys that seal nothing."""

    async def seal(self, _: UUID, plain: bytes) -> bytes:
        """Return the words."""
        return plain


def desk() -> Desk:
    """Return a desk whose rows can be read."""
    return Desk(Rows(), cast("SubjectKeys", Open()), NOW, random.Random(1))


def case(state: State, days: int) -> Case:
    """Return a case that was offered so many days ago."""
    return Case(uuid4(), "KM-7F3K-92QM", state, NOW - timedelta(days=days), b"words")


class TestWay:
    @pytest.mark.parametrize("state", [state for state, _ in STATES])
    def test_leads_to_where_a_case_stands(self, state: State) -> None:
        way = _way(state)
        assert way[0][1] is State.OFFERED
        assert way[-1][1] is state
        assert [day for *_, day in way] == sorted(day for *_, day in way)


class TestCalendar:
    async def test_what_is_referred_is_heard_in_the_meeting_that_runs_and_then_in_those_to_come(self) -> None:
        at = desk()
        panel = calendar(at, FULL, FULL)
        for _ in range(AGENDA + 3):
            await panel.hear(case(State.REFERRED, 20))
        assert [len(each.agenda) for each in panel.meetings[-3:]] == [AGENDA, 3, 0]
        states = Counter(row["state"] for row in at.rows.by_table["slot"])
        assert states == {"open": 1, "waiting": AGENDA + 2}
        assert panel.under_way.open_slot is not None

    async def test_a_case_that_ended_was_heard_twice_with_its_votes(self) -> None:
        at = desk()
        panel = calendar(at, FULL, FULL)
        await panel.hear(case(State.ENDED, 900))
        tables = {name: len(rows) for name, rows in at.rows.by_table.items()}
        assert (tables["slot"], tables["panel_decision"], tables["minute"]) == (2, 2, 2)
        assert tables["vote"] == tables["presence"]


class TestSupport:
    async def test_a_case_has_what_its_state_brings(self) -> None:
        at = desk()
        await support(at, case(State.CLOSED, 200))
        tables = {name: len(rows) for name, rows in at.rows.by_table.items()}
        assert (tables["closing_report"], tables["review"], tables["clock"]) == (1, 2, 1)
        assert {"plan", "plan_progress", "consent", "intervention", "brief", "obligation"} <= set(tables)

    async def test_one_that_was_never_accepted_has_nothing(self) -> None:
        at = desk()
        await support(at, case(State.OFFERED, 2))
        assert not at.rows.by_table
