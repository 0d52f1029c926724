"""How far a referral has got: shown to whoever has its reference and its address, once for each link."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from lxml import html

from chassis import clock
from chassis.actor import Actor
from contracts.intake.referrer import LinkDue, LinkPurpose, ReferrerMessageDue
from contracts.vocabulary import ProgressStage
from services.intake import jobs
from services.intake.operations import Progress, record_progress
from services.intake.web.progress import ANSWERED_AFTER
from tests.conftest import Running
from tests.intake.builders import rows
from tests.intake.test_web_form_saving import links, path_of
from tests.intake.test_web_views import answers, fill_in, hidden, intake, post, problems, refusal

__all__ = ["intake", "links"]

ADDRESS = answers()["referrer.email"]
ADDED = "SYNTHETIC: I was told more."


def ticked(page: str) -> list[str]:
    """Return what is chosen on a page."""
    root: Any = html.fromstring(page)
    return [str(one.get("value")) for one in root.xpath("//main//input[@checked]")]


async def referred(intake: Running) -> Any:
    """Make a referral by the form in a browser that then forgets it; return its row."""
    await fill_in(intake, answers())
    await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
    intake.client.cookies.clear()
    [row] = await rows(intake.runtime, "SELECT * FROM referral")
    return row


async def reached(intake: Running, referral_id: UUID, stage: ProgressStage, publisher: str = "triage") -> None:
    """Let a stage be reached elsewhere."""
    at = clock.now()
    async with intake.runtime.database.transaction(Actor.service("intake")) as session:
        await record_progress(session, Progress(referral_id, publisher, stage, at, uuid4()), now=at)


async def asked(intake: Running, reference: str, email: str = ADDRESS) -> str:
    """Ask for a link; return the page that answers."""
    answer = await post(intake, "/progress", {"reference": reference, "email": email})
    assert answer.headers["location"] == "/progress/asked"
    return (await intake.client.get("/progress/asked")).text


async def opened(intake: Running, link: LinkDue) -> str:
    """Open a link; return the page that it leads to."""
    answer = await post(intake, path_of(link), {})
    assert answer.headers["location"] == "/progress/referral"
    return (await intake.client.get("/progress/referral")).text


def of_progress(links: list[Any]) -> list[LinkDue]:
    """Return the links to progress among what was announced."""
    return [each for each in links if isinstance(each, LinkDue) and each.purpose == LinkPurpose.PROGRESS]


class TestProgress:
    async def test_tells_the_stages_that_the_area_tells_in_its_words(self, intake: Running, links: list[Any]) -> None:
        row = await referred(intake)
        await reached(intake, row.id, ProgressStage.BEING_ASSESSED)
        await reached(intake, row.id, ProgressStage.SUPPORT_BEING_CONSIDERED, "channel")
        await asked(intake, row.reference.lower().replace("-", " "), ADDRESS.upper())
        [link] = of_progress(links)
        assert (link.reference, link.email) == (row.reference, ADDRESS)
        page = await opened(intake, link)
        assert row.reference in page
        assert page.index("We have received your referral") < page.index("Your referral is being assessed")
        assert "support is being considered" not in page
        assert answers()["person.surname"] not in page
        read = await rows(intake.runtime, "SELECT 1 FROM audit_entry WHERE reason = 'referrer-progress'")
        assert len(read) == 1

    async def test_says_the_same_whether_or_not_they_belong_together(self, intake: Running, links: list[Any]) -> None:
        row = await referred(intake)
        right = await asked(intake, row.reference)
        assert right == await asked(intake, row.reference, "somebody.else@school.example")
        assert right == await asked(intake, "KM-7F3K-92QM")
        assert len(of_progress(links)) == 1

    async def test_mails_few_links_for_one_referral(self, intake: Running, links: list[Any]) -> None:
        row = await referred(intake)
        for _ in range(7):
            intake.client.cookies.clear()
            await asked(intake, row.reference)
        assert len(of_progress(links)) == 5

    async def test_says_what_to_mend(self, intake: Running) -> None:
        page = await refusal(intake, "/progress", {"reference": "KM-1", "email": "x"})
        assert problems(page.text) == [
            "Enter the reference as it stands in your receipt, like KM-7F3K-92QM",
            "Enter an email address in the correct format, like name@example.com",
        ]

    async def test_answers_no_sooner_where_they_do_not_belong_together(self, intake: Running, links: list[Any]) -> None:
        row = await referred(intake)
        for reference, email in ((row.reference, ADDRESS), (row.reference, "other@school.example")):
            await intake.client.get("/progress")
            since = time.monotonic()
            await asked(intake, reference, email)
            assert time.monotonic() - since >= ANSWERED_AFTER

    async def test_leaves_whoever_planted_the_cookie_outside(self, intake: Running, links: list[Any]) -> None:
        row = await referred(intake)
        await asked(intake, row.reference)
        planted = intake.client.cookies["throughline_intake"]
        assert row.reference in await opened(intake, of_progress(links)[0])
        assert intake.client.cookies["throughline_intake"] != planted
        intake.client.cookies.clear()
        intake.client.cookies.set("throughline_intake", planted)
        assert (await intake.client.get("/progress/referral")).headers["location"] == "/progress"

    async def test_opens_once_and_not_by_looking_at_the_link(self, intake: Running, links: list[Any]) -> None:
        row = await referred(intake)
        await asked(intake, row.reference)
        [link] = of_progress(links)
        assert row.reference not in (await intake.client.get(path_of(link))).text
        here = dict(intake.client.cookies)
        intake.client.cookies.clear()
        waiting = hidden((await intake.client.get(path_of(link))).text)
        elsewhere = dict(intake.client.cookies)
        intake.client.cookies.clear()
        intake.client.cookies.update(here)
        await opened(intake, link)
        again = await intake.client.get(path_of(link))
        assert again.headers["location"] == "/progress/referral"
        intake.client.cookies.clear()
        intake.client.cookies.update(elsewhere)
        for over in (await intake.client.get(path_of(link)), await intake.client.post(path_of(link), data=waiting)):
            assert over.status_code == 404
            assert "Get another link" in over.text
            assert "Show the progress" not in over.text
        assert (await intake.client.get("/progress/referral")).headers["location"] == "/progress"

    async def test_forgets_links_in_time(self, intake: Running, links: list[Any]) -> None:
        row = await referred(intake)
        await asked(intake, row.reference)
        await jobs.purge_saved_forms(intake.runtime, clock.now() + timedelta(hours=25))
        assert await rows(intake.runtime, "SELECT 1 FROM progress_access") == []
        assert (await intake.client.get(path_of(of_progress(links)[0]))).status_code == 404

    async def test_takes_in_what_the_referrer_adds_once(self, intake: Running, links: list[Any]) -> None:
        row = await referred(intake)
        await asked(intake, row.reference)
        await opened(intake, of_progress(links)[0])
        page = await refusal(intake, "/progress/referral", {"words": " ", "immediate_danger": "yes"})
        assert problems(page.text) == ["Enter what you want to add"]
        assert ticked(page.text) == ["yes"]
        added = await post(intake, "/progress/referral", {"words": ADDED, "immediate_danger": "no"})
        assert added.headers["location"] == "/progress/referral"
        assert "has been sent to everybody" in (await intake.client.get("/progress/referral")).text
        versions = await rows(intake.runtime, "SELECT made_by FROM referral_version ORDER BY version")
        assert [each.made_by for each in versions] == ["web", "referrer"]

    async def test_answers_for_nobody_whether_there_is_danger(self, intake: Running, links: list[Any]) -> None:
        row = await referred(intake)
        await asked(intake, row.reference)
        assert ticked(await opened(intake, of_progress(links)[0])) == []
        page = await refusal(intake, "/progress/referral", {"words": ADDED})
        assert problems(page.text) == ["Select yes if anybody is in immediate danger"]
        assert ADDED in page.text
        assert len(await rows(intake.runtime, "SELECT 1 FROM referral_version")) == 1


@pytest.mark.parametrize("stage", [ProgressStage.CLOSED, ProgressStage.BEING_ASSESSED])
async def test_each_stage_that_is_told_is_mailed_once(intake: Running, links: list[Any], stage: ProgressStage) -> None:
    row = await referred(intake)
    for publisher in ("triage", "channel", "triage"):
        await reached(intake, row.id, stage, publisher)
    assert [each.stage for each in links if isinstance(each, ReferrerMessageDue)] == [stage]
