"""The pages of the support plan."""

import re
from uuid import UUID, uuid4

import httpx2
import pytest

from contracts.vocabulary import Role
from services.channel import queries
from services.channel.domain import Contact, Member, PanelPractice
from services.channel.domain.planning import NoItem
from tests.channel.builders import CORA, coordinator, practice, rows
from tests.channel.conftest import Console, hidden
from tests.channel.planning_made import FACTOR, adopted, item, plan, planned, stand, supported
from tests.channel.test_views import text_of

PLAN = "/cases/KM-7F3K-92QM/plan"
DRAFT = f"{PLAN}/draft"
CARL = coordinator(name="Carl Synthetic")
ITEM = {
    "support": "Mentoring at school",
    "factors": "grievance",
    "owner": "somebody-else",
    "owner_name": "Sample School (synthetic)",
    "owner_address": "head@school.example",
    "provided": "Weekly, in the school",
    "due_on-day": "26",
    "due_on-month": "2",
    "due_on-year": "2027",
    "measure": "Speaks of the school as fair",
}
REQUEST = {
    "how": "In a visit",
    "on-day": "30",
    "on-month": "11",
    "on-year": "2026",
    "by_whom": "Sample Mentor (synthetic)",
}


async def write(client: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    """Open a part of the draft and save it as a browser does."""
    page = await client.get(path)
    sent = {name: hidden(page, name) for name in ("csrf_token", "seen")}
    return await client.post(path, data={**sent, "step": "save", **fields})


async def begun(console: Console) -> tuple[httpx2.AsyncClient, UUID]:
    """Return a console in which a draft has been begun, and its case."""
    subject = await adopted(console.team)
    client = await console.signed_in(CORA)
    page = await client.get(PLAN)
    answer = await client.post(DRAFT, data={"csrf_token": hidden(page, "csrf_token"), "step": "begin"})
    assert (answer.status_code, answer.headers["location"]) == (303, DRAFT)
    return client, subject


async def complete(client: httpx2.AsyncClient, **fields: str) -> httpx2.Response:
    """Complete the draft as it stands."""
    page = await client.get(DRAFT)
    sent = {name: hidden(page, name) for name in ("csrf_token", "row_version", "seen")}
    return await client.post(DRAFT, data={**sent, "step": "complete", **fields})


def new_item(page: httpx2.Response) -> str:
    """Return the address of a new item."""
    found = re.search(rf'href="({DRAFT}/items/[^"]+)">Add an item', page.text)
    assert found
    return found[1]


class TestWhoMay:
    PATHS = (PLAN, f"{PLAN}/versions/1", DRAFT, f"{DRAFT}/consent", f"{DRAFT}/reasons", f"{DRAFT}/items/{uuid4()}")

    async def test_reading_is_for_the_team_and_the_chair_and_writing_for_the_team(self, console: Console) -> None:
        await planned(console.team, await adopted(console.team))
        for path in self.PATHS:
            assert (await console.client.get(path)).status_code == 303
        client = await console.signed_in(coordinator(Role.PANEL_MEMBER))
        assert {(await client.get(path)).status_code for path in self.PATHS} == {403}
        client = await console.signed_in(coordinator(Role.PANEL_CHAIR))
        assert [(await client.get(path)).status_code for path in self.PATHS[:3]] == [200, 200, 403]

    async def test_unknown_versions_items_and_drafts_are_not_found(self, console: Console) -> None:
        await planned(console.team, await adopted(console.team))
        client = await console.signed_in(CORA)
        for path in (f"{PLAN}/versions/2", f"{PLAN}/versions/x", DRAFT, f"{DRAFT}/items/x", f"{PLAN}/items/{uuid4()}"):
            assert (path, (await client.get(path)).status_code) == (path, 404)

    async def test_a_plan_is_not_written_before_the_panel_has_adopted_the_case(self, console: Console) -> None:
        await stand(console.team, await adopted(console.team), "referred-to-panel")
        client = await console.signed_in(CORA)
        page = await client.get(PLAN)
        assert "There is no support plan yet. Possible only when the case stands at “Adopted" in text_of(page)
        assert 'value="begin"' not in page.text


class TestWriting:
    async def test_from_an_empty_draft_to_the_first_version(self, console: Console) -> None:
        client, _ = await begun(console)
        page = await client.get(DRAFT)
        assert page.text.count("<h1") == 1
        assert "Nothing answers “Feelings of grievance and injustice”" in page.text
        assert (await write(client, f"{DRAFT}/consent", **REQUEST)).status_code == 303
        assert (await write(client, new_item(page), **ITEM)).status_code == 303
        answer = await complete(client)
        assert (answer.status_code, answer.headers["location"]) == (303, PLAN)
        page = await client.get(PLAN)
        assert page.text.count("<h1") == 1
        says = text_of(page)
        for words in (
            "Version 1 of the support plan is complete.",
            "A parent or guardian: the person is under 18",
            "In a visit",
            "30 November 2026",
            "Feelings of grievance and injustice",
            "Sample School (synthetic)",
            "26 February 2027",
            "Planned",
        ):
            assert words in says
        assert (await rows(console.team.runtime, "SELECT state FROM case_file"))[0]["state"] == "plan-made"

    async def test_half_of_an_item_is_kept_and_the_draft_says_what_is_wanting(self, console: Console) -> None:
        client, _ = await begun(console)
        path = new_item(await client.get(DRAFT))
        assert (await write(client, path, support="Mentoring at school")).status_code == 303
        says = text_of(await client.get(DRAFT))
        for words in ("answers no factor", "has nobody who is responsible", "has no date by which it is done"):
            assert f"“Mentoring at school” {words}" in says
        refused = await complete(client)
        assert (refused.status_code, "has nobody who is responsible" in refused.text) == (422, True)

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"support": " "}, "Enter what support is to be given"),
            ({"due_on-day": "31"}, "must be a real date"),
            ({"owner_name": ""}, "Enter the name of who is responsible"),
            ({"owner_address": "nowhere"}, "Enter a mail address in the usual form"),
        ],
    )
    async def test_what_cannot_be_kept_is_said_beside_the_field(
        self, console: Console, wrong: dict[str, str], sentence: str
    ) -> None:
        client, _ = await begun(console)
        answer = await write(client, new_item(await client.get(DRAFT)), **{**ITEM, **wrong})
        assert (answer.status_code, sentence in answer.text, ITEM["measure"] in answer.text) == (422, True, True)

    async def test_hostile_words_are_shown_as_words(self, console: Console) -> None:
        client, _ = await begun(console)
        hostile = {"support": "<script>alert(1)</script>", "factors": "made-up", "owner": "area:made-up"}
        assert (await write(client, new_item(await client.get(DRAFT)), **hostile)).status_code == 303
        page = await client.get(DRAFT)
        assert "<script>alert(1)" not in page.text
        assert "made-up" not in page.text

    async def test_a_reason_stands_for_an_item(self, console: Console) -> None:
        client, _ = await begun(console)
        await write(client, f"{DRAFT}/consent", **REQUEST)
        await write(client, new_item(await client.get(DRAFT)), **{**ITEM, "factors": ""})
        saved = await write(client, f"{DRAFT}/reasons", **{"why-grievance": "The school sees to it."})
        assert saved.status_code == 303
        says = text_of(await client.get(DRAFT))
        assert "Feelings of grievance and injustice The school sees to it." in says
        assert "Nothing answers" not in says

    async def test_two_who_write_the_same_part_see_each_others_words(self, console: Console) -> None:
        client, _ = await begun(console)
        path = new_item(await client.get(DRAFT))
        page = await client.get(path)
        crossing = {name: hidden(page, name) for name in ("csrf_token", "seen")}
        assert (await write(client, path, **ITEM)).status_code == 303
        mine = {**ITEM, "support": "Boxing club", "step": "save"}
        answer = await client.post(path, data={**crossing, **mine})
        assert answer.status_code == 409
        assert "What somebody else saved meanwhile" in answer.text
        assert "Mentoring at school" in answer.text
        assert "Boxing club" in answer.text
        again = {"csrf_token": crossing["csrf_token"], "seen": hidden(answer, "seen")}
        assert (await client.post(path, data={**again, **mine})).status_code == 303
        assert "Boxing club" in (await client.get(DRAFT)).text

    async def test_an_item_is_taken_out_and_a_draft_thrown_away_after_asking(self, console: Console) -> None:
        client, _ = await begun(console)
        path = new_item(await client.get(DRAFT))
        await write(client, path, **ITEM)
        assert (await write(client, path, step="remove")).status_code == 303
        page = await client.get(DRAFT)
        assert "Mentoring at school" not in page.text
        sent = {"csrf_token": hidden(page, "csrf_token")}
        assert "Throw the whole draft away?" in (await client.post(DRAFT, data={**sent, "step": "discard"})).text
        assert (await client.post(DRAFT, data={**sent, "step": "discard-now"})).headers["location"] == PLAN
        assert "There is no support plan yet." in (await client.get(PLAN)).text

    async def test_who_is_responsible_is_chosen_from_the_area_and_the_team(self, console: Console) -> None:
        member = Member("hamid", "Hamid Synthetic", organisation="Sample Health", sector="health")
        partners = {"gp": Contact("gp", "GP and primary care")}
        console.team.practices.given = practice(panel=PanelPractice(members=(member,)), partners=partners)
        client, subject = await begun(console)
        path = new_item(await client.get(DRAFT))
        page = await client.get(path)
        assert "Hamid Synthetic, Sample Health" in page.text
        assert (await write(client, path, support="Talk to the GP", owner="area:gp")).status_code == 303
        async with console.team.runtime.database.transaction(CORA) as session:
            draft = await queries.the_draft(session, subject)
        assert draft.plan.items[0].owner.recipient == "gp"
        assert 'value="area:gp" selected' in (await client.get(path)).text


