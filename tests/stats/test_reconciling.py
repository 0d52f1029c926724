"""How each day stands, as intake has counted it: kept by version, shown without saying how much came in."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from chassis import clock
from chassis.actor import Actor, ActorKind
from chassis.app import Runtime
from chassis.clock import LONDON
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper, sign_in
from contracts.intake.statistics import DayReconciled
from contracts.vocabulary import Role
from services.stats.app import service
from services.stats.handlers import on_day_reconciled
from services.stats.models import reconciliation
from tests.conftest import Running, RunningOf
from tests.stats.counted_made import KENT
from tests.triage.builders import message

SERVICE = Actor.service("stats")


def reader(role: Role) -> Actor:
    """Return a synthetic person of the area with one role."""
    return Actor(
        ActorKind.PERSON, "beatrice", "Beatrice Board (synthetic)", frozenset({role}), frozenset({KENT}), "Board"
    )


async def hear(stats: Runtime, day: date, recipient: str, state: str = "agrees", version: int = 1) -> None:
    """Hear from intake how a day stands at a recipient."""
    event = DayReconciled(day=day, recipient=recipient, state=state, version=version)
    async with stats.database.transaction(SERVICE) as session:
        await on_day_reconciled(session, event, message(event, uuid4()))


class TestKept:
    async def test_the_newest_count_stands_whichever_came_first(self, stats: Runtime) -> None:
        day = date(2026, 11, 20)
        await hear(stats, day, "triage", "agrees", version=3)
        await hear(stats, day, "triage", "open", version=2)
        async with stats.database.transaction(SERVICE) as session:
            (row,) = await session.rows(reconciliation.select())
        assert (row.state, row.version) == ("agrees", 3)

    def test_holds_no_number_of_what_came_in(self) -> None:
        assert set(reconciliation.c.keys()) == {"area", "day", "recipient", "state", "version"}


@pytest.fixture
async def running(running_of: RunningOf) -> Running:
    """Return statistics with its pages."""
    return await running_of(service(), public_url="http://stats.test")


async def become(running: Running, actor: Actor) -> None:
    """Sign somebody in."""
    session = Session()
    sign_in(session, actor)
    store = DatabaseSessions(running.runtime.database)
    await SessionKeeper(store, running.runtime.secrets.session_secret, Limits()).keep(session)
    running.client.cookies.set("throughline_stats", session.token)


class TestPage:
    async def test_says_of_each_day_whether_everything_is_with_everybody(self, running: Running) -> None:
        today = clock.now().astimezone(LONDON).date()
        for recipient in ("intake", "triage", "notify", "channel", "stats"):
            await hear(running.runtime, today - timedelta(days=2), recipient)
        await hear(running.runtime, today - timedelta(days=1), "triage", "open")
        await hear(running.runtime, today - timedelta(days=1), "notify", "open")
        await hear(running.runtime, today - timedelta(days=1), "channel", "explained")
        await hear(running.runtime, today - timedelta(days=40), "intake", "open")
        await become(running, reader(Role.BOARD_MEMBER))
        page = (await running.client.get("/reconciliation")).text
        assert page.count("Everything that came in is with everybody who must have it.") == 1
        assert "Something is missing at the police, or there was no answer. The intake desk is looking into it." in page
        assert "Something is missing at social care" in page
        assert "missing at the Channel team, or there was no answer. The intake desk has explained it." in page
        assert page.count("Not counted yet") == 29
        assert "intake itself" not in page

    async def test_leads_to_the_readers_other_areas(self, running: Running) -> None:
        await become(running, reader(Role.BOARD_MEMBER))
        assert "/reconciliation?area=" not in (await running.client.get("/reconciliation")).text
        await become(running, replace(reader(Role.BOARD_MEMBER), areas=frozenset({"kent-and-medway", "northmere"})))
        page = (await running.client.get("/reconciliation")).text
        assert '<a class="govuk-link" href="/reconciliation?area=northmere">' in page
        assert (await running.client.get("/reconciliation?area=northmere")).status_code == 200

    async def test_is_for_readers_of_figures_in_their_own_areas(self, running: Running) -> None:
        await become(running, reader(Role.BOARD_MEMBER))
        assert (await running.client.get("/reconciliation?area=northmere")).status_code == 404
        await become(running, reader(Role.GATEWAY_OFFICER))
        assert (await running.client.get("/reconciliation")).status_code == 403
