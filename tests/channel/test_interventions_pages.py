"""The pages of interventions: what a coordinator and a chair see, and what is refused beside the field."""

from datetime import timedelta
from uuid import UUID

import httpx2
import pytest

from chassis import clock
from chassis.actor import Actor
from chassis.web.templating import day, moment
from contracts.vocabulary import Role
from services.channel import jobs
from services.channel.domain import Consent, State
from tests.channel.builders import CORA, NOW, REFERENCE, coordinator, parts, passed, rows
from tests.channel.conftest import Console, Team, hidden, send
from tests.channel.interventions_made import PROVIDERS, TODAY, commissioned, into, planned, providing, seen, supported

DAY = timedelta(days=1)
HERE = f"/cases/{REFERENCE}/interventions"
CHAIR = coordinator(Role.PANEL_CHAIR, name="Petra Panelchair")


async def _supported(team: Team) -> UUID:
    """Return a supported case whose pack brought an assessment, so that there are factors to answer."""
    return await supported(team, passed(**parts()))


def _dated(name: str, days: int) -> dict[str, str]:
    day = clock.today() + days * DAY
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


async def _commission(client: httpx2.AsyncClient, **fields: str) -> httpx2.Response:
    given = {"provider": "provider-one", "sessions": "7", "purpose": "Belonging.", "cites": "factor-grievance"}
    return await send(client, f"{HERE}/commission", **{**given, **_dated("finish_on", 69), **fields})


class TestPages:
    async def test_lead_from_commission_through_brief_and_sessions_to_the_end(self, console: Console) -> None:
        subject = await _supported(console.team)
        client = await console.signed_in(CORA)
        answer = await _commission(client)
        assert (answer.status_code, answer.headers["location"]) == (303, HERE)
        page = await client.get(HERE)
        assert "Feelings of grievance and injustice" in page.text
        assert "Not written yet" in page.text
        made = (await rows(console.team.runtime, "SELECT id FROM intervention"))[0]["id"]
        one = f"{HERE}/{made}"
        assert "write it first" in (await client.get(f"{one}/sessions")).text
        assert (await send(client, f"{one}/brief", words="Meet weekly.")).status_code == 303
        assert (await client.get(f"{one}/brief")).text.count("Meet weekly.") == 1
        sent = await send(client, f"{one}/sessions", count="2", every="7", **_dated("first", 7))
        assert sent.status_code == 303
        page = await client.get(HERE)
        assert "Meet weekly." in page.text
        assert page.text.count(f"planned by {CORA.name}, {day(clock.today())}") == 2
        first = (await seen(console.team, subject, made)).held[0]
        sat = f"/cases/{REFERENCE}/sessions/{first.id}"
        assert (await send(client, sat, state="missed", words="Nobody came.")).status_code == 303
        assert "Nobody came." in (await client.get(HERE)).text
        over = await send(client, f"{one}/end", reason="It has helped.", outcome="Speaks of others with respect.")
        assert over.status_code == 303
        page = await client.get(HERE)
        assert "Ended" in page.text
        assert "Speaks of others with respect." in page.text

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"provider": "provider-two"}, "ended on 31 March 2026"),
            ({"provider": ""}, "Choose a provider"),
            ({"sessions": "many"}, "as a whole number"),
            ({"sessions": ""}, "as a whole number"),
            ({"finish_on-day": ""}, "must include a day"),
            ({"cites": "factor-unheard-of"}, "Choose what of the plan"),
            ({"purpose": ""}, "Say what it is for"),
        ],
    )
    async def test_say_beside_the_field_what_is_wrong_and_keep_the_words(
        self, console: Console, fields: dict[str, str], words: str
    ) -> None:
        await _supported(console.team)
        client = await console.signed_in(CORA)
        answer = await _commission(client, **fields)
        assert answer.status_code == 422
        assert words in answer.text
        assert fields.get("purpose", "Belonging.") in answer.text
        assert not await rows(console.team.runtime, "SELECT 1 FROM intervention")

    async def test_keep_the_words_when_somebody_else_was_first(self, console: Console) -> None:
        await _supported(console.team)
        client = await console.signed_in(CORA)
        answer = await _commission(client, row_version="1")
        assert answer.status_code == 409
        assert "Belonging." in answer.text
        assert "Somebody changed this case" in answer.text

    async def test_offer_words_again_that_were_not_recorded(self, console: Console) -> None:
        subject = await _supported(console.team)
        made = await commissioned(console.team, subject, brief=False)
        client = await console.signed_in(CORA)
        kept = await send(client, f"{HERE}/{made}/end", reason="The provider moved away.", outcome="")
        assert kept.status_code == 422
        assert "Go on with it" in (await client.get(f"{HERE}/{made}/end")).text
        page = await client.get(f"{HERE}/{made}/end?go-on=1")
        assert "The provider moved away." in page.text
        done = {"csrf_token": hidden(page, "csrf_token"), "row_version": hidden(page, "row_version")}
        sent = await client.post(f"{HERE}/{made}/end", data={**done, "reason": "Moved.", "outcome": "Nothing."})
        assert sent.status_code == 303
        assert "Go on with it" not in (await client.get(f"{HERE}/{made}/end")).text

    async def test_refuse_hostile_addresses_and_sessions(self, console: Console) -> None:
        subject = await _supported(console.team)
        made = await commissioned(console.team, subject)
        client = await console.signed_in(CORA)
        for wrong in (f"{HERE}/nothing/brief", f"{HERE}/{subject}/end", f"/cases/{REFERENCE}/sessions/<b>"):
            assert (await client.get(wrong)).status_code == 404
        far = {"first-day": "1", "first-month": "1", "first-year": "9999"}
        answer = await send(client, f"{HERE}/{made}/sessions", count="7", every="365", **far)
        assert answer.status_code == 422
        assert (await client.get("/interventions?after=9~x")).status_code == 200

    async def test_are_for_the_team_and_readable_by_a_chair(self, console: Console) -> None:
        subject = await _supported(console.team)
        made = await commissioned(console.team, subject)
        client = await console.signed_in(CHAIR)
        page = await client.get(HERE)
        assert "Sample Provider One" in page.text
        assert "End the intervention" not in page.text
        assert (await client.get(f"{HERE}/{made}/brief")).status_code == 403
        client = await console.signed_in(coordinator(Role.PANEL_MEMBER, name="Polly Panelpolice"))
        assert (await client.get(HERE)).status_code == 403
        assert (await client.get("/interventions")).status_code == 403


