"""The public form as a browser without scripts uses it."""

import asyncio
import json
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any, cast

import pytest
from lxml import html

from samples.send import browser_answers
from services.intake.app import service
from services.intake.web import views
from services.intake.web.form.steps import BIRTH, SECTIONS, STEPS, steps_of
from services.intake.web.form.summary import is_needed
from tests.conftest import Running, RunningOf
from tests.intake.builders import rows

SAMPLES = Path(views.__file__).parents[3] / "samples" / "web"
CANARY = "Canary-Zebedee-7731"
PAGE = "/referral/questions/"
NEEDED = [step for section in SECTIONS if is_needed(section) for step in steps_of(section.key)]


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox."""
    return await running_of(service(), doors=False)


def answers() -> dict[str, str]:
    """Return the answers of a synthetic referral by field name."""
    return dict(json.loads((SAMPLES / "girl-of-twelve-medway.json").read_text())["fields"])


def main_form(page: str) -> Any:
    """Return the form in the main part of a page."""
    root: Any = html.fromstring(page)
    return root.xpath("//main//form")[0]


def hidden(page: str) -> dict[str, str]:
    """Return what a page's form carries by itself."""
    return {one.get("name"): one.get("value") for one in main_form(page).xpath(".//input[@type='hidden']")}


async def post(intake: Running, path: str, fields: Mapping[str, str], **more: str) -> Any:
    """Open a page and send its form with those of the answers that it asks for."""
    page = (await intake.client.get(path)).text
    given = dict(browser_answers(main_form(page), fields))
    return await intake.client.post(path, data={**given, **hidden(page), **more})


async def fill_in(intake: Running, fields: Mapping[str, str], *, everything: bool = False) -> None:
    """Answer every page that a referral needs, or every page, up to the check page."""
    for step in STEPS if everything else NEEDED:
        path = f"{PAGE}{step.key}"
        for _ in range(5):
            answer = await post(intake, path, fields)
            assert answer.status_code == 303, path
            path = answer.headers["location"]
            if "more=yes" not in path:
                break
        assert path.partition("?")[0] != f"{PAGE}{step.key}", problems((await intake.client.get(path)).text)


def problems(page: str) -> list[str]:
    """Return the sentences of the error summary."""
    summary: Any = html.fromstring(page).xpath("//*[contains(@class, 'govuk-error-summary__list')]//li")
    return [" ".join(one.itertext()).strip() for one in summary]


async def refusal(intake: Running, path: str, fields: Mapping[str, str]) -> Any:
    """Send a page that is refused, and return the page that the browser is then led to."""
    answer = await post(intake, path, fields)
    assert answer.status_code == 303
    return await intake.client.get(answer.headers["location"])


def back_link(page: str) -> str:
    """Return where the back link of a page leads."""
    [link] = cast("list[Any]", html.fromstring(page).xpath("//a[@class='govuk-back-link']"))
    return str(link.get("href"))


def statuses(page: str) -> dict[str, str]:
    """Return the status of each part in the task list."""
    root: Any = html.fromstring(page)
    return {
        " ".join(row[0][0].text_content().split()): " ".join(row[1].text_content().split())
        for row in root.xpath("//li[contains(@class, 'govuk-task-list__item')]")
    }


