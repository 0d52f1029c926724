"""The console beside the pathway: my work, workload, allocation, search, print, the drawn pathway, work never lost."""

import re
from typing import Any

import httpx2
import pytest

from contracts.vocabulary import Role
from services.triage import queries
from services.triage.domain import STATE_LABELS, Command, Practice, Situation, State
from services.triage.operations import erase_subject
from services.triage.web.views.pathway import STAGES, pathway
from tests.triage.builders import CLOSURE, GATEWAY, IMU, NOW, officer, practice, received, rows
from tests.triage.conftest import Console, hidden, send

ONE = "/referrals/KM-7F3K-92QM"
SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")
OTHER = officer(Role.GATEWAY_OFFICER, name="Omar Synthetic")
BEGUN = {"reason": "mistaken", "rationale": "Words that took me an hour."}


def text_of(page: httpx2.Response) -> str:
    """Return the page's text without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


async def seen(console: Console, *people: Any) -> httpx2.AsyncClient:
    """Let people open the queue once, and return the client of the last one."""
    client = console.client
    for person in people:
        client = await console.signed_in(person)
        assert (await client.get("/gateway")).status_code == 200
    return client


class TestMyWork:
    async def test_holds_what_i_have_and_what_i_began(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.open(received(reference="KM-2222-2222"))
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        client = await console.signed_in(GATEWAY)
        await send(client, f"{ONE}/decision/reopen", step="check", rationale="Words that took me an hour.")
        page = await client.get("/work")
        assert (page.status_code, page.text.count("<h1")) == (200, 1)
        assert "KM-7F3K-92QM" in page.text
        assert "KM-2222-2222" not in page.text
        assert "Kent Early Help, not acknowledged yet" in text_of(page)
        assert f'href="{ONE}/decision/reopen"' in page.text

    async def test_waits_for_no_acknowledgement_of_an_action(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.PLP)
        client = await seen(console, GATEWAY)
        due = {"review_on-day": "18", "review_on-month": "5", "review_on-year": "2099"}
        asked = {"officer": GATEWAY.id, "message": "Call the school. Synthetic.", **due, "step": "commit"}
        late = {**asked, "review_on-year": "2020"}
        assert 'href="#review_on-day"' in (await send(client, f"{ONE}/obligations/action", **late)).text
        assert (await send(client, f"{ONE}/obligations/action", **asked)).status_code == 303
        page = text_of(await client.get("/work"))
        assert "What I am to do myself" in page
        assert "not acknowledged yet" not in page

    async def test_is_nobody_elses(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        await send(client, f"{ONE}/decision/close", step="check", **BEGUN)
        page = text_of(await (await console.signed_in(OTHER)).get("/work"))
        assert "You have no referral" in page
        assert "KM-7F3K-92QM" not in page

    async def test_asks_only_who_may_take_a_referral_to_take_one(self, console: Console) -> None:
        for person, asked in ((GATEWAY, True), (IMU, False)):
            page = text_of(await (await console.signed_in(person)).get("/work"))
            assert ("Take one from the queue" in page) is asked


class TestWorkload:
    async def test_counts_by_officer_with_nobodys_first(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.open(received(reference="KM-2222-2222"))
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.PLP)
        page = await (await console.signed_in(SUPERVISOR)).get("/workload")
        names = re.findall(r'<a class="govuk-link" href="/gateway\?view=open&amp;officer=[^"]*">([^<]+)</a>', page.text)
        assert names == ["Nobody yet", GATEWAY.name]
        assert "Police-led partnership: 1" in page.text

    async def test_is_the_supervisors(self, console: Console) -> None:
        assert (await (await console.signed_in(GATEWAY)).get("/workload")).status_code == 403


class TestAllocate:
    async def test_gives_it_to_an_officer_who_was_seen(self, console: Console) -> None:
        await console.desk.open()
        client = await seen(console, OTHER, SUPERVISOR)
        done = await send(client, f"{ONE}/allocate", officer=OTHER.id, rationale="Knows the school.")
        assert done.headers["location"] == ONE
        assert (await rows(console.desk.runtime, "SELECT officer_id FROM referral"))[0]["officer_id"] == OTHER.id
        page = text_of(await client.get(ONE))
        assert "To Omar Synthetic. Knows the school." in page
        assert "Allocated to an officer by Sita Synthetic" in page

    @pytest.mark.parametrize("chosen", ["", "somebody-else"])
    async def test_asks_for_somebody_who_was_seen(self, console: Console, chosen: str) -> None:
        await console.desk.open()
        client = await seen(console, OTHER, SUPERVISOR)
        page = await send(client, f"{ONE}/allocate", officer=chosen, rationale="My own words.")
        assert (page.status_code, "Choose an officer" in page.text, "My own words." in page.text) == (422, True, True)

    async def test_twice_to_the_same_officer_is_refused(self, console: Console) -> None:
        await console.desk.open()
        client = await seen(console, OTHER, SUPERVISOR)
        await send(client, f"{ONE}/allocate", officer=OTHER.id)
        page = await send(client, f"{ONE}/allocate", officer=OTHER.id)
        assert (page.status_code, "has this referral already" in page.text) == (422, True)

    async def test_says_who_was_first_and_keeps_the_words(self, console: Console) -> None:
        subject = await console.desk.open()
        client = await seen(console, OTHER, SUPERVISOR)
        page = await client.get(f"{ONE}/allocate")
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.desk.hold(subject, Command.MORE_TIME, "Another force is asked.")
        refused = await client.post(f"{ONE}/allocate", data={**fields, "officer": OTHER.id, "rationale": "My words."})
        assert refused.status_code == 409
        assert "Recorded: more time needed, by Imran Synthetic" in text_of(refused)
        assert "My words." in refused.text
        assert (await rows(console.desk.runtime, "SELECT officer_id FROM referral"))[0]["officer_id"] is None

    async def test_is_the_supervisors(self, console: Console) -> None:
        await console.desk.open()
        assert (await (await console.signed_in(GATEWAY)).get(f"{ONE}/allocate")).status_code == 403

    async def test_takes_no_officer_of_another_area(self, console: Console) -> None:
        await console.desk.open()
        stranger = officer(Role.GATEWAY_OFFICER, name="Stella Stranger", areas=frozenset({"northmere"}))
        client = await seen(console, stranger, SUPERVISOR)
        assert "Stella Stranger" not in (await client.get(f"{ONE}/allocate")).text


class TestTake:
    async def test_says_who_was_first(self, console: Console) -> None:
        subject = await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await client.get(ONE)
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.desk.hold(subject, Command.MORE_TIME, "Another force is asked.")
        refused = await client.post(f"{ONE}/take", data=fields)
        assert refused.status_code == 409
        assert "Recorded: more time needed, by Imran Synthetic" in text_of(refused)


class TestSearch:
    @pytest.mark.parametrize("words", ["KM-7F3K-92QM", "km7f3k92qm", "Synthetic Sample"])
    async def test_finds_and_audits_the_read(self, console: Console, words: str) -> None:
        subject = await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await send(client, "/search", words=words)
        assert (page.status_code, "1 found" in page.text, f'href="{ONE}"' in page.text) == (200, True, True)
        read = "SELECT subject FROM audit_entry WHERE action = 'record.read'"
        assert [each["subject"] for each in await rows(console.desk.runtime, read)] == [subject]

    async def test_says_what_to_do_when_nothing_is_found(self, console: Console) -> None:
        await console.desk.open()
        page = await send(await console.signed_in(GATEWAY), "/search", words="Zzyzx Qqq")
        assert (page.status_code, "search with less" in page.text) == (200, True)

    @pytest.mark.parametrize("words", ["", " ", "a", "x" * 201])
    async def test_asks_for_more_or_less(self, console: Console, words: str) -> None:
        page = await send(await console.signed_in(GATEWAY), "/search", words=words)
        assert (page.status_code, "govuk-error-message" in page.text) == (422, True)

    async def test_puts_no_name_into_the_address(self, console: Console) -> None:
        page = await (await console.signed_in(GATEWAY)).get("/search")
        assert re.search(r'<form method="post"[^>]*role="search"', page.text)

    async def test_finds_nothing_of_another_area(self, console: Console) -> None:
        await console.desk.open()
        stranger = officer(Role.GATEWAY_OFFICER, areas=frozenset({"northmere"}))
        for words in ("KM-7F3K-92QM", "Sample Synthetic"):
            page = await send(await console.signed_in(stranger), "/search", words=words)
            assert "Nothing found" in page.text


class TestWorkBegun:
    async def test_is_offered_again_with_every_word(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(GATEWAY)
        assert "You began this" not in (await client.get(f"{ONE}/decision/close")).text
        assert (await send(client, f"{ONE}/decision/close", step="check", **BEGUN)).status_code == 422
        page = await client.get(f"{ONE}/decision/close")
        assert "You began this on" in page.text
        assert "took me an hour" not in page.text
        assert 'name="rationale"' not in page.text
        again = await client.get(f"{ONE}/decision/close?go-on=1")
        assert "Words that took me an hour." in again.text
        assert re.search(r'value="mistaken"\s+checked', again.text)

    async def test_is_kept_sealed_and_shown_to_nobody_else(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        await send(await console.signed_in(GATEWAY), f"{ONE}/decision/close", step="check", **BEGUN)
        kept = await rows(console.desk.runtime, "SELECT officer_id, sealed_words FROM begun_work")
        assert [each["officer_id"] for each in kept] == [GATEWAY.id]
        assert b"took me an hour" not in kept[0]["sealed_words"]
        client = await console.signed_in(OTHER)
        for path in (f"{ONE}/decision/close", f"{ONE}/decision/close?go-on=1"):
            assert "took me an hour" not in (await client.get(path)).text

    async def test_survives_that_somebody_else_was_first(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"{ONE}/decision/close")
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.desk.decide(subject, Command.PLP)
        refused = await client.post(f"{ONE}/decision/close", data={**fields, **BEGUN, "step": "commit"})
        assert refused.status_code == 409
        assert "took me an hour" in (await client.get(f"{ONE}/decision/close?go-on=1")).text

    async def test_ends_with_the_decision(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(GATEWAY)
        words = {name: text for name, text in CLOSURE.items() if isinstance(text, str)}
        words |= {"review_on-day": "18", "review_on-month": "5", "review_on-year": "2027"}
        await send(client, f"{ONE}/decision/close", step="check", **words)
        assert await rows(console.desk.runtime, "SELECT 1 AS one FROM begun_work")
        assert (await send(client, f"{ONE}/decision/close?go-on=1", step="commit", **words)).status_code == 303
        assert not await rows(console.desk.runtime, "SELECT 1 AS one FROM begun_work")

    async def test_is_kept_while_it_is_written_and_discarded_when_asked(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"{ONE}/decision/close")
        token = hidden(page, "csrf_token")
        address = re.search(r'data-kept="([^"]+)"', page.text)
        assert address
        assert (await client.post(address[1], data=BEGUN)).status_code == 403
        kept = await client.post(address[1], data={**BEGUN, "csrf_token": token})
        assert kept.json() == {"words": "Kept as you write"}
        assert "took me an hour" in (await client.get(f"{ONE}/decision/close?go-on=1")).text
        offered = await client.get(f"{ONE}/decision/close")
        discard = re.search(r'<form method="post" action="([^"]*discard[^"]*)"', offered.text)
        assert discard
        gone = await client.post(discard[1], data={"csrf_token": token})
        assert (gone.status_code, gone.headers["location"]) == (303, f"{ONE}/decision/close")
        assert not await rows(console.desk.runtime, "SELECT 1 AS one FROM begun_work")

    async def test_is_not_begun_by_an_empty_form(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        await send(await console.signed_in(GATEWAY), f"{ONE}/decision/close", step="check", rationale="  ")
        assert not await rows(console.desk.runtime, "SELECT 1 AS one FROM begun_work")

    async def test_goes_with_the_person(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await send(await console.signed_in(GATEWAY), f"{ONE}/decision/close", step="check", **BEGUN)
        async with console.desk.runtime.database.transaction(GATEWAY) as session:
            await erase_subject(session, subject)
        assert not await rows(console.desk.runtime, "SELECT 1 AS one FROM begun_work")


class TestPrint:
    async def test_says_who_printed_it_and_is_audited(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.PLP)
        page = await (await console.signed_in(GATEWAY)).get(f"{ONE}/print")
        assert (page.status_code, page.text.count("<h1")) == (200, 1)
        said = text_of(page)
        assert "Printed by Gita Synthetic, Sample Police" in said
        for words in ("Its second paragraph.", "Because the checks found nothing.", "Take into police-led partnership"):
            assert words in said
        reads = "SELECT reason FROM audit_entry WHERE action = 'record.read' AND actor_id = 'gita-synthetic'"
        assert {"reason": "print"} in await rows(console.desk.runtime, reads)

    async def test_has_the_assessments_in_full_and_earlier_referrals(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        said = text_of(await (await console.signed_in(GATEWAY)).get(f"{ONE}/print"))
        for words in ("Assessment 1: ", "A synthetic summary.", "Ask the school.", "None was found."):
            assert words in said

    async def test_shows_the_units_note_to_the_unit_alone(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.hold(subject, Command.MORE_TIME, "Another force is asked.")
        for person, shown in ((IMU, True), (GATEWAY, False), (SUPERVISOR, False)):
            page = await (await console.signed_in(person)).get(f"{ONE}/print")
            assert ("Another force is asked." in page.text) is shown


class TestPathway:
    def test_has_every_state_once(self) -> None:
        drawn = [state for _, states in STAGES for state in states]
        assert sorted(drawn) == sorted(State)

    @pytest.mark.parametrize("state", list(State))
    def test_marks_the_present_state_alone(self, state: State) -> None:
        local: Practice = practice()
        drawn = pathway(Situation(state, "Sample Owner (synthetic)"), local, ())
        marks = [each for stage in drawn["stages"] for each in stage["states"] if each["mark"] == "now"]  # type: ignore[attr-defined]
        assert [each["label"] for each in marks] == [STATE_LABELS[state]]

    async def test_stands_on_the_page_of_a_referral_with_its_way(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        page = await (await console.signed_in(GATEWAY)).get(ONE)
        said = text_of(page)
        assert page.text.count('aria-current="step"') == 1
        assert "It stands at Signposted to another service" in said
        assert "Signposted to another service Now" in said
        assert "The intelligence unit acted on it" in said
        assert "A signpost: sent to notices (social care, other services)" in said
        assert "No receipt yet" in said

    async def test_knows_where_each_team_is(self, console: Console) -> None:
        subject = await console.desk.open()
        async with console.desk.runtime.database.transaction(GATEWAY) as session:
            way = await queries.way_of(session, subject)
        assert (way.imu_seen_at, way.gateway_acknowledged_at, way.sent) == (None, None, ())
        await console.desk.clear(subject)
        async with console.desk.runtime.database.transaction(GATEWAY) as session:
            way = await queries.way_of(session, subject)
        assert way.imu_acknowledged_at == NOW


class TestErased:
    async def test_says_so_and_offers_nothing(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        async with console.desk.runtime.database.transaction(GATEWAY) as session:
            await erase_subject(session, subject)
        gita = await console.signed_in(GATEWAY)
        said = text_of(await gita.get(ONE))
        assert "This person was erased." in said
        assert "Nothing is for you to do at this stage." in said
        assert "could not read" not in said
        assert "could not read" not in text_of(await gita.get(f"{ONE}/print"))
