"""Intake without its bus: nobody who refers notices, and the ledger says what no team has."""

import socket
from datetime import timedelta

from sqlalchemy import text

from chassis import clock
from chassis.actor import Actor
from services.intake.app import service
from services.intake.queries import count_late_lines
from services.intake.settings import IntakeSettings
from tests.conftest import RunningOf, eventually
from tests.intake.builders import mail, rows
from tests.intake.outage import post_mail
from tests.intake.test_web_views import answers, fill_in, post

NOWHERE = "postgresql+asyncpg://nobody:nothing@/none?host=/nonexistent-folder-of-a-test"


class TestBusAway:
    async def test_every_door_accepts_and_the_ledger_raises_its_alarm(self, running_of: RunningOf) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        intake = await running_of(service(IntakeSettings(service="intake", smtp_port=port)), bus_url=NOWHERE)
        code, _ = await post_mail(port, mail().as_bytes())
        await fill_in(intake, answers())
        sent = await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
        assert (code, sent.headers["location"]) == (250, "/referral/receipt")
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 2

        async def waits() -> bool:
            found = await rows(intake.runtime, "SELECT count(*) AS n FROM outbox WHERE published_at IS NULL")
            return bool(found[0].n)

        await eventually(waits)
        async with intake.runtime.database.transaction(Actor.service("intake")) as session:
            required = await session.scalar(text("SELECT count(*) FROM ledger_line WHERE required"))
            late = await count_late_lines(session, now=clock.now() + timedelta(days=1))
        assert late.unstored == required > 0