class TestPublicForm:
    async def test_says_999_first_and_who_will_see_it(self, intake: Running) -> None:
        page = (await intake.client.get("/")).text
        assert page.index("999") < page.index("Start now")
        assert "Who will see what you write" in page

    @pytest.mark.parametrize("sample", sorted(path.name for path in SAMPLES.glob("*.json")))
    async def test_takes_every_sample_to_its_receipt(self, intake: Running, sample: str) -> None:
        fields = json.loads((SAMPLES / sample).read_text())["fields"]
        await fill_in(intake, fields, everything=True)
        check = unescape((await intake.client.get("/referral/check")).text)
        assert fields["person.surname"] in check
        sent = await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
        assert sent.headers["location"] == "/referral/receipt"
        [row] = await rows(intake.runtime, "SELECT * FROM referral")
        receipt = (await intake.client.get("/referral/receipt")).text
        assert row.reference in receipt
        assert "Make another referral" in receipt
        assert fields["person.surname"] not in receipt
        copy = unescape((await intake.client.get("/referral/copy")).text)
        assert row.reference in copy
        assert fields["person.surname"] in copy

    async def test_says_that_a_referral_was_sent_to_whoever_goes_back(self, intake: Running) -> None:
        assert "You have sent a referral" not in (await intake.client.get("/referral")).text
        await fill_in(intake, answers())
        filled = (await intake.client.get("/referral")).text
        assert "Your answers stay in this browser for 60 minutes" in filled
        await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
        [row] = await rows(intake.runtime, "SELECT reference FROM referral")
        after = (await intake.client.get("/referral")).text
        page: Any = html.fromstring(after)
        assert f"Its reference is {row.reference}" in page.text_content()
        assert 'href="/referral/receipt"' in after
        await post(intake, f"{PAGE}danger", {"concerns.immediate_danger": "no"})
        assert row.reference not in (await intake.client.get("/referral")).text

    async def test_says_of_every_page_what_may_be_left_empty(self, intake: Running) -> None:
        for step in STEPS:
            page = unescape((await intake.client.get(f"{PAGE}{step.key}")).text)
            needed = step.key == BIRTH or all(each.required for each in step.questions)
            assert ("(optional)" in page) is not needed, step.key

    async def test_sent_twice_is_one_referral(self, intake: Running) -> None:
        await fill_in(intake, answers())
        page = await intake.client.get("/referral/declaration")
        fields = {"sharing_acknowledged": "yes", **hidden(page.text)}
        sent = await asyncio.gather(*(intake.client.post("/referral/declaration", data=fields) for _ in range(5)))
        again = await intake.client.post("/referral/declaration", data=fields)
        assert {answer.headers["location"] for answer in (*sent, again)} == {"/referral/receipt"}
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 1

    async def test_shows_again_what_was_typed_and_once(self, intake: Running) -> None:
        page = await refusal(intake, f"{PAGE}name", {"person.surname": "O’Neill-<b>"})
        assert page.status_code == 200
        assert "O’Neill-&lt;b&gt;" in page.text
        assert problems(page.text) == ["Enter the person’s first names"]
        assert page.text.count("<h1") == 1
        assert problems((await intake.client.get(f"{PAGE}name")).text) == []

    async def test_leads_to_the_task_list_before_anything_is_answered(self, intake: Running) -> None:
        for path in ("/referral/check", "/referral/declaration"):
            assert (await intake.client.get(path)).headers["location"] == "/referral"
        for path in ("/referral/receipt", "/referral/copy"):
            assert (await intake.client.get(path)).headers["location"] == "/"

    async def test_leads_to_what_is_still_needed(self, intake: Running) -> None:
        await post(intake, f"{PAGE}danger", answers())
        assert (await intake.client.get("/referral/check")).headers["location"] == f"{PAGE}name"

    async def test_needs_the_declaration(self, intake: Running) -> None:
        await fill_in(intake, answers())
        page = await refusal(intake, "/referral/declaration", {})
        assert problems(page.text) == ["Select that you have read who will see this referral"]
        assert await rows(intake.runtime, "SELECT id FROM referral") == []

    async def test_keeps_the_draft_sealed(self, intake: Running) -> None:
        await fill_in(intake, {**answers(), "person.surname": CANARY, "concerns.narrative": CANARY})
        assert CANARY.encode() not in b"".join(
            row.data for row in await rows(intake.runtime, "SELECT data FROM web_session")
        )

    @pytest.mark.parametrize("text", ["\x00", "x\x00y"])
    async def test_refuses_what_cannot_be_stored(self, intake: Running, text: str) -> None:
        answer = await post(intake, f"{PAGE}name", {"person.surname": text})
        assert answer.status_code == 400

    async def test_leads_back_from_every_page(self, intake: Running) -> None:
        for section in SECTIONS:
            before = "/referral"
            for step in steps_of(section.key):
                path = f"{PAGE}{step.key}"
                assert back_link((await intake.client.get(path)).text) == before
                assert back_link((await intake.client.get(f"{path}?change=yes")).text) == "/referral/check"
                before = path
        await fill_in(intake, answers())
        assert back_link((await intake.client.get("/referral/check")).text) == "/referral"
        assert back_link((await intake.client.get("/referral/declaration")).text) == "/referral/check"

    async def test_lists_what_was_not_answered_with_a_way_to_answer_it(self, intake: Running) -> None:
        await fill_in(intake, answers() | {"person.aliases.0": ""})
        page: Any = html.fromstring((await intake.client.get("/referral/check")).text)
        row = next(one for one in page.xpath("//dl/div") if "Other name" in one.text_content())
        assert "Not given" in row.text_content()
        [link] = row.xpath(".//a")
        assert link.get("href") == f"{PAGE}other-names?change=yes#person.aliases.0"

    async def test_returns_to_the_check_page_after_a_change(self, intake: Running) -> None:
        await fill_in(intake, answers())
        changed = answers() | {"person.surname": "Changed-Testperson"}
        answer = await post(intake, f"{PAGE}name?change=yes", changed)
        assert answer.headers["location"] == "/referral/check"
        assert "Changed-Testperson" in (await intake.client.get("/referral/check")).text
        wrong = await refusal(intake, f"{PAGE}name?change=yes", changed | {"person.surname": " "})
        assert back_link(wrong.text) == "/referral/check"

    async def test_offers_the_districts_of_the_default_area_first(self, intake: Running) -> None:
        page: Any = html.fromstring((await intake.client.get(f"{PAGE}district")).text)
        groups = page.xpath("//select[@name='person.district']/optgroup")
        assert groups[0].get("label").startswith("Kent")
        for group in groups:
            names = [option.get("value") for option in group]
            assert names == sorted(names)

    async def test_knows_no_page_under_another_name(self, intake: Running) -> None:
        assert (await intake.client.get(f"{PAGE}nothing")).status_code == 404


