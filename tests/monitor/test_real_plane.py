"""Monitor's client against a real operations plane: the one that the chassis gives to every service."""

from uuid import uuid4

import httpx2
import pytest

from chassis import audit
from chassis.actor import Actor
from services.monitor import jobs, queries
from services.monitor.clients import HttpOpsClient, NothingThere, OpsKeys, RepairAsked
from services.monitor.domain import NAMES, HealthState, Repair
from tests.conftest import Installation, eventually
from tests.monitor.builders import NOW
from tests.monitor.conftest import Monitor


@pytest.fixture
async def plane(monitor: Monitor, installation: Installation) -> HttpOpsClient:
    """A client whose only service is this monitor itself."""
    transport = httpx2.ASGITransport(app=monitor.app)
    keys = OpsKeys(installation.vault.machine_credentials["monitor"], installation.vault.ops_token)
    return HttpOpsClient({"monitor": "http://monitor.test"}, keys, transport)


class TestRealPlane:
    async def test_tells_health_and_queues(self, plane: HttpOpsClient) -> None:
        state, dependencies = await plane.health("monitor")
        assert state is HealthState.READY
        assert dependencies == {"database": "ok", "keys": "ok", "bus": "ok"}
        assert (await plane.outbox("monitor")).unpublished == 0
        assert await plane.inbox("monitor") == ()
        # A figure of another service stands here only because one process has run both.
        assert (await plane.figures("monitor")).keys() <= NAMES
        assert await plane.parked("monitor", "Ida Demo") == ()

    async def test_misses_a_message_that_is_not_there(self, plane: HttpOpsClient) -> None:
        asked = RepairAsked("monitor", uuid4(), Repair.RETRY, "mended", "Ida Demo", dry_run=False)
        with pytest.raises(NothingThere):
            await plane.repair(asked)

    async def test_gives_checkpoints_that_monitor_can_verify_and_keep(
        self, plane: HttpOpsClient, monitor: Monitor
    ) -> None:
        runtime = monitor.runtime
        async with runtime.database.transaction(Actor.operator("Ida")) as session:
            await audit.record(session, "test.done", subject=None, now=NOW)

        async def sealed() -> bool:
            return bool(await plane.checkpoints("monitor", 0))

        await eventually(sealed)
        await jobs.collect_of_service(runtime, plane, "monitor", NOW)
        async with runtime.database.transaction(Actor.service("monitor")) as session:
            (summary,) = await queries.chains(session)
            assert await queries.alarms(session) == ()
        assert summary.newest.signed
        assert summary.doubtful == 0
