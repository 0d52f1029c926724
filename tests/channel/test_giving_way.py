"""Who holds what first: nobody waits for somebody who waits for them, and what comes from the bus gives way."""

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest

from chassis.database import DatabaseUnavailable, Session, is_world_down
from contracts.notify.channel import AskAnswered
from contracts.vocabulary import AskKind
from services.channel import queries
from services.channel.operations.convening import MeetingAct, hold_cases, hold_meeting
from services.channel.operations.inviting import NewGuest, invite_guest
from services.channel.operations.meetings import cancel_meeting
from services.channel.operations.packs import share_packs
from tests.channel.builders import NOW, GivenPractices, rows
from tests.channel.conftest import Team
from tests.channel.meetings_made import BELLA, accepted, due, everybody_invited, heard, planned, version, with_panel

TEACHER = NewGuest("Sample Teacher (synthetic)", "Example School", "education", "teacher@school.example")
WAITING = """SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


@pytest.fixture
def practices() -> GivenPractices:
    return GivenPractices(with_panel())


async def meeting_of(team: Team, cases: int) -> UUID:
    """Put cases on the agenda of a meeting to which everybody is invited."""
    meeting_id = await planned(team)
    await heard(team, meeting_id, *[f"KM-7F3K-{number:04}" for number in await opened(team, cases)])
    for each in await everybody_invited(team, meeting_id):
        await accepted(team, each)
    return meeting_id


async def opened(team: Team, cases: int) -> list[int]:
    """Open cases that are due before the panel; return their numbers."""
    for number in range(cases):
        await due(team, number)
    return list(range(cases))


class Holds:
    """Notes what is taken in each call that takes anything new."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: list[int] = []
        real = Session.lock_all

        async def noted(session: Session, subjects: Iterable[UUID]) -> None:
            before = len(session._held)
            await real(session, subjects)
            if grown := len(session._held) - before:
                self.taken.append(grown)

        monkeypatch.setattr(Session, "lock_all", noted)


class TestTheMeetingFirst:
    async def test_then_all_its_cases_at_once_when_packs_are_shared_and_closed(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        meeting_id = await meeting_of(team, 3)
        act = MeetingAct(NOW, await version(team, meeting_id))
        holds = Holds(monkeypatch)
        async with team.runtime.database.transaction(BELLA) as session:
            assert await share_packs(session, meeting_id, act, team.practices.given) == 36
        assert holds.taken == [1, 3]
        holds.taken.clear()
        act = MeetingAct(NOW, await version(team, meeting_id), "Nobody can come.")
        async with team.runtime.database.transaction(BELLA) as session:
            await cancel_meeting(session, meeting_id, act)
        assert holds.taken == [1, 3]

    async def test_then_all_its_cases_at_once_when_they_are_put_on_the_agenda(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        meeting_id = await planned(team)
        await opened(team, 3)
        holds = Holds(monkeypatch)
        await heard(team, meeting_id, "KM-7F3K-0002", "KM-7F3K-0000", "KM-7F3K-0001")
        assert holds.taken == [1, 3]


class TestWhatComesFromTheBus:
    async def test_gives_way_to_whoever_holds_the_meeting_and_waits_for_its_case(self, team: Team) -> None:
        meeting_id = await meeting_of(team, 1)
        answer, subject = await self.asked(team, meeting_id)
        async with team.runtime.database.transaction(BELLA) as people:
            await hold_meeting(people, meeting_id, None)
            hearing = asyncio.create_task(team.hear(answer, subject))
            while not hearing.done() and not await rows(team.runtime, WAITING):
                pass
            # Each would wait for the other for ever.
            await hold_cases(people, meeting_id)
            with pytest.raises(DatabaseUnavailable) as caught:
                await hearing
        assert "lock timeout" in str(caught.value.__cause__), "It gave way before Postgres chose whom to refuse."
        assert is_world_down(caught.value), "The inbox tries it again."
        await team.hear(answer, subject)
        assert await self.state(team) == "accepted"

    async def asked(self, team: Team, meeting_id: UUID) -> tuple[AskAnswered, UUID]:
        """Invite a guest to the only case; return their acceptance by the link, and the case."""
        async with team.runtime.database.transaction(BELLA) as session:
            (slot,) = await queries.slots(session, meeting_id)
        act = MeetingAct(NOW, await version(team, meeting_id))
        async with team.runtime.database.transaction(BELLA) as session:
            await invite_guest(session, meeting_id, slot.id, TEACHER, act)
        (row,) = await self.guests(team)
        said: dict[str, Any] = {"reference": slot.reference, "ask_id": row["ask_id"], "kind": AskKind.INVITATION}
        answer = AskAnswered(**said, answered_at=NOW, answered_by="Sample Teacher", accepted=True)
        return answer, slot.subject

    async def guests(self, team: Team) -> list[dict[str, Any]]:
        """Return the invitations to one case."""
        return [dict(row) for row in await rows(team.runtime, "SELECT * FROM invitation WHERE slot_id IS NOT NULL")]

    async def state(self, team: Team) -> str:
        """Return how the guest's invitation stands."""
        (row,) = await self.guests(team)
        return str(row["state"])
