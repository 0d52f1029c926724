"""What receipts do to the ledger's audit: people's deeds are in it once, machines' answers are not."""

import pytest

from chassis.app import Runtime
from services.intake.app import service
from tests.conftest import RuntimeOf
from tests.intake.builders import form, rows
from tests.intake.test_operations import dispatched, practice, receipts, take_in


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