class TestTaskList:
    async def test_says_how_far_each_part_has_got(self, intake: Running) -> None:
        before = statuses((await intake.client.get("/referral")).text)
        assert before["The person"] == "Not yet started"
        assert before["Parents and carers"] == before["Check your answers"] == "Cannot start yet"
        await post(intake, f"{PAGE}danger", answers())
        await post(intake, f"{PAGE}name", answers())
        under_way = statuses((await intake.client.get("/referral")).text)
        assert (under_way["Immediate danger"], under_way["The person"]) == ("Completed", "In progress")
        await fill_in(intake, answers())
        after = statuses((await intake.client.get("/referral")).text)
        assert (after["The person"], after["Check your answers"]) == ("Completed", "Not yet started")

    @pytest.mark.parametrize(("age", "asked"), [("17", True), ("18", False)])
    async def test_asks_about_parents_only_of_a_child(self, intake: Running, age: str, asked: bool) -> None:
        await post(intake, f"{PAGE}date-of-birth", {"person.approximate_age": age})
        assert ("Parents and carers" in statuses((await intake.client.get("/referral")).text)) == asked

    async def test_says_999_before_anything_else_where_somebody_is_in_danger(self, intake: Running) -> None:
        answer = await post(intake, f"{PAGE}danger", {"concerns.immediate_danger": "yes"})
        assert answer.headers["location"] == "/referral/call-999"
        page = (await intake.client.get("/referral/call-999")).text
        assert "Call 999 now" in page
        await fill_in(intake, answers() | {"concerns.immediate_danger": "yes"})
        await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
        [row] = await rows(intake.runtime, "SELECT immediate_danger FROM referral")
        assert row.immediate_danger


class TestSeveralAnswers:
    async def test_are_added_and_removed_one_by_one(self, intake: Running) -> None:
        page, path, fields = "", f"{PAGE}other-names", {}
        for number, name in enumerate(("Ace", "Bee", "Cee")):
            fields[f"person.aliases.{number}"] = name
            answer = await post(intake, path, fields, do="add")
            path = answer.headers["location"]
            assert path == f"{PAGE}other-names?more=yes"
            page = (await intake.client.get(path)).text
            assert [one.get("value") for one in text_inputs(page)] == [*fields.values(), ""]
        removed = await post(intake, path, fields, do="remove-1")
        page = (await intake.client.get(removed.headers["location"])).text
        assert [one.get("value") for one in text_inputs(page)] == ["Ace", "Cee"]

    async def test_keep_what_was_typed_when_one_of_them_is_refused(self, intake: Running) -> None:
        await post(intake, f"{PAGE}phone-numbers", {"person.phones.0": "01632 960001"}, do="add")
        typed = {"person.phones.0": "01632 960001", "person.phones.1": "x"}
        answer = await post(intake, f"{PAGE}phone-numbers?more=yes", typed)
        page = (await intake.client.get(answer.headers["location"])).text
        assert [one.get("value") for one in text_inputs(page)] == list(typed.values())
        assert problems(page) == ["Enter a phone number, like 01632 960 001, 07700 900 982 or +44 808 157 0192"]

    async def test_reach_the_referral_in_order(self, intake: Running) -> None:
        fields = answers() | {f"person.emails.{n}": f"{n}@sample.example" for n in range(3)}
        await fill_in(intake, fields, everything=True)
        await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
        copy = (await intake.client.get("/referral/copy")).text
        places = [copy.index(f"{n}@sample.example") for n in range(3)]
        assert places == sorted(places)


def text_inputs(page: str) -> list[Any]:
    """Return the inputs of a page that take a line of text."""
    kinds = {"text", "tel", "email"}
    return [one for one in main_form(page).xpath(".//input[@name]") if one.get("type", "text") in kinds]
