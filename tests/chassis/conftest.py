"""Fixtures for the chassis alone: a service without a domain with its operator, and a publisher with a consumer."""

from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI

from chassis import ops
from chassis.app import Runtime
from chassis.crypto import plain_url
from chassis.internal import digest_of
from tests.chassis.journey import CREATE_EFFECT, Consumer, publisher
from tests.chassis.operated import OPERATOR, TOKEN, Erasures
from tests.chassis.places import BARE, Place
from tests.conftest import Installation, RuntimeOf


@pytest.fixture
async def place(installation: Installation, runtime_of: RuntimeOf) -> Place:
    """Return the emptied database of a service that has only the chassis."""
    runtime = await runtime_of(BARE)
    return Place(runtime, runtime.database, runtime.secrets.database_url, installation.owner_url("triage"))


@pytest.fixture
def erasures() -> Erasures:
    """Return what the service was asked to erase."""
    return Erasures()


@pytest.fixture
async def operator(place: Place, erasures: Erasures) -> AsyncIterator[httpx2.AsyncClient]:
    """Return a client that speaks as the operator."""
    runtime = replace(place.runtime, secrets=replace(place.runtime.secrets, ops_digest=digest_of(TOKEN)))
    app = FastAPI()
    app.include_router(ops.router(replace(BARE, erase_subject=erasures, may_erase=erasures.may)))
    app.state.runtime = runtime
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://triage.test", headers=OPERATOR) as one:
        yield one


@pytest.fixture
async def effect_table(clean: Installation) -> AsyncIterator[None]:
    connection = await asyncpg.connect(plain_url(clean.owner_url("channel")))
    try:
        await connection.execute(f"{CREATE_EFFECT}; GRANT SELECT, INSERT ON effect TO channel")
        yield
        await connection.execute("DROP TABLE effect")
    finally:
        await connection.close()


@pytest.fixture
def consumer() -> Consumer:
    return Consumer()


@pytest.fixture
async def intake(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of(publisher())


@pytest.fixture
async def channel(runtime_of: RuntimeOf, consumer: Consumer, effect_table: None) -> Runtime:
    return await runtime_of(consumer.service(), gap_alarm_seconds=0.5)
