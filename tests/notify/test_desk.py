"""The delivery desk: notices are found, held back, and followed by recipient; queues show how old they are."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from chassis import clock, telemetry
from chassis.actor import Actor
from contracts.notify.police import NoticeUnreached
from contracts.vocabulary import AskKind
from services.notify import jobs, models
from services.notify.jobs import watching
from tests.notify.asks_made import ask
from tests.notify.conftest import Site
from tests.notify.desk_made import SECOND_AT_DESK, alter, copies, kept, noticed
from tests.notify.made import (
    AREA,
    DESK,
    ENGINEER,
    KENT_WORKER,
    NOW,
    REFERENCE,
    concern,
    pack_answered,
    signpost,
    transfer,
)
from tests.notify.test_guests import told


@pytest.fixture(autouse=True)
def _nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be sent while the desk looks: what is due stays due."""

    async def nothing(*_: object) -> bool:
        return False

    monkeypatch.setattr("services.notify.jobs.sending._whole_batch", nothing)


def found(text: str) -> list[str]:
    """Return the ids of the notices that a page lists."""
    return list(dict.fromkeys(re.findall(r'href="/notices/([0-9a-f-]{36})"', text)))


class TestSearch:
    async def test_finds_by_each_of_its_fields_and_by_all_together(self, site: Site) -> None:
        mine = await noticed(site.runtime, signpost(), state="failed", way="webhook", created_at=NOW)
        other = await noticed(site.runtime, concern(reference="KM-0000-0001"), created_at=NOW - timedelta(days=9))
        await site.sign_in(DESK)
        everything = "reference=km-7f3k-92qm&kind=signpost-made&state=failed&way=webhook&recipient=kent-early-help"
        everything += "&since-day=23&since-month=11&since-year=2026&until-day=23&until-month=11&until-year=2026"
        for part in (*everything.split("&")[:5], everything):
            assert found((await site.get(f"/desk?{part}")).text) == [str(mine)], part
        until = "/desk?until-day=14&until-month=11&until-year=2026"
        assert found((await site.get(until)).text) == [str(other)]

    async def test_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed(self, site: Site) -> None:
        await site.sign_in(DESK)
        page = await site.get("/desk?since-day=31&since-month=2&since-year=2026&state=nonsense&reference=KM-1")
        assert page.status_code == 422
        assert "First day must be a real date" in page.text
        assert "Select a state from the list" in page.text
        assert 'value="31"' in page.text
        assert 'value="KM-1"' in page.text

    async def test_pages_by_fifty_without_gap_or_repeat_and_keeps_the_search(self, site: Site) -> None:
        first = await noticed(site.runtime, created_at=NOW)
        await copies(site.runtime, first, 119)
        await noticed(site.runtime, signpost(), created_at=NOW)
        await site.sign_in(DESK)
        seen: list[str] = []
        address = "/desk?kind=concern-received"
        for _ in range(3):
            page = (await site.get(address)).text
            seen += found(page)
            more = re.search(r'href="([^"]+)">Show the next 50', page)
            address = more[1].replace("&amp;", "&") if more else ""
        assert not address
        assert len(seen) == len(set(seen)) == 120

    async def test_a_place_that_nobody_was_sent_is_the_beginning(self, site: Site) -> None:
        await noticed(site.runtime)
        await site.sign_in(DESK)
        for place in ("x", "2026-11-23T10:00:00~x", "2026-11-23T10:00:00~" + str(uuid4()), "~"):
            assert (await site.get(f"/desk?after={place}")).status_code == 200


class TestLists:
    async def test_stand_as_lines_on_a_phone_and_say_how_long_something_waits(self, site: Site) -> None:
        for event in (signpost(made_at=clock.now()), ask(AskKind.ACTION)):
            await noticed(site.runtime, event)
        await site.sign_in(DESK)
        page = (await site.get("/desk")).text
        assert page.count("throughline-scroll--stacked") == page.count('class="throughline-scroll') == 2
        assert (
            len(re.findall("<t[dh][^>]+data-label=", page)) == len(re.findall("<td|<th scope=.row", page)) == 7 * 2 + 5
        )
        assert "waiting for less than a minute" in page


