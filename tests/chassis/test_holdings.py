"""What a consumer says it holds: to the publisher of the topic alone, by subject, and of statistics to nobody."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from chassis import holdings
from chassis.actor import Actor
from chassis.holdings import MOST_SUBJECTS, Holders, HolderSilent
from chassis.internal import digest_of
from chassis.tables import inbox_event
from tests.chassis.operated import NOW
from tests.chassis.places import Place

POLICE = "intake.police.v1"
INTAKE = "intake.synthetic-credential"
CHANNEL = "channel.synthetic-credential"


@pytest.fixture
def app(place: Place) -> FastAPI:
    """Return the consumer's side: triage with its internal door."""
    app = FastAPI()
    app.include_router(holdings.router())
    digests = {"intake": digest_of(INTAKE), "channel": digest_of(CHANNEL)}
    app.state.runtime = SimpleNamespace(database=place.database, secrets=SimpleNamespace(machine_digests=digests))
    return app


@pytest.fixture
async def holders(app: FastAPI) -> AsyncIterator[Holders]:
    """Return the publisher's side, with its credential."""
    async with Holders({"triage": "http://triage"}, INTAKE, transport=httpx2.ASGITransport(app=app)) as made:
        yield made


async def handled(place: Place, subject: UUID, state: str = "stored", topic: str = POLICE) -> UUID:
    """Note a handled event of a subject."""
    values = {"topic": topic, "subject": subject, "epoch": 1, "sequence": 1, "event_id": uuid4(), "state": state}
    async with place.database.transaction(Actor.service("triage")) as session:
        await session.execute(insert(inbox_event).values(values | {"handled_at": NOW}))
    return subject


class TestAnswer:
    async def test_names_what_has_not_arrived(self, place: Place, holders: Holders) -> None:
        held, erased = await handled(place, uuid4()), await handled(place, uuid4(), "erased")
        elsewhere = await handled(place, uuid4(), topic="channel.police.v1")
        discarded, absent = await handled(place, uuid4(), "discarded"), uuid4()
        asked = [held, erased, elsewhere, discarded, absent]
        assert await holders.missing("triage", POLICE, asked) == {elsewhere, discarded, absent}
        assert await holders.missing("triage", POLICE, []) == frozenset()

    async def test_takes_more_than_one_question_holds(self, place: Place, holders: Holders) -> None:
        held = await handled(place, uuid4())
        many = [uuid4() for _ in range(MOST_SUBJECTS)]
        assert await holders.missing("triage", POLICE, [*many, held]) == set(many)

    async def test_refuses_whoever_is_not_the_publisher(self, app: FastAPI) -> None:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://triage") as client:
            for credential, topic, status, reason in (
                (CHANNEL, POLICE, 403, "holdings-not-yours"),
                (INTAKE, "channel.police.v1", 403, "holdings-not-yours"),
                (INTAKE, "intake.statistics.v1", 403, "holdings-not-yours"),
                (INTAKE, "nonsense", 403, "holdings-not-yours"),
                ("intake.wrong", POLICE, 401, "machine-credential-refused"),
            ):
                headers = {"Authorization": f"Bearer {credential}"}
                body = {"topic": topic, "subjects": [str(uuid4())]}
                answer = await client.post("/internal/holdings", json=body, headers=headers)
                assert (answer.status_code, answer.json()["title"]) == (status, reason)

    async def test_refuses_a_question_that_is_too_long(self, app: FastAPI) -> None:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://triage") as client:
            body = {"topic": POLICE, "subjects": [str(uuid4())] * (MOST_SUBJECTS + 1)}
            answer = await client.post("/internal/holdings", json=body, headers={"Authorization": f"Bearer {INTAKE}"})
            assert answer.status_code == 422


class TestHolders:
    async def test_says_who_is_silent(self, app: FastAPI) -> None:
        transport = httpx2.ASGITransport(app=app)
        async with Holders({"triage": "http://triage"}, CHANNEL, transport=transport) as refused:
            with pytest.raises(HolderSilent, match="triage does not say what it holds"):
                await refused.missing("triage", POLICE, [uuid4()])
        async with Holders({}, INTAKE) as nowhere:
            with pytest.raises(HolderSilent):
                await nowhere.missing("triage", POLICE, [uuid4()])
