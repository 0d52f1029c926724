"""Channel on a real database, with its pages, and cases in it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis import outbox
from chassis.actor import Actor
from chassis.app import Runtime, Service
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper, sign_in
from contracts.catalogue import EVENT_BY_TYPE
from contracts.envelope import Event
from services.channel.app import service
from services.channel.domain import Command, Record
from services.channel.operations import Act, act_on_case
from tests import sending
from tests.channel.builders import CORA, NOW, GivenPractices, message, passed, practice, rows
from tests.conftest import RunningOf, RuntimeOf


@dataclass(frozen=True)
class Team:
    """Channel's database, and the way in for events and decisions."""

    runtime: Runtime
    service: Service
    practices: GivenPractices

    async def hear(self, event: Event, subject: UUID) -> None:
        """Handle an event as the inbox does: in a transaction of the service."""
        found = self.service.handlers.find(event.wire_type)
        assert found
        async with self.runtime.database.transaction(Actor.service("channel")) as session:
            await session.lock(subject)
            await found[1](session, event, message(event, subject))

    async def open(self, event: Event | None = None) -> UUID:
        """Receive a pack and return its subject."""
        subject = uuid4()
        await self.hear(event or passed(), subject)
        return subject

    async def act(self, subject: UUID, command: Command, **record: Any) -> None:
        """Carry a command out as the coordinator."""
        async with self.runtime.database.transaction(CORA) as session:
            await act_on_case(session, subject, Act(command, NOW, Record(**record)), self.practices.given)

    async def announced(self) -> dict[str, list[Event]]:
        """Return the announced events by wire type, opened with their topic's key."""
        found: dict[str, list[Event]] = {}
        for row in await rows(self.runtime, "SELECT * FROM outbox ORDER BY id"):
            bound_to = f"{row['event_id']}|{row['type']}|{row['subject']}".encode()
            body = outbox.Sealer.topic_keys.unseal(row["topic"], row["key_id"], row["sealed"], bound_to)
            found.setdefault(row["type"], []).append(EVENT_BY_TYPE[row["type"]].model_validate_json(body))
        return found


@pytest.fixture
def practices() -> GivenPractices:
    return GivenPractices(practice())


@pytest.fixture
def quiet(practices: GivenPractices) -> Service:
    """Channel with made-up practice and without its clock: tests say when something runs."""
    return replace(service(practices), jobs=())


@pytest.fixture
async def team(runtime_of: RuntimeOf, quiet: Service, practices: GivenPractices) -> Team:
    return Team(await runtime_of(quiet), quiet, practices)


@dataclass(frozen=True)
class Console:
    """Channel running, and how to sign somebody in."""

    team: Team
    client: httpx2.AsyncClient
    signed_in: Callable[[Actor], Awaitable[httpx2.AsyncClient]]


@pytest.fixture
async def console(running_of: RunningOf, quiet: Service, practices: GivenPractices) -> Console:
    running = await running_of(quiet, public_url="http://channel.test")

    async def signed_in(actor: Actor) -> httpx2.AsyncClient:
        session = Session()
        sign_in(session, actor)
        store = DatabaseSessions(running.runtime.database)
        await SessionKeeper(store, running.runtime.secrets.session_secret, Limits()).keep(session)
        running.client.cookies.set("throughline_channel", session.token)
        return running.client

    return Console(Team(running.runtime, quiet, practices), running.client, signed_in)


hidden = sending.hidden


async def send(client: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    """Open a form and send it as a browser does; fields given win over the form's hidden ones."""
    page = await client.get(path)
    sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
    return await client.post(path, data={**sent, **fields})