class TestSuppress:
    async def test_holds_a_notice_back_with_the_reason_and_tells_the_police(self, site: Site) -> None:
        notice_id = await noticed(site.runtime, signpost())
        await site.sign_in(DESK)
        path = f"/notices/{notice_id}"
        assert (await site.post(path, f"{path}/suppress", why_not="told-otherwise")).status_code == 303
        page = (await site.get(path)).text
        assert "They have been told in another way" in page
        assert (await kept(site.runtime, notice_id)).state == "suppressed"
        assert [(one.whom, one.why) for one in await told(site, NoticeUnreached)] == [("service", "suppressed")]

    async def test_says_of_what_nobody_else_sees_to_that_nobody_is_told(self, site: Site) -> None:
        path = f"/notices/{await noticed(site.runtime, pack_answered())}"
        await site.sign_in(DESK)
        await site.post(path, f"{path}/suppress", why_not="not-needed")
        page = (await site.get(path)).text
        assert "The notice is held back." in page
        assert "is told that it was not sent" not in page
        assert "Nobody else is told of that: it is for this desk" in page

    async def test_needs_a_reason(self, site: Site) -> None:
        notice_id = await noticed(site.runtime)
        await site.sign_in(DESK)
        path = f"/notices/{notice_id}"
        answer = await site.post(path, f"{path}/suppress")
        assert answer.status_code == 422
        assert "Select why it is not to be sent" in answer.text
        assert (await kept(site.runtime, notice_id)).state == "due"

    async def test_in_immediate_danger_a_second_person_must_confirm(self, site: Site) -> None:
        notice_id = await noticed(site.runtime, concern(immediate_danger=True))
        path = f"/notices/{notice_id}"
        await site.sign_in(DESK)
        assert (await site.post(path, f"{path}/suppress", why_not="might-harm")).status_code == 303
        assert (await kept(site.runtime, notice_id)).state == "due"
        assert (await site.post(path, f"{path}/suppress", why_not="might-harm")).status_code == 403
        assert (await kept(site.runtime, notice_id)).state == "due"
        await site.sign_in(SECOND_AT_DESK)
        assert "Somebody of the desk asked" in (await site.get(path)).text
        await site.post(path, f"{path}/suppress", why_not="might-harm")
        assert (await kept(site.runtime, notice_id)).state == "suppressed"
        assert "Two people of the desk agreed" in (await site.get(path)).text

    @pytest.mark.parametrize(("state", "status"), [("sent", 409), ("suppressed", 409)])
    async def test_refuses_what_has_gone_out_or_is_held_back(self, site: Site, state: str, status: int) -> None:
        notice_id = await noticed(site.runtime)
        await site.sign_in(DESK)
        path = f"/notices/{notice_id}"
        await alter(site.runtime, notice_id, state=state)
        assert (await site.post("/mail", f"{path}/suppress", why_not="not-needed")).status_code == status

    async def test_is_not_for_a_front_door(self, site: Site) -> None:
        notice_id = await noticed(site.runtime)
        await site.sign_in(KENT_WORKER)
        assert (await site.post("/inbox", f"/notices/{notice_id}/suppress", why_not="not-needed")).status_code == 403

    async def test_what_was_held_back_can_be_sent_after_all(self, site: Site) -> None:
        notice_id = await noticed(site.runtime)
        path = f"/notices/{notice_id}"
        await site.sign_in(ENGINEER)
        await site.post(path, f"{path}/suppress", why_not="not-needed")
        await site.post(path, f"{path}/send-again", reason="recipient-asked")
        assert (await kept(site.runtime, notice_id)).state == "due"


class TestRecipient:
    async def test_shows_each_notice_attempt_and_how_long_until_it_was_seen(self, site: Site) -> None:
        mine = await noticed(site.runtime, created_at=NOW)
        other = await noticed(site.runtime, transfer(), created_at=NOW)
        await site.sign_in(DESK)
        page = (await site.get(f"/recipients/{AREA}/kent-cru")).text
        assert found(page) == [str(mine)]
        assert str(other) not in page
        assert "Not seen" in page

    async def test_knows_nobody_whom_nothing_was_sent(self, site: Site) -> None:
        await noticed(site.runtime)
        await site.sign_in(DESK)
        for path in (f"/recipients/{AREA}/nobody", "/recipients/nowhere/kent-cru", f"/recipients/{AREA}/received"):
            assert (await site.get(path)).status_code == 404


class TestAlarms:
    async def test_figures_say_how_old_the_oldest_is_and_how_many_doors_are_silent(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, nothing in (("queues", ()), ("silent", 0)):  # and nothing again after the test, for those that follow
            monkeypatch.setattr(watching.Counted, name, nothing)
        await noticed(site.runtime, concern(immediate_danger=True), created_at=NOW - timedelta(minutes=7))
        await noticed(site.runtime, signpost(), created_at=NOW - timedelta(hours=5), way="webhook")
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            await session.execute(models.concern.update().values(escalation_ended_at=NOW))
        await jobs.watch_queues(site.runtime, NOW)
        figures = telemetry.metrics_text()
        assert re.search(r'notify_queue_oldest\w*\{urgent="yes"\} 420', figures)
        assert re.search(r'notify_queue_oldest\w*\{urgent="no"\} 18000', figures)
        assert re.search(r"notify_queue_late\w* 2", figures)
        assert re.search(r"notify_concern_silent\w* 1", figures)


class TestQueue:
    async def test_counts_what_waits_by_age_the_urgent_first(self, site: Site) -> None:
        await noticed(site.runtime, created_at=NOW - timedelta(days=400))
        await noticed(site.runtime, concern(immediate_danger=True))
        await noticed(site.runtime, signpost(), state="sent")
        await site.sign_in(DESK)
        page = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", (await site.get("/desk/queue")).text))
        assert "Urgent" in page
        assert page.index("To be chosen Urgent 1") < page.index("To be chosen No 1")
        assert REFERENCE not in page
