"""Triage on a real database, with its pages, and referrals in it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis.actor import Actor
from chassis.app import Runtime, Service
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper, sign_in
from contracts.envelope import Event
from contracts.intake.police import ReferralReceived
from services.triage.app import service
from services.triage.domain import Body, Command, Record
from services.triage.operations import Act, decide_referral, record_deconfliction
from services.triage.operations.people import index_person
from services.triage.queries.people import people_waiting
from tests import sending
from tests.conftest import RunningOf, RuntimeOf
from tests.triage.assessing import assess
from tests.triage.builders import CLOSURE, GATEWAY, IMU, NOW, GivenPractices, message, practice, received


@dataclass(frozen=True)
class Desk:
    """Triage's database, and the way in for events and decisions."""

    runtime: Runtime
    service: Service

    async def hear(self, event: Event, subject: UUID) -> None:
        """Handle an event as the inbox does: in a transaction of the service."""
        found = self.service.handlers.find(event.wire_type)
        assert found
        async with self.runtime.database.transaction(Actor.service("triage")) as session:
            await session.lock(subject)
            await found[1](session, event, message(event, subject))
        await self.index()

    async def index(self) -> None:
        """Bring what has come into the person index, as the service's job does."""
        async with self.runtime.database.transaction(Actor.job("triage", "people")) as session:
            for subject in await people_waiting(session, NOW, 1000):
                await index_person(session, subject, NOW)

    async def open(self, event: ReferralReceived | None = None) -> UUID:
        """Receive a referral and return its subject."""
        subject = uuid4()
        await self.hear(event or received(), subject)
        return subject

    async def clear(self, subject: UUID, *, assessed: bool = True) -> None:
        """Record that the referral is clear to proceed, and a Gateway assessment unless told not to."""
        async with self.runtime.database.transaction(IMU) as session:
            await record_deconfliction(session, subject, Act(Command.CLEAR, NOW), practice())
        if assessed:
            await self.assess(subject)

    async def assess(self, subject: UUID) -> None:
        """Complete a Gateway assessment."""
        async with self.runtime.database.transaction(GATEWAY) as session:
            await assess(session, subject, practice())

    async def hold(self, subject: UUID, command: Command, note: str) -> None:
        """Record a conflict or a request for more time."""
        async with self.runtime.database.transaction(IMU) as session:
            await record_deconfliction(session, subject, Act(command, NOW, Record(rationale=note)), practice())

    async def decide(self, subject: UUID, command: Command, **record: Any) -> None:
        """Record a decision of a Gateway officer."""
        words = Record(**{**CLOSURE, **record})
        # The police of this area gather information where that is what is decided.
        alone = command in (Command.GATHER, Command.GATHERED)
        local = practice(gathers=Body.POLICE) if alone else practice()
        async with self.runtime.database.transaction(GATEWAY) as session:
            await decide_referral(session, subject, Act(command, NOW, words), local)

    async def gather(self, subject: UUID) -> None:
        """Gather information and record it as complete, so that section 36 can be decided."""
        await self.decide(subject, Command.GATHER)
        await self.decide(subject, Command.GATHERED)


@pytest.fixture
def quiet() -> Service:
    """Triage with made-up practice and without its clock: tests say when something runs."""
    return replace(service(GivenPractices(practice())), jobs=())


@pytest.fixture
async def desk(runtime_of: RuntimeOf, quiet: Service) -> Desk:
    return Desk(await runtime_of(quiet), quiet)


@dataclass(frozen=True)
class Console:
    """Triage running, and how to sign somebody in."""

    desk: Desk
    client: httpx2.AsyncClient
    signed_in: Callable[[Actor], Awaitable[httpx2.AsyncClient]]


@pytest.fixture
async def console(running_of: RunningOf, quiet: Service) -> Console:
    running = await running_of(quiet, public_url="http://triage.test")

    async def signed_in(actor: Actor) -> httpx2.AsyncClient:
        session = Session()
        sign_in(session, actor)
        store = DatabaseSessions(running.runtime.database)
        await SessionKeeper(store, running.runtime.secrets.session_secret, Limits()).keep(session)
        running.client.cookies.set("throughline_triage", session.token)
        return running.client

    return Console(Desk(running.runtime, quiet), running.client, signed_in)


hidden = sending.hidden


async def send(client: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    """Open a form and send it as a browser does; fields given win over the form's hidden ones."""
    page = await client.get(path)
    if begun := re.search(r'<a class="govuk-link" href="([^"]*go-on=1)"', page.text):
        page = await client.get(begun[1].replace("&amp;", "&"))
    sent = {name: hidden(page, name) for name in ("csrf_token", "row_version") if f'name="{name}"' in page.text}
    return await client.post(path, data={**sent, **fields})
