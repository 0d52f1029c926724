"""What a coordinator sees first: the next steps, what others owe, whom each clock waits for, a menu on one line."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.web.pages import MOST_IN_MENU
from contracts.vocabulary import Role
from services.channel.domain import ACTIONS, TABLE, Command, Situation, State
from services.channel.domain.grouping import ABOUT_ONE, GROUPS, NEXT_STEPS, group_of, next_steps
from services.channel.web.views.asked import has_page
from tests.channel.assessments_made import VAF, begun, equipped
from tests.channel.builders import AREA, CORA, NOW, VERSION, coordinator, rows
from tests.channel.conftest import Console
from tests.channel.interventions_made import commissioned, planned, supported
from tests.channel.meetings_made import with_panel
from tests.channel.owing_made import ONE, keep, owing, text_of

OWNER = "Cora Synthetic"
MENU = re.compile(r'<a class="govuk-service-navigation__link"[^>]*>\s*(?:<strong[^>]*>)?\s*([^<]+?)\s*<')


class TestNextSteps:
    @pytest.mark.parametrize("state", list(NEXT_STEPS))
    def test_are_commands_that_the_state_has(self, state: State) -> None:
        there = {row.command for row in TABLE if state in row.sources}
        assert set(next_steps(Situation(state, OWNER))) <= there

    def test_a_case_that_waits_for_somebody_else_has_none(self) -> None:
        assert next_steps(Situation(State.GIVEN_BACK, OWNER)) == ()

    def test_a_complete_assessment_is_not_asked_for_once_more(self) -> None:
        waiting = Situation(State.REFERRED, OWNER)
        assert next_steps(waiting)[0] is Command.ASSESS
        assert next_steps(replace(waiting, assessed=True)) == next_steps(waiting)[1:]

    def test_every_command_with_a_page_stands_under_some_words(self) -> None:
        grouped = {command for _, commands in GROUPS for command in commands}
        assert not grouped & ABOUT_ONE
        assert {group_of(each) for each in ACTIONS if each not in grouped} == {"The case itself"}
        assert all(has_page(each) for each in ABOUT_ONE)


class TestCasePage:
    async def test_says_first_what_comes_next(self, console: Console) -> None:
        subject = await console.team.open()
        await console.team.act(subject, Command.ACCEPT)
        page = (await (await console.signed_in(CORA)).get(ONE)).text
        following = page[page.index("What usually comes next") : page.index("Who has the case")]
        assert following.index("Record the information gathering as complete") < following.index("Add a note")
        assert page.index("What usually comes next") < page.index("Clocks</h2>") < page.index("Timeline</h2>")

    async def test_names_what_is_owed_beside_the_way_to_it(self, console: Console) -> None:
        subject = await console.team.open()
        await console.team.act(subject, Command.ACCEPT)
        kept = await keep(console.team, subject, owing())
        page = await (await console.signed_in(CORA)).get(ONE)
        assert "Record something owed as done" not in page.text
        assert f'href="{ONE}/information#owed-{kept}"' in page.text
        assert "Request for information: Sample Health Trust" in text_of(page)

    async def test_shows_the_pack_whole_until_it_is_answered_and_folded_from_then_on(self, console: Console) -> None:
        subject = await console.team.open()
        client = await console.signed_in(CORA)
        assert (await client.get(ONE)).text.count('<details class="govuk-details" open>') == 2
        await console.team.act(subject, Command.ACCEPT)
        page = (await client.get(ONE)).text
        assert '<details class="govuk-details" open>' not in page
        assert "More needs to be known." in page


class TestWhoseClock:
    async def test_lists_and_the_case_say_which_report_a_clock_waits_for(self, console: Console) -> None:
        subject = await supported(console.team)
        made = await commissioned(console.team, subject)
        await planned(console.team, subject, made, 1)
        overdue = "UPDATE clock SET due_at = :at WHERE name = 'session-report' RETURNING 1 AS one"
        await rows(console.team.runtime, overdue, at=NOW - timedelta(days=30))
        await rows(
            console.team.runtime,
            "UPDATE clock SET due_at = :at WHERE name <> 'session-report' RETURNING 1 AS one",
            at=NOW + timedelta(days=999),
        )
        client = await console.signed_in(CORA)
        for path in (ONE, "/due", "/cases", "/work"):
            shown = text_of(await client.get(path))
            assert "Session report (Sample Provider One (synthetic), session 1)" in shown, path


class TestDraft:
    async def test_is_called_by_the_title_of_its_instrument(self, console: Console) -> None:
        subject = await console.team.open()
        await console.team.act(subject, Command.ACCEPT)
        console.team.practices.given = equipped().given
        await begun(console.team, subject)
        page = text_of(await (await console.signed_in(CORA)).get("/work"))
        assert f"Assessment with {VAF.name}, " in page


class TestMenu:
    @pytest.mark.parametrize(
        "role", [Role.CHANNEL_COORDINATOR, Role.CHANNEL_SUPERVISOR, Role.PANEL_CHAIR, Role.BUSINESS_SUPPORT_OFFICER]
    )
    async def test_has_six_places_and_leads_to_the_others(self, console: Console, role: Role) -> None:
        client = await console.signed_in(coordinator(role))
        page = (await client.get("/more")).text
        shown = MENU.findall(page)
        assert (len(shown), shown[-1]) == (MOST_IN_MENU, "More")
        beyond = page[page.index("<main") :]
        for place in ("What others owe", "Outcomes", "Reviews after closure"):
            assert f">{place}</a>" in beyond
        assert (">Referrals in your area</a>" in beyond) == (
            role in {Role.CHANNEL_COORDINATOR, Role.CHANNEL_SUPERVISOR}
        )

    async def test_of_a_member_of_the_panel_holds_all_that_they_have(self, console: Console) -> None:
        client = await console.signed_in(coordinator(Role.PANEL_MEMBER, name="Polly Synthetic"))
        assert MENU.findall((await client.get("/panel")).text) == ["My meetings", "My requests"]
        assert "The menu above has everything" in (await client.get("/more")).text


class TestPractice:
    async def test_the_case_of_a_day_leads_to_the_version_behind_it(self, console: Console) -> None:
        subject = await console.team.open()
        await console.team.act(subject, Command.ACCEPT)
        console.team.practices.given = with_panel()
        client = await console.signed_in(CORA)
        page = await client.get(f"{ONE}/as-at")
        address = f"/practice/{AREA}/{VERSION}"
        assert page.text.count(f'href="{address}"') >= 2
        shown = text_of(await client.get(address))
        assert "Decides on the section 36(3) referral" in shown
        assert "Sample Member3 (synthetic), Sample police 3" in shown

    async def test_another_area_has_none_for_whoever_does_not_work_there(self, console: Console) -> None:
        page = await (await console.signed_in(CORA)).get("/practice/northmere/2026-01")
        assert (page.status_code, "open the case and choose one there" in page.text) == (404, True)
