"""What an officer may not see leaves no trace in what they do see: two worlds, with and without it, look the same."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from contracts.vocabulary import Role
from services.triage import operations, queries
from services.triage.domain import Command, Obligation, Record
from services.triage.operations import Act
from services.triage.operations.obligations import Owed, keep_obligation
from tests.triage.builders import GATEWAY, NOW, form, officer, practice, received
from tests.triage.conftest import Console, Desk, send
from tests.triage.people_steps import FIRST, OTHER, SECOND, THIRD, abroad

OUTSIDER = officer(Role.GATEWAY_OFFICER, name="Olga Synthetic")
SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")
RESTRICTED, NOBODYS = "KM-2222-2222", "KM-BBBB-BBBK"
PATHS = (
    *("/gateway", "/gateway?sort=due", "/gateway?sort=-due", "/gateway?sort=received", "/gateway?sort=-received"),
    *("/gateway?district=Gravesham", "/gateway?danger=1", "/gateway?overdue=1", "/gateway?restricted=1"),
    *("/gateway?state=assessing", "/gateway?officer=gita-synthetic", "/gateway?officer=nobody", "/gateway?view=open"),
    *("/forecast", "/forecast?clock=assessment", "/forecast?officer=restricted", "/forecast?officer=nobody"),
    *("/obligations", "/obligations.csv", "/obligations?kind=signpost", "/work"),
    *("/newer?queue=gateway_queue&since=0", "/newer?queue=gateway_queue&since=1"),
    *("/search", f"/referrals/{FIRST}", f"/referrals/{FIRST}/same", f"/referrals/{FIRST}/decision"),
)
EACH_TIME = re.compile(r'name="csrf_token" value="[^"]*"|nonce="[^"]*"|\b[0-9a-f]{32}\b')


def seen(page: httpx2.Response) -> str:
    """Return what an officer gets, without what is new in every answer."""
    return f"{page.status_code} {page.headers.get('location', '')} {EACH_TIME.sub('', page.text)}"


async def looked(console: Console) -> dict[str, str]:
    """Return everything that an outsider sees on the pages of the console."""
    client = await console.signed_in(OUTSIDER)
    found = {path: seen(await client.get(path)) for path in PATHS}
    for words in ("Quokka Wallabyson", "07700 900123", "ZZ1 1ZZ"):
        found[f"search {words}"] = seen(await send(client, "/search", words=words))
    return found


async def opened(desk: Desk, reference: str, days: int, **given: Any) -> UUID:
    """Receive a referral of days ago about somebody like nobody else."""
    surname = given.pop("surname", f"Sample{reference[3:7]}")
    person = form(forenames=given.pop("forenames", "Anna"), surname=surname, **given.pop("person", {}))
    return await desk.open(received(reference=reference, received_at=NOW - timedelta(days), form=person, **given))


async def restricted(desk: Desk) -> UUID:
    """Receive a referral with everything that lists count, let an officer work it, and restrict it."""
    person = {"district": "Gravesham", "date_of_birth": "1981-02-03"}
    named = {"forenames": "Quokka", "surname": "Wallabyson", "person": person}
    subject = await opened(desk, RESTRICTED, 90, immediate_danger=True, **named)
    await desk.clear(subject)
    async with desk.runtime.database.transaction(GATEWAY) as session:
        await operations.take(session, subject, Act(Command.TAKE, NOW), practice())
        held = await queries.held(session, subject)
        owed = Owed(Obligation.SIGNPOST, "Kent Early Help", "Synthetic.", NOW, "kent-early-help")
        await keep_obligation(session, held, owed, NOW)
        # Somebody of the same name as an officer, whom nobody chose among the officers.
        await keep_obligation(session, held, Owed(Obligation.ACTION, OUTSIDER.name, "Synthetic.", NOW), NOW)
    async with desk.runtime.database.transaction(SUPERVISOR) as session:
        act = Act(Command.RESTRICT, NOW, Record(rationale="A colleague's brother. Synthetic."))
        await operations.restrict(session, subject, act, practice(), keeps_officer=True)
    return subject


class TestTwoWorlds:
    async def test_look_the_same_with_and_without_a_restricted_referral(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # So few on a page that the place of a hidden one would move where a page ends.
        for place in ("services.triage.queries.queues", "services.triage.queries"):
            monkeypatch.setattr(f"{place}.QUEUE_PAGE", 2)
        for place in ("services.triage.queries.clocks", "services.triage.queries"):
            monkeypatch.setattr(f"{place}.FORECAST_PAGE", 2)
        for days, reference in ((200, FIRST), (60, SECOND), (30, THIRD)):
            await opened(console.desk, reference, days)
        await looked(console)
        without = await looked(console)
        assert "after=" in without["/gateway"]
        assert "after=" in without["/forecast"]
        await restricted(console.desk)
        within = await looked(console)
        assert [path for path in without if within[path] != without[path]] == []

    async def test_differ_for_those_who_may_see_it(self, console: Console) -> None:
        await restricted(console.desk)
        for actor in (SUPERVISOR, GATEWAY):
            client = await console.signed_in(actor)
            for path in ("/gateway", "/gateway?district=Gravesham", "/forecast", "/obligations"):
                assert RESTRICTED in (await client.get(path)).text, (actor.name, path)


class TestReferences:
    async def test_of_another_area_and_of_nobody_are_answered_alike(self, console: Console) -> None:
        await abroad(console.desk)
        await opened(console.desk, FIRST, 3)
        client = await console.signed_in(OUTSIDER)
        beside = f"/referrals/{FIRST}/same?other={{}}"
        for place in ("/referrals/{}", "/referrals/{}/print", "/find?reference={}", beside):
            answers = {}
            for reference in (OTHER, NOBODYS):
                page = await client.get(place.format(reference))
                answers[reference] = seen(page).replace(reference, "")
            assert len(set(answers.values())) == 1, place
        missed = [seen(await send(client, "/search", words=each)).replace(each, "") for each in (OTHER, NOBODYS)]
        assert missed[0] == missed[1]