class TestRevising:
    async def test_a_revision_says_why_and_shows_what_changed(self, console: Console) -> None:
        await supported(console.team)
        client = await console.signed_in(CORA)
        page = await client.get(PLAN)
        await client.post(DRAFT, data={"csrf_token": hidden(page, "csrf_token"), "step": "begin"})
        await write(client, new_item(await client.get(DRAFT)), **{**ITEM, "support": "Boxing club"})
        refused = await complete(client)
        assert (refused.status_code, "Enter the reason" in refused.text) == (422, True)
        assert (await complete(client, reason="He asked for sport.")).status_code == 303
        page = await client.get(f"{PLAN}/versions/2")
        says = text_of(page)
        assert "What changed since version 1" in says
        assert "Item “Boxing club” Was not there Boxing club" in says
        assert "What changed" not in (await client.get(f"{PLAN}/versions/1")).text

    async def test_a_draft_that_somebody_changed_meanwhile_is_not_completed(self, console: Console) -> None:
        client, _ = await begun(console)
        await write(client, f"{DRAFT}/consent", **REQUEST)
        page = await client.get(DRAFT)
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version", "seen")}
        await write(client, new_item(page), **ITEM)
        answer = await client.post(DRAFT, data={**sent, "step": "complete"})
        assert (answer.status_code, "Somebody changed the draft" in answer.text) == (409, True)
        assert not await rows(console.team.runtime, "SELECT 1 FROM plan")


