"""Monitor on a real database, with services that answer from memory and people who are signed in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import httpx2
import pytest
from fastapi import FastAPI

from chassis.actor import Actor, ActorKind
from chassis.app import Runtime, Service
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper, sign_in
from contracts.vocabulary import Role
from services.monitor.app import service
from services.monitor.clients import ConsoleOpsClient
from services.monitor.domain import HealthState
from tests.conftest import RunningOf, RuntimeOf

Person = Callable[[Role], Awaitable[httpx2.AsyncClient]]


@dataclass(frozen=True)
class Monitor:
    """Monitor running, the services it watches, and how to sign a person in."""

    app: FastAPI
    runtime: Runtime
    console: ConsoleOpsClient
    client: httpx2.AsyncClient
    person: Person


@pytest.fixture
def console() -> ConsoleOpsClient:
    return ConsoleOpsClient(states={"intake": HealthState.READY, "triage": HealthState.READY})


@pytest.fixture
def quiet(console: ConsoleOpsClient) -> Service:
    """Monitor without its clock: tests say when something runs."""
    return replace(service(), jobs=(), clients=lambda _settings, _secrets: console)


@pytest.fixture
async def runtime(runtime_of: RuntimeOf, quiet: Service) -> Runtime:
    return await runtime_of(quiet)


@pytest.fixture
async def monitor(running_of: RunningOf, quiet: Service, console: ConsoleOpsClient) -> Monitor:
    running = await running_of(quiet, public_url="http://monitor.test")

    async def person(role: Role) -> httpx2.AsyncClient:
        roles = frozenset({role.value})
        actor = Actor(ActorKind.PERSON, "ida@ops.example", "Ida Demo (synthetic)", roles, frozenset({"*"}), "Demo Ops")
        session = Session()
        sign_in(session, actor)
        secret = running.runtime.secrets.session_secret
        await SessionKeeper(DatabaseSessions(running.runtime.database), secret, Limits()).keep(session)
        running.client.cookies.set("throughline_monitor", session.token)
        return running.client

    return Monitor(running.app, running.runtime, console, running.client, person)
