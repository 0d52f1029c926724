"""Who must be rung of a silent front door, and until when: it answers, another has the concern, or it is over."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.notify.intake import MessageUnreached
from contracts.vocabulary import Unreached, WhomToReach
from services.notify import jobs, operations
from services.notify.clients import Delivery, SmtpClient
from services.notify.domain import Kind, Reach, Result
from tests.notify.looking import rows
from tests.notify.made import AREA, NOW, concern, handle
from tests.notify.test_evidence import announced
from tests.notify.test_people_reached import given_up

DAY = timedelta(days=1)
KENT = Reach(doors=frozenset({(AREA, "kent-cru")}))
MEDWAY = "medway-front-door"
SILENT = (WhomToReach.FRONT_DOOR, Unreached.SILENT, False)


async def rung(notify: Runtime, monkeypatch: pytest.MonkeyPatch, subject: UUID) -> list[Any]:
    """Have a concern whose front door and those above it are silent; return a list that fills with what is told."""
    heard = await announced(notify, monkeypatch)
    await handle(notify, concern(), subject=subject)
    for days in (2, 4, 9, 10):
        await jobs.escalate_concerns(notify, NOW + DAY * days)
    return heard


async def answered(notify: Runtime, subject: UUID) -> None:
    async with notify.database.transaction(Actor.service("notify")) as session:
        reach = operations.Answer(KENT, "Done (synthetic).")
        await operations.acknowledge_concern(session, subject, reach, now=NOW + DAY * 30)


def said(heard: Sequence[Any]) -> list[tuple[UUID, bool]]:
    """Return what intake was told of each line to ring: about what, and whether nobody need ring any more."""
    return [(each.about_id, each.reached) for each in heard if isinstance(each, MessageUnreached)]


class TestSilentDoor:
    async def test_is_rung_by_the_intake_desk_until_somebody_there_has_answered(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        heard = await rung(notify, monkeypatch, subject)
        told = [each for each in heard if isinstance(each, MessageUnreached)]
        assert [(one.whom, one.why, one.reached) for one in told] == [SILENT]
        await answered(notify, subject)
        assert said(heard) == [(subject, False), (subject, True)]

    async def test_is_rung_on_when_danger_becomes_immediate_and_once_more_when_it_is_silent_again(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        heard = await rung(notify, monkeypatch, subject)
        await handle(notify, concern(2, immediate_danger=True), subject=subject)
        assert said(heard) == [(subject, False)]
        for days in (11, 12):
            await jobs.escalate_concerns(notify, NOW + DAY * days)
        assert said(heard) == [(subject, False), (subject, False)]
        await handle(notify, concern(3, immediate_danger=True), subject=subject)
        await answered(notify, subject)
        await handle(notify, concern(4, immediate_danger=True), subject=subject)
        await answered(notify, subject)
        assert said(heard) == [(subject, False), (subject, False), (subject, True)]

    @pytest.mark.parametrize("urgent_first", [False, True])
    async def test_is_rung_no_more_when_another_door_has_the_concern(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch, *, urgent_first: bool
    ) -> None:
        subject = uuid4()
        heard = await rung(notify, monkeypatch, subject)
        if urgent_first:
            await handle(notify, concern(2, immediate_danger=True), subject=subject)
        await handle(notify, concern(3, immediate_danger=True, front_door=MEDWAY), subject=subject)
        await handle(notify, concern(4, immediate_danger=True), subject=subject)
        assert said(heard) == [(subject, False), (subject, True)]


class TestWhatIsOver:
    """Those above a silent door, and a door that was to hear of a move, are rung no more once that is over."""

    async def unreached(self, notify: Runtime, kind: Kind, how: str, monkeypatch: pytest.MonkeyPatch) -> set[UUID]:
        """Let the notices of a kind reach nobody; return their ids."""

        async def refuse(*_: object) -> Delivery:
            return Delivery(Result.REFUSED, 550)

        if how == "held back":
            await given_up(notify, kind)
        else:
            with monkeypatch.context() as until_then:
                until_then.setattr(SmtpClient, "send", refuse)
                await jobs.send_due(notify, NOW + DAY * 5)
        found = await rows(notify, f"SELECT id FROM notice WHERE kind = '{kind}' AND unreached_at IS NOT NULL")
        return {row.id for row in found}

    @pytest.mark.parametrize("how", ["refused", "held back"])
    @pytest.mark.parametrize("over", ["answered", "moved"])
    async def test_those_above_a_door_that_has_answered_or_has_the_concern_no_more(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch, how: str, over: str
    ) -> None:
        subject = uuid4()
        heard = await rung(notify, monkeypatch, subject)
        heard.clear()
        above = await self.unreached(notify, Kind.CLOCK_ESCALATED, how, monkeypatch)
        assert len(above) == 2
        assert set(said(heard)) == {(each, False) for each in above}
        heard.clear()
        if over == "answered":
            await answered(notify, subject)
        else:
            await handle(notify, concern(2, front_door=MEDWAY), subject=subject)
        told = said(heard)
        assert set(told) == {(each, True) for each in (*above, subject)}
        assert len(told) == 3
        assert (
            await rows(notify, "SELECT 1 FROM notice WHERE unreached_at IS NOT NULL AND kind = 'clock-escalated'") == []
        )

    @pytest.mark.parametrize("how", ["refused", "held back"])
    async def test_a_door_that_has_the_concern_again_need_not_hear_that_it_was_gone(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch, how: str
    ) -> None:
        heard = await announced(notify, monkeypatch)
        subject = uuid4()
        await handle(notify, concern(), subject=subject)
        await handle(notify, concern(2, front_door=MEDWAY), subject=subject)
        [moved] = await self.unreached(notify, Kind.CONCERN_MOVED, how, monkeypatch)
        assert said(heard) == [(moved, False)]
        await handle(notify, concern(3), subject=subject)
        assert said(heard) == [(moved, False), (moved, True)]