class TestGaps:
    async def test_a_reason_is_said_on_the_plan_alone_and_the_case_names_the_factor(self, console: Console) -> None:
        subject = await adopted(console.team)
        mentoring = item()
        await planned(console.team, subject, plan(mentoring, without=(NoItem(FACTOR, "The school sees to it."),)))
        client = await console.signed_in(CORA)
        page = await client.get(f"{PLAN}/items/{mentoring.id}")
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await client.post(f"{PLAN}/items/{mentoring.id}", data={**sent, "state": "stopped", "words": "Moved away."})
        said = text_of(await client.get(PLAN))
        assert "With a reason in the plan: " in said
        assert said.count("The school sees to it.") == 1
        case = text_of(await client.get(PLAN.removesuffix("/plan")))
        assert "With a reason in the plan: " in case
        assert "The school sees to it." not in case


class TestProgress:
    async def test_says_how_an_item_stands(self, console: Console) -> None:
        subject = await adopted(console.team)
        mentoring = item()
        await planned(console.team, subject, plan(mentoring))
        client = await console.signed_in(CORA)
        path = f"{PLAN}/items/{mentoring.id}"
        page = await client.get(path)
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        refused = await client.post(path, data={**sent, "state": "stopped"})
        assert (refused.status_code, "Say why it was stopped" in refused.text) == (422, True)
        assert (await client.post(path, data={**sent, "state": "nonsense"})).status_code == 422
        done = await client.post(path, data={**sent, "state": "stopped", "words": "Moved away."})
        assert done.status_code == 303
        says = text_of(await client.get(PLAN))
        assert "Stopped" in says
        assert "Moved away." in says
        assert "Assessed factors that nothing in the plan answers" in says
        crossing = await client.post(path, data={**sent, "state": "done", "words": "My words."})
        assert (crossing.status_code, "My words." in crossing.text) == (409, True)
