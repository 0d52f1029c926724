"""The pages of consent."""

import re
from datetime import timedelta

import httpx2
import pytest

from contracts.vocabulary import ChangeTaken, Role
from services.channel import jobs, operations, queries
from services.channel.domain import Command, Record
from services.channel.operations import Act
from tests.channel.builders import CORA, NOW, coordinator, rows
from tests.channel.conftest import Console, hidden, send
from tests.channel.planning_made import adopted, answered, planned, supported
from tests.channel.test_consenting import BIRTHDAY, at
from tests.channel.test_views import text_of

CONSENT = "/cases/KM-7F3K-92QM/consent"
GIVEN, REFUSED, WITHDRAWN = f"{CONSENT}/consent-given", f"{CONSENT}/consent-refused", f"{CONSENT}/consent-withdrawn"
ASKED = f"{CONSENT}/consent-asked"
ON = {"on-day": "17", "on-month": "11", "on-year": "2026"}
PARENT = {**ON, "by": "parent", "name": "Sample Parent (synthetic)", "relationship": "mother"}


async def offered(console: Console, **person: object) -> httpx2.AsyncClient:
    """Return a console with a case whose plan is made, so that consent can be asked for."""
    await planned(console.team, await adopted(console.team, **person))
    return await console.signed_in(CORA)


async def mended(client: httpx2.AsyncClient, path: str, refused: httpx2.Response, **fields: str) -> httpx2.Response:
    """Send a form that came back once more, as a browser does from the page that it has open."""
    sent = {name: hidden(refused, name) for name in ("csrf_token", "row_version")}
    return await client.post(path, data={**sent, **fields})


class TestWhoMay:
    async def test_reading_is_for_the_team_and_the_chair_and_recording_for_the_team(self, console: Console) -> None:
        await planned(console.team, await adopted(console.team))
        for path in (CONSENT, GIVEN):
            assert (await console.client.get(path)).status_code == 303
        client = await console.signed_in(coordinator(Role.PANEL_MEMBER))
        assert {(await client.get(path)).status_code for path in (CONSENT, GIVEN)} == {403}
        client = await console.signed_in(coordinator(Role.PANEL_CHAIR))
        page = await client.get(CONSENT)
        assert (page.status_code, page.text.count("<h1")) == (200, 1)
        assert f'href="{GIVEN}"' not in page.text
        assert (await client.get(GIVEN)).status_code == 403

    async def test_only_the_commands_of_consent_have_such_a_page(self, console: Console) -> None:
        client = await offered(console)
        for name in ("accept", "nonsense", "turned-18"):
            assert (await client.get(f"{CONSENT}/{name}")).status_code == 404


class TestConsentPage:
    async def test_says_who_is_asked_and_what_the_plan_says(self, console: Console) -> None:
        client = await offered(console)
        says = text_of(await client.get(CONSENT))
        assert "A parent or guardian: the person is under 18" in says
        assert "In a visit to the home" in says
        assert "Record that consent was given" in says
        assert "Nobody has been asked yet." in says

    async def test_of_an_adult_it_names_the_person(self, console: Console) -> None:
        client = await offered(console, date_of_birth="2001-02-03")
        says = text_of(await client.get(CONSENT))
        assert "The person: they are 18 or over" in says
        assert "They turned 18" not in says

    async def test_a_form_asks_only_what_can_be(self, console: Console) -> None:
        client = await offered(console)
        assert "best-interests" not in (await client.get(GIVEN)).text
        assert "Is the person 18 or over?" not in (await client.get(GIVEN)).text

    async def test_the_form_of_an_adult_asks_for_their_capacity(self, console: Console) -> None:
        client = await offered(console, date_of_birth="2001-02-03")
        refused = await send(client, GIVEN, **ON, by="self")
        assert (refused.status_code, "has the capacity to decide about the support" in refused.text) == (422, True)
        lacks = {**ON, "by": "best-interests", "capacity": "lacks-capacity", "name": "Sample Doctor (synthetic)"}
        refused = await mended(client, GIVEN, refused, **lacks)
        assert "Say who made the best-interests decision" in refused.text
        words = {"best_interests": "The doctor and the family, in a meeting."}
        assert (await mended(client, GIVEN, refused, **lacks, **words)).status_code == 303
        says = text_of(await client.get(CONSENT))
        assert "The doctor and the family, in a meeting." in says
        assert "Does not have the capacity to decide" in says

    async def test_where_no_age_is_known_it_is_found_out_first(self, console: Console) -> None:
        client = await offered(console, date_of_birth=None, approximate_age=17)
        assert "Find out first how old the person is" in text_of(await client.get(CONSENT))
        assert "Is the person 18 or over?" in (await client.get(GIVEN)).text
        refused = await send(client, GIVEN, **PARENT)
        assert (refused.status_code, "no date of birth is known" in refused.text) == (422, True)
        assert (await mended(client, GIVEN, refused, **PARENT, told_age="no")).status_code == 303
        assert "Under 18" in text_of(await client.get(CONSENT))


