"""The audit of the ledger holds people's deeds once, not machines' answers; danger shortens the time to acknowledge."""

from datetime import timedelta

import pytest

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.vocabulary import Team
from services.intake import queries
from services.intake.app import service
from services.intake.queries import late_lines
from tests.conftest import RuntimeOf
from tests.intake.builders import form, rows
from tests.intake.test_operations import NOW, dispatched, practice, receipts, take_in


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    """Intake's runtime without background work."""
    return await runtime_of(service())


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