async def _missing(console: Console, actor: Actor) -> tuple[httpx2.AsyncClient, UUID]:
    """Return a client and an intervention with a session that nobody reported, which the clock has found."""
    team = console.team
    subject = await _supported(team)
    made = await commissioned(team, subject)
    await planned(team, subject, made, 0)
    await jobs.shortfalls(team.runtime, NOW + 400 * DAY)
    return await console.signed_in(actor), made


class TestToLookAt:
    async def test_lists_what_is_missing_until_somebody_says_why(self, console: Console) -> None:
        client, made = await _missing(console, CORA)
        page = await client.get("/interventions")
        assert REFERENCE in page.text
        assert "Sample Provider One" in page.text
        assert "Sessions are missing" in (await client.get(HERE)).text
        assert "Sessions are missing" in (await client.get(f"/cases/{REFERENCE}")).text
        why = await send(client, f"{HERE}/{made}/why", reason="The provider was ill.")
        assert why.status_code == 303
        assert REFERENCE not in (await client.get("/interventions")).text
        earlier = "finish_on = finish_on - 400, commissioned_at = commissioned_at - '400 days'::interval"
        (kept,) = await rows(console.team.runtime, f"UPDATE intervention SET {earlier} RETURNING explained_at")
        said = f"{CORA.name} said why on {moment(kept['explained_at'])}: The provider was ill."
        assert said in (await client.get(HERE)).text

    async def test_names_providers_whose_approval_ends_before_the_work(self, console: Console) -> None:
        subject = await _supported(console.team)
        await commissioned(console.team, subject, provider_id="provider-three", finish_on=TODAY + 15 * DAY)
        console.team.practices.given = providing(providers={"provider-one": PROVIDERS["provider-one"]})
        client = await console.signed_in(CORA)
        page = await client.get("/interventions")
        assert "does not have this provider any more" in page.text

    async def test_other_areas_see_nothing_of_it(self, console: Console) -> None:
        elsewhere = coordinator(name="Neil Northmere", areas=frozenset({"northmere"}))
        client, _ = await _missing(console, elsewhere)
        assert REFERENCE not in (await client.get("/interventions")).text
        assert (await client.get(HERE)).status_code == 404


class TestRefusals:
    async def test_commissioning_without_consent_says_so(self, console: Console) -> None:
        subject = await _supported(console.team)
        await into(console.team.runtime, subject, State.SUPPORTED, consent=Consent.LAPSED)
        client = await console.signed_in(CORA)
        page = await client.get(f"{HERE}/commission")
        assert "Support needs consent" in page.text
        assert "<form method" not in page.text.split("<main")[1]

    async def test_interventions_that_run_without_consent_are_to_be_ended(self, console: Console) -> None:
        subject = await _supported(console.team)
        await commissioned(console.team, subject)
        client = await console.signed_in(CORA)
        assert "no session takes place" not in (await client.get(HERE)).text
        await into(console.team.runtime, subject, State.NO_CONSENT, consent=Consent.WITHDRAWN)
        assert "no session takes place" in (await client.get(HERE)).text
