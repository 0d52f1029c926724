"""A form that is saved: its link opens it, nothing of it stands in clear, and it ends when it should."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from chassis import clock, outbox
from chassis.actor import Actor
from contracts.intake.referrer import LinkDue, LinkPurpose
from contracts.vocabulary import day_in_words
from services.intake import jobs
from services.intake.operations.saving import london_day
from services.intake.web.form import saving
from tests.conftest import Running
from tests.intake.builders import rows
from tests.intake.test_web_views import PAGE, answers, fill_in, intake, post, problems, refusal

__all__ = ["intake"]

CANARY = "Canary-Zebedee-7731"
ADDRESS = "writer@school.example"


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> list[LinkDue]:
    """Every link that is announced, as notify will read it."""
    announced: list[LinkDue] = []
    add = outbox.add

    async def noted(session: Any, event: LinkDue, **given: Any) -> Any:
        announced.append(event)
        return await add(session, event, **given)

    monkeypatch.setattr(outbox, "add", noted)
    return announced


async def saved(intake: Running, email: str = ADDRESS) -> Any:
    """Answer a page, save, and return the page that says so."""
    await post(intake, f"{PAGE}name", {"person.forenames": "Sample", "person.surname": CANARY})
    answer = await post(intake, "/referral/save", {"email": email})
    assert answer.headers["location"] == "/referral/saved", problems((await intake.client.get("/referral/save")).text)
    return await intake.client.get("/referral/saved")


def path_of(link: LinkDue) -> str:
    """Return the path of the page that a link opens."""
    return urlsplit(link.link).path


class TestSaving:
    async def test_mails_a_link_that_brings_the_draft_back_to_another_browser(
        self, intake: Running, links: list[LinkDue]
    ) -> None:
        page = await saved(intake)
        assert "is saved" in page.text
        assert ADDRESS not in page.text
        [link] = links
        assert day_in_words(link.works_until, "en") in page.text
        assert (link.purpose, link.email) == (LinkPurpose.SAVED_FORM, ADDRESS)
        assert re.search(r"/saved/[\w-]{43}$", link.link)
        assert link.works_until == london_day(clock.now() + timedelta(days=28))
        intake.client.cookies.clear()
        assert CANARY not in (await intake.client.get(path_of(link))).text
        opened = await post(intake, path_of(link), {}, do="open")
        assert opened.headers["location"] == "/referral"
        assert CANARY in (await intake.client.get(f"{PAGE}name")).text

    async def test_keeps_no_link_no_address_and_no_answer_in_clear(self, intake: Running, links: list[LinkDue]) -> None:
        await saved(intake)
        token = path_of(links[0]).rpartition("/")[2]
        kept = await rows(intake.runtime, "SELECT to_jsonb(saved_form)::text AS row FROM saved_form")
        sent = await rows(intake.runtime, "SELECT to_jsonb(outbox)::text AS row FROM outbox")
        for row in (*kept, *sent):
            for word in (token, ADDRESS, CANARY):
                assert word not in row.row
                assert word.encode().hex() not in row.row

    async def test_says_what_to_mend_in_an_address(self, intake: Running) -> None:
        await post(intake, f"{PAGE}name", answers())
        for wrong in ("", "nowhere"):
            page = await refusal(intake, "/referral/save", {"email": wrong})
            assert problems(page.text) == ["Enter an email address in the correct format, like name@example.com"]

    async def test_does_not_send_links_without_end(self, intake: Running, links: list[LinkDue]) -> None:
        for _ in range(5):
            await saved(intake)
        page = await refusal(intake, "/referral/save", {"email": ADDRESS})
        assert problems(page.text) == ["You have asked for several links within an hour. Try again later."]
        assert len(links) == 5

    async def test_has_nothing_to_save_before_something_is_answered(self, intake: Running) -> None:
        assert (await intake.client.get("/referral/save")).headers["location"] == "/referral"


class TestALink:
    async def test_ends_when_the_form_is_saved_again(self, intake: Running, links: list[LinkDue]) -> None:
        await saved(intake)
        await saved(intake)
        old, new = [await intake.client.get(path_of(link)) for link in links]
        assert (old.status_code, new.status_code) == (404, 200)
        assert "This link does not work" in old.text

    async def test_leaves_whoever_planted_the_cookie_outside(self, intake: Running, links: list[LinkDue]) -> None:
        await saved(intake)
        intake.client.cookies.clear()
        await intake.client.get("/referral/questions/name")
        planted = intake.client.cookies["throughline_intake"]
        await post(intake, path_of(links[0]), {}, do="open")
        assert CANARY in (await intake.client.get(f"{PAGE}name")).text
        intake.client.cookies.clear()
        intake.client.cookies.set("throughline_intake", planted)
        assert CANARY not in (await intake.client.get(f"{PAGE}name")).text

    async def test_ends_when_its_writer_deletes_the_form(self, intake: Running, links: list[LinkDue]) -> None:
        await saved(intake)
        intake.client.cookies.clear()
        await post(intake, path_of(links[0]), {}, do="delete")
        assert "has been deleted" in (await intake.client.get("/")).text
        assert (await intake.client.get(path_of(links[0]))).status_code == 404
        assert await keys_of_drafts(intake) == 0

    async def test_ends_when_the_referral_is_sent(self, intake: Running, links: list[LinkDue]) -> None:
        await saved(intake)
        await fill_in(intake, answers())
        await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
        assert len(await rows(intake.runtime, "SELECT 1 FROM referral")) == 1
        assert (await intake.client.get(path_of(links[0]))).status_code == 404

    async def test_opens_nothing_that_was_sent_though_nobody_could_delete_it(
        self, intake: Running, links: list[LinkDue], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fails(*_: Any, **__: Any) -> None:
            raise TimeoutError

        await fill_in(intake, answers())
        await post(intake, "/referral/save", {"email": ADDRESS})
        monkeypatch.setattr(saving, "forget", fails)
        await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
        assert len(await rows(intake.runtime, "SELECT 1 FROM saved_form")) == 1
        assert (await intake.client.get(path_of(links[0]))).status_code == 404

    @pytest.mark.parametrize(("changed", "referrals"), [(False, 1), (True, 2)])
    async def test_makes_one_referral_from_two_browsers_unless_the_words_differ(
        self, intake: Running, links: list[LinkDue], changed: bool, referrals: int
    ) -> None:
        await fill_in(intake, answers())
        await post(intake, "/referral/save", {"email": ADDRESS})
        first = dict(intake.client.cookies)
        intake.client.cookies.clear()
        await post(intake, path_of(links[0]), {}, do="open")
        if changed:
            await post(intake, f"{PAGE}name", answers() | {"person.surname": CANARY})
        other = dict(intake.client.cookies)
        receipts = []
        for cookies in (first, other):
            intake.client.cookies.clear()
            intake.client.cookies.update(cookies)
            sent = await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
            assert sent.headers["location"] == "/referral/receipt"
            receipts.append((await intake.client.get("/referral/receipt")).text)
        made = await rows(intake.runtime, "SELECT reference FROM referral")
        assert len(made) == referrals
        assert all(any(each.reference in page for each in made) for page in receipts)

    async def test_ends_with_its_time_and_the_key_with_it(self, intake: Running, links: list[LinkDue]) -> None:
        await saved(intake)
        [row] = await rows(intake.runtime, "SELECT id, draft FROM saved_form")
        await jobs.purge_saved_forms(intake.runtime, clock.now() + timedelta(days=27))
        assert len(await rows(intake.runtime, "SELECT 1 FROM saved_form")) == 1
        await jobs.purge_saved_forms(intake.runtime, clock.now() + timedelta(days=29))
        assert await rows(intake.runtime, "SELECT 1 FROM saved_form") == []
        assert row.id in await intake.runtime.keys.erasure_register()

    async def test_is_not_guessed(self, intake: Running) -> None:
        for path in ("/saved", "/saved/x", f"/saved/{'A' * 43}"):
            answer = await intake.client.get(path)
            assert (answer.status_code, "This link does not work" in answer.text) == (404, True)


async def keys_of_drafts(intake: Running) -> int:
    """Return how many saved forms there are."""
    async with intake.runtime.database.transaction(Actor.service("intake")):
        return len(await rows(intake.runtime, "SELECT 1 FROM saved_form"))
