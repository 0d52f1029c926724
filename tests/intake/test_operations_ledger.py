"""The audit of the ledger holds people's deeds once, not machines' answers; danger shortens the time to acknowledge."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.envelope import ReceiptItem
from contracts.vocabulary import LineState, Team
from services.intake import jobs, operations, queries
from services.intake.app import service
from services.intake.queries import late_lines
from tests.conftest import RuntimeOf
from tests.intake.builders import form, rows
from tests.intake.test_operations import NOW, dispatched, ledger, practice, receipts, take_in


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    """Intake's runtime without background work."""
    return await runtime_of(service())


def at_the_door(sent: Any, state: str, minutes: int) -> ReceiptItem:
    """Return what is said of the front door's people or mails, of a dispatch row, these minutes after NOW."""
    return ReceiptItem(
        event_id=sent.event_id,
        topic="",
        subject=sent.event_id,
        recipient=sent.recipient,
        state=state,
        team="front-door",
        at=(NOW + timedelta(minutes=minutes)).isoformat(),
    )


class TestAudit:
    async def test_of_an_acknowledgement_names_referral_team_and_area_once(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), form())
        sent = (await dispatched(runtime))["intake.police.v1"]
        for _ in range(2):
            await receipts(runtime, [(sent, "seen", "imu"), (sent, "acknowledged", "gateway")])
        found = await rows(runtime, "SELECT * FROM audit_entry WHERE action LIKE 'ledger.%' ORDER BY action")
        assert [(each.action, each.subject, each.area, each.facts["team"]) for each in found] == [
            ("ledger.acknowledged", row.id, "kent-and-medway", "gateway"),
            ("ledger.seen", row.id, "kent-and-medway", "imu"),
        ]

    async def test_of_a_machines_answer_there_is_none(self, runtime: Runtime) -> None:
        await take_in(runtime, practice(runtime), form())
        for sent in (await dispatched(runtime)).values():
            await receipts(runtime, [(sent, "stored", ""), (sent, "delivered", "front-door")])
        assert await rows(runtime, "SELECT 1 FROM audit_entry WHERE action LIKE 'ledger.%'") == []


class TestUndelivered:
    async def told(self, runtime: Runtime, *states: str) -> tuple[LineState, int]:
        """Return how far the front door's line is after these receipts, and how many lines call for a person."""
        receipt, _ = await take_in(runtime, practice(runtime), form())
        care = (await dispatched(runtime))["intake.social-care.v1"]
        for state in states:
            await receipts(runtime, [(care, state, "front-door" if state != "stored" else "")])
        await jobs.watch_late_lines(runtime, NOW)
        return (await ledger(runtime, receipt.reference))[Team.FRONT_DOOR], jobs.Counted.undelivered

    @pytest.mark.parametrize(
        ("states", "shown", "alarms"),
        [
            (("stored", "delivered", "undelivered"), LineState.UNDELIVERED, 1),
            (("stored", "undelivered"), LineState.UNDELIVERED, 1),
            (("stored", "delivered", "undelivered", "delivered"), LineState.DELIVERED, 0),
            (("stored", "delivered", "undelivered", "seen"), LineState.SEEN, 0),
            (("stored", "undelivered", "seen", "acknowledged"), LineState.ACKNOWLEDGED, 0),
        ],
    )
    async def test_takes_delivered_back_and_calls_for_a_person_until_somebody_saw_it(
        self, runtime: Runtime, states: tuple[str, ...], shown: LineState, alarms: int
    ) -> None:
        assert await self.told(runtime, *states) == (shown, alarms)

    @pytest.mark.parametrize("before", [None, "delivered", "undelivered"])
    @pytest.mark.parametrize(
        ("batch", "shown"),
        [
            ((("undelivered", 1), ("delivered", 2)), LineState.DELIVERED),
            ((("delivered", 2), ("undelivered", 1)), LineState.DELIVERED),
            ((("delivered", 1), ("undelivered", 2)), LineState.UNDELIVERED),
            ((("undelivered", 1), ("delivered", 1)), LineState.DELIVERED),
        ],
    )
    async def test_of_one_batch_counts_what_happened_last(
        self, runtime: Runtime, before: str | None, batch: Sequence[tuple[str, int]], shown: LineState
    ) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        care = (await dispatched(runtime))["intake.social-care.v1"]
        for said in (((before, 0),), batch) if before else (batch,):
            items = [at_the_door(care, state, minutes) for state, minutes in said]
            async with runtime.database.transaction(Actor.service("intake")) as session:
                await operations.note_receipts(session, items, NOW)
        assert (await ledger(runtime, receipt.reference))[Team.FRONT_DOOR] == shown

    @pytest.mark.parametrize("together", [False, True])
    @pytest.mark.parametrize(
        ("states", "shown", "alarms"),
        [
            (("delivered", "seen", "undelivered"), LineState.UNDELIVERED, 1),
            (("delivered", "undelivered", "delivered"), LineState.DELIVERED, 0),
            (("undelivered", "delivered", "undelivered", "delivered"), LineState.DELIVERED, 0),
            (("delivered", "undelivered", "delivered", "undelivered"), LineState.UNDELIVERED, 1),
            (("delivered", "seen", "undelivered", "delivered"), LineState.SEEN, 0),
            (("delivered", "seen", "undelivered", "seen", "undelivered", "seen"), LineState.SEEN, 0),
            (("delivered", "seen", "acknowledged", "undelivered"), LineState.UNDELIVERED, 1),
            (("delivered", "acknowledged", "undelivered", "seen"), LineState.ACKNOWLEDGED, 0),
            (("seen", "acknowledged", "undelivered", "delivered"), LineState.ACKNOWLEDGED, 0),
            (("undelivered", "seen", "undelivered"), LineState.UNDELIVERED, 1),
            (("undelivered", "seen", "undelivered", "acknowledged"), LineState.ACKNOWLEDGED, 0),
        ],
    )
    async def test_of_a_newer_version_stands_although_an_older_one_was_seen(
        self, runtime: Runtime, states: tuple[str, ...], shown: LineState, alarms: int, *, together: bool
    ) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        care = (await dispatched(runtime))["intake.social-care.v1"]
        items = [at_the_door(care, state, minutes) for minutes, state in enumerate(states)]
        # What was said once comes again on a new bus, in its order, and changes nothing.
        for batch in [items] if together else [[item] for item in (*items, *items)]:
            async with runtime.database.transaction(Actor.service("intake")) as session:
                await operations.note_receipts(session, batch, NOW + timedelta(hours=3))
        await jobs.watch_late_lines(runtime, NOW)
        assert ((await ledger(runtime, receipt.reference))[Team.FRONT_DOOR], jobs.Counted.undelivered) == (
            shown,
            alarms,
        )
        async with runtime.database.transaction(Actor.service("intake")) as session:
            listed = await queries.ledger_lines(session, team=Team.FRONT_DOOR, state=shown, limit=10)
        assert [each.reference for each in listed.lines] == [receipt.reference]
        people = await rows(runtime, "SELECT action FROM audit_entry WHERE action LIKE 'ledger.%'")
        assert len(people) == len([each for each in states if each in {"seen", "acknowledged"}])


