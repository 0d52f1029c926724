"""Who reads a page while the database is frozen is told so within seconds, and no connection is lost by it."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis import clock
from chassis.actor import Actor
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper
from services.intake.web.progress import OPEN
from tests.conftest import Installation, Running, eventually
from tests.intake.outage import Outages, intake_on
from tests.intake.test_web_desk import as_officer, unread_mail

SECONDS = 2.0
LATEST = SECONDS + 3.0
_ANY = text("SELECT id FROM referral LIMIT 1")
BESIDE = 6
MANY = 30
"""More than the pool has connections."""


@pytest.fixture
async def intake(
    own: Installation, outages: Outages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """Intake, whose readers have little patience."""
    assert outages.installation is own
    monkeypatch.setenv("THROUGHLINE_ANSWER_SECONDS", str(SECONDS))
    async with intake_on(own, tmp_path / "spool", 0) as running:
        yield running


@pytest.fixture
def freezing(outages: Outages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Freeze the database as soon as it has said whose a request is."""
    ask = DatabaseSessions.read

    async def read(store: DatabaseSessions, *given: Any) -> Any:
        found = await ask(store, *given)
        outages.freeze()
        return found

    monkeypatch.setattr(DatabaseSessions, "read", read)


async def as_referrer(intake: Running, referral_id: UUID) -> None:
    """Come in as somebody who has used the link to the progress of a referral."""
    keeper = SessionKeeper(DatabaseSessions(intake.runtime.database), intake.runtime.secrets.session_secret, Limits())
    until = clock.now() + timedelta(hours=1)
    session = Session(data={OPEN: {"referral": str(referral_id), "until": until.isoformat()}})
    await keeper.keep(session)
    intake.client.cookies.set("throughline_intake", session.token)


async def looked(intake: Running, path: str) -> tuple[Any, float]:
    began = time.monotonic()
    return await intake.client.get(path), time.monotonic() - began


async def at_most_lent(intake: Running, count: int) -> None:
    """Wait until the pool has lent no more connections than these."""

    async def given_back() -> bool:
        pool: Any = intake.runtime.database._engine.pool
        return bool(pool.checkedout() <= count)

    await eventually(given_back, 10)


@pytest.mark.usefixtures("freezing")
class TestFrozenMeanwhile:
    async def test_the_desk_is_told_in_time_and_opens_again_afterwards(self, intake: Running, outages: Outages) -> None:
        await unread_mail(intake)
        await as_officer(intake)
        late, seconds = await looked(intake, "/desk")
        assert (late.status_code, late.headers["retry-after"]) == (503, "10")
        assert "answer-late" in late.text
        assert "call 999" in late.text
        assert seconds < LATEST
        outages.thaw()

    async def test_a_referrer_is_told_in_time(self, intake: Running, outages: Outages) -> None:
        await unread_mail(intake)
        async with intake.runtime.database.transaction(Actor.service("intake")) as session:
            referral_id = await session.scalar(_ANY)
        await as_referrer(intake, referral_id)
        late, seconds = await looked(intake, "/progress/referral")
        assert (late.status_code, "answer-late" in late.text) == (503, True)
        assert seconds < LATEST
        outages.thaw()


class TestFrozenBefore:
    async def test_many_who_look_leave_no_connection_behind(
        self, intake: Running, own: Installation, outages: Outages
    ) -> None:
        await unread_mail(intake)
        await as_officer(intake)
        operator = {"Authorization": f"Bearer {own.vault.ops_token}", "X-Operator": "Sample Operator"}
        assert (await intake.client.get("/desk")).status_code == 200
        outages.freeze()
        began = time.monotonic()
        paths = ("/desk", "/ops/ledger", "/ops/outbox")
        asked = [intake.client.get(paths[number % 3], headers=operator) for number in range(MANY)]
        assert {answer.status_code for answer in await asyncio.gather(*asked)} == {503}
        assert time.monotonic() - began < LATEST
        # The work beside the pages still waits for the database; the pages have let go of it.
        await at_most_lent(intake, BESIDE)
        outages.thaw()
        await at_most_lent(intake, 0)
        again = await asyncio.gather(*(intake.client.get(paths[number % 3], headers=operator) for number in range(9)))
        assert {answer.status_code for answer in again} == {200}


class TestFrozenWithin:
    async def test_who_gives_up_within_a_transaction_does_not_wait_for_its_undoing(
        self, intake: Running, outages: Outages
    ) -> None:
        async def work() -> None:
            async with intake.runtime.database.transaction(Actor.service("intake")) as session:
                await session.scalar(_ANY)
                outages.freeze()
                await session.scalar(_ANY)

        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(work(), 0.5)
        assert time.monotonic() - began < LATEST
        outages.thaw()
        await at_most_lent(intake, 0)