class TestRecording:
    async def test_asked_then_given(self, console: Console) -> None:
        client = await offered(console)
        lacking = await send(client, ASKED, **PARENT)
        assert (lacking.status_code, "Enter who asked" in lacking.text) == (422, True)
        asked = {**PARENT, "asked_by": "Cora Synthetic", "how": "In a visit."}
        assert (await mended(client, ASKED, lacking, **asked)).status_code == 303
        assert "Asked for, no answer yet" in text_of(await client.get(CONSENT))
        assert (await send(client, GIVEN, **PARENT)).status_code == 303
        says = text_of(await client.get(CONSENT))
        assert "Sample Parent (synthetic) (mother)" in says
        assert "Given, 17 November 2026" in says

    async def test_a_child_alone_cannot_consent_and_the_words_are_kept(self, console: Console) -> None:
        client = await offered(console)
        answer = await send(client, GIVEN, **{**PARENT, "by": "self", "capacity": "has-capacity", "how": "My words."})
        assert answer.status_code == 422
        assert "The person is under 18 on that day: support needs the consent of a parent or guardian" in answer.text
        assert "My words." in answer.text

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"on-year": "2027"}, "The day must not be in the future"),
            ({"on-day": "31"}, "must be a real date"),
            ({"on-day": "", "on-month": "", "on-year": ""}, "Enter the day, for example 27 3 2027"),
            ({"by": ""}, "Choose who it was"),
            ({"by": "neighbour"}, "Choose who it was"),
            ({"name": " "}, "Enter the name"),
            ({"relationship": ""}, "Enter how they are related to the person"),
        ],
    )
    async def test_what_is_wrong_is_said_beside_the_field(
        self, console: Console, wrong: dict[str, str], sentence: str
    ) -> None:
        client = await offered(console)
        answer = await send(client, GIVEN, **{**PARENT, **wrong})
        assert (answer.status_code, sentence in answer.text) == (422, True)
        assert not await rows(console.team.runtime, "SELECT 1 FROM consent")

    async def test_somebody_else_was_first(self, console: Console) -> None:
        subject = await adopted(console.team)
        await planned(console.team, subject)
        client = await console.signed_in(CORA)
        page = await client.get(GIVEN)
        crossing = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.team.act(subject, Command.NOTE, reason="A note.")
        answer = await client.post(GIVEN, data={**crossing, **PARENT, "how": "My words."})
        assert (answer.status_code, "My words." in answer.text) == (409, True)
        assert "Somebody changed this case after you opened it" in answer.text


class TestNoConsent:
    async def test_a_refusal_with_a_risk_leads_to_the_police_and_nobody_goes_there_by_themselves(
        self, console: Console
    ) -> None:
        client = await offered(console)
        lacking = await send(client, REFUSED, **PARENT, reason="Wants no help.")
        assert (lacking.status_code, "Say whether there is a risk" in lacking.text) == (422, True)
        assert (
            await mended(client, REFUSED, lacking, **PARENT, reason="Wants no help.", risk="yes")
        ).status_code == 303
        page = await client.get(CONSENT)
        assert "There is a risk and no consent: offer the case to the police" in page.text
        assert (await rows(console.team.runtime, "SELECT state FROM case_file"))[0]["state"] == "no-consent"
        act = "/cases/KM-7F3K-92QM/actions/give-back?because=consent-refused"
        assert f'href="{act}"' in page.text.replace("&amp;", "&")
        assert "Consent to support was refused and there is a risk" in (await client.get(act)).text
        assert (await client.get(f"{act}<x>")).status_code == 200

    async def test_without_a_risk_nobody_is_sent_there(self, console: Console) -> None:
        client = await offered(console)
        await send(client, REFUSED, **PARENT, reason="Wants no help.", risk="no")
        assert "offer the case to the police" not in (await client.get(CONSENT)).text

    async def test_the_next_date_is_in_the_future(self, console: Console) -> None:
        client = await offered(console)
        date = {"next_on-day": "17", "next_on-month": "11", "next_on-year": "2026"}
        answer = await send(client, REFUSED, **PARENT, reason="Wants no help.", risk="no", **date)
        assert (answer.status_code, "The next date must be in the future" in answer.text) == (422, True)
        assert 'href="#next_on-day"' in answer.text, "The summary leads to the first field of the date."


class TestWhoWasTold:
    async def test_the_page_says_who_has_stopped_and_who_has_not_and_since_when(self, console: Console) -> None:
        subject, before = await adopted(console.team), NOW - timedelta(days=3)
        await planned(console.team, subject)
        await answered(console.team, subject, Command.CONSENT_GIVEN, now=before)
        await answered(console.team, subject, Command.CONSENT_WITHDRAWN, reason="No more help.", risk=False, now=before)
        client = await console.signed_in(CORA)
        page = await client.get(CONSENT)
        says = text_of(page)
        assert "Who has the person’s data (1)" in says
        assert "Sample School (synthetic) Item of the plan" in says
        way = re.search(r'href="([^"]+)" aria-label="[^"]+">Record what they told you', page.text)
        assert way
        assert (await client.get(way[1])).status_code == 200
        assert "1 still to acknowledge the change" in says
        assert "Has not stopped yet, as far as we know" in says
        assert "Sample School (synthetic)" in says
        async with console.team.runtime.database.transaction(CORA) as session:
            (told, _) = await queries.acknowledgements(session, subject)
            held = await queries.held(session, subject)
            act = Act(Command.FULFIL, NOW, Record(reason="The head rang: they have stopped."))
            stopped = queries.Answers(taken=ChangeTaken.STOPPED)
            await operations.end_obligation(session, held, told.told.id, act, console.team.practices.given, stopped)
        says = text_of(await client.get(CONSENT))
        assert "Everybody has acknowledged it." in says
        assert "Has stopped The head rang: they have stopped." in says
        assert "Not needed any more" in says

    async def test_a_birthday_is_seen_on_every_page_and_asks_the_person(self, console: Console) -> None:
        await supported(console.team)
        await jobs.birthdays(console.team.runtime, at(BIRTHDAY))
        client = await console.signed_in(CORA)
        for path in (CONSENT, "/cases/KM-7F3K-92QM"):
            assert "Lapsed at 18: to be asked for again" in text_of(await client.get(path))