class TestMarksAnew:
    async def test_what_went_to_others_of_a_team_has_been_seen_by_nobody_there(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        care = (await dispatched(runtime))["intake.social-care.v1"]

        item = partial(at_the_door, care)

        async def note(now: int, *items: ReceiptItem) -> LineState:
            async with runtime.database.transaction(Actor.service("intake")) as session:
                await operations.note_receipts(session, items, NOW + timedelta(minutes=now))
            return (await ledger(runtime, receipt.reference))[Team.FRONT_DOOR]

        assert await note(1, item("delivered", 1), item("acknowledged", 1)) == LineState.ACKNOWLEDGED
        assert await note(5, item("moved", 4), item("seen", 3)) not in {LineState.SEEN, LineState.ACKNOWLEDGED}
        assert await note(7, item("delivered", 6), item("acknowledged", 7)) == LineState.ACKNOWLEDGED
        # The same word once more takes nothing back that was done since.
        assert await note(9, item("moved", 4)) == LineState.ACKNOWLEDGED


class TestHasten:
    async def test_lets_people_acknowledge_danger_within_the_areas_minutes(self, runtime: Runtime) -> None:
        given = form()
        danger = given.model_copy(update={"concerns": given.concerns.model_copy(update={"immediate_danger": True})})
        urgent, _ = await take_in(runtime, practice(runtime), danger)
        ordinary, _ = await take_in(runtime, practice(runtime), form())
        async with runtime.database.transaction(Actor.service("intake")) as session:
            by = {
                reference: {line.team: line.acknowledge_by for line in (await queries.ledger(session, reference)).lines}
                for reference in (urgent.reference, ordinary.reference)
            }
        assert by[urgent.reference] == {
            Team.IMU: NOW + timedelta(minutes=30),
            Team.GATEWAY: NOW + timedelta(minutes=30),
            Team.FRONT_DOOR: NOW + timedelta(minutes=60),
            Team.DOVETAIL: None,
            Team.STATISTICS: None,
        }
        assert (by[ordinary.reference][Team.IMU] or NOW) > NOW + timedelta(hours=12)
        await rows(runtime, "UPDATE ledger_line SET stored_at = :now RETURNING 1", now=NOW)
        async with runtime.database.transaction(Actor.service("intake")) as session:
            late = await late_lines(session, now=NOW + timedelta(minutes=31), limit=10)
        assert [(line.reference, line.team) for line in late] == [
            (urgent.reference, Team.GATEWAY),
            (urgent.reference, Team.IMU),
        ]
