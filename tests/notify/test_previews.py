"""Previews of a real case: what its messages would say now, sent to nobody, and who looked is recorded."""

import html
import re
from typing import Any
from uuid import uuid4

import pytest

from areas.parts import Way
from chassis import clock
from contracts.vocabulary import ProgressStage
from services.notify import jobs
from services.notify.clients import Outward
from tests.notify.asks_made import ask
from tests.notify.conftest import Site
from tests.notify.looking import rows
from tests.notify.made import (
    AREA,
    CANARIES,
    DESK,
    ENGINEER,
    KENT_WORKER,
    REFERENCE,
    REFERRER_ADDRESS,
    concern,
    duty_page,
    handle,
    referrer_message,
    signpost,
)
from tests.notify.receiver_made import receiving
from tests.notify.test_sending_ways import HERE
from tests.notify.told_made import PERSON, TYPED, told
from tests.notify.ways_made import SECRET, reach_door, reach_service, with_webhooks

CASE = f"/previews?reference={REFERENCE}"


def words(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page.partition("<main")[2]).split())


async def messages(site: Site) -> list[str]:
    """Return where the messages of the case are previewed."""
    page = (await site.get(CASE)).text
    return [each.replace("&amp;", "&") for each in re.findall(r'href="(/previews\?[^"#]+message=[^"#]+)#chosen"', page)]


class TestCase:
    async def test_shows_exactly_what_is_sent_afterwards(self, site: Site) -> None:
        """The preview of a notice that waits, and then its mail: the same words."""
        subject = uuid4()
        await handle(site.runtime, concern(immediate_danger=True, **PERSON), subject=subject)
        await site.sign_in(DESK)
        previewed = words((await site.get((await messages(site))[0])).text)
        await jobs.send_due(site.runtime, clock.now())
        [sent] = await rows(site.runtime, "SELECT subject_line, body FROM notice")
        assert sent.subject_line.startswith("Urgent: ")
        assert sent.subject_line in previewed
        assert " ".join(sent.body.split()) in previewed

    @pytest.mark.parametrize("made", [concern(**PERSON), signpost()], ids=["concern", "signpost"])
    async def test_shows_what_a_webhook_brings_and_then_the_mail(self, site: Site, made: Any) -> None:
        async with receiving() as receiver:
            ways = (Way.WEBHOOK, Way.SMTP)
            reach_door(site.runtime, *ways, webhook=receiver.url)
            reach_service(site.runtime, *ways, webhook=receiver.url)
            with_webhooks(site.runtime, Outward(lambda _: (SECRET,), HERE))
            await handle(site.runtime, made, subject=uuid4())
            await site.sign_in(DESK)
            previewed = html.unescape(words((await site.get((await messages(site))[0])).text))
            await jobs.send_due(site.runtime, clock.now())
            [row] = await rows(site.runtime, "SELECT way, body FROM notice")
            assert len(receiver.posted) == 1
        assert row.way == "webhook"
        assert row.body in previewed
        assert previewed.index("first by signed webhook") < previewed.index("then by mail")

    async def test_shows_that_nothing_is_sent_to_who_looks_in_the_inbox(self, site: Site) -> None:
        reach_door(site.runtime, Way.INBOX)
        await handle(site.runtime, concern(**PERSON), subject=uuid4())
        await site.sign_in(DESK)
        previewed = words((await site.get((await messages(site))[0])).text)
        assert "first by the inbox page Nothing is sent: it waits in the inbox" in previewed
        assert "Now, in immediate danger: first by mail" in previewed

    async def test_shows_what_has_not_been_written_and_where_it_would_go(self, site: Site) -> None:
        await handle(site.runtime, concern(**PERSON), subject=uuid4())
        await site.sign_in(DESK)
        listed = await messages(site)
        assert [each.partition("message=")[2] for each in listed[1:]] == [
            "concern-updated",
            "concern-moved",
            "pack-answered",
        ]
        shown = words((await site.get(listed[1])).text)
        assert "Out of hours, immediate danger" in shown
        assert "out-of-hours@kent-council.example" in shown
        assert "There is more about a safeguarding concern" in shown

    async def test_sends_and_writes_nothing(self, site: Site) -> None:
        await handle(site.runtime, concern(**PERSON), subject=uuid4())
        await site.sign_in(DESK)
        await jobs.send_due(site.runtime, clock.now())
        before = [row.said for row in await rows(site.runtime, "SELECT to_jsonb(notice)::text AS said FROM notice")]
        for each in await messages(site):
            assert (await site.get(each)).status_code == 200
        after = [row.said for row in await rows(site.runtime, "SELECT to_jsonb(notice)::text AS said FROM notice")]
        assert len(before) == 1
        assert before == after

    async def test_records_who_looked(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(**PERSON), subject=subject)
        await site.sign_in(DESK)
        await site.get(CASE)
        looked = f"SELECT actor_id FROM audit_entry WHERE subject = '{subject}' AND action = 'record.read'"
        assert [row.actor_id for row in await rows(site.runtime, looked)] == [DESK.id]

    async def test_holds_nothing_personal_whatever_the_message(self, site: Site) -> None:
        """Sealed addresses, links that open something and codes stay where they are."""
        subject = uuid4()
        await handle(site.runtime, concern(**PERSON), subject=subject)
        for event in told():
            if type(event).__name__ in {"ReferrerMessageDue", "LinkDue", "AskMade"}:
                await handle(site.runtime, event, subject=subject)
        await site.sign_in(DESK)
        listed = await messages(site)
        assert len(listed) > 20
        for each in listed:
            shown = (await site.get(each)).text
            assert "canary" not in shown.casefold()
            assert "/asks/" not in shown

    async def test_a_sealed_address_is_said_to_be_one(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, referrer_message(), subject=subject)
        await handle(site.runtime, ask(at=clock.now(), recipient="", address=TYPED), subject=subject)
        await site.sign_in(DESK)
        for each in await messages(site):
            shown = words((await site.get(each)).text)
            assert "to an address that is kept sealed" in shown
            assert REFERRER_ADDRESS not in shown

    async def test_says_what_the_area_does_not_tell(self, site: Site) -> None:
        await handle(site.runtime, referrer_message(ProgressStage.SUPPORT_BEING_CONSIDERED), subject=uuid4())
        await site.sign_in(DESK)
        [each] = await messages(site)
        assert "this is not told" in words((await site.get(each)).text)

    async def test_shows_the_duty_officer_and_a_service_without_its_secret_link(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, duty_page(), subject=subject)
        await handle(site.runtime, signpost("victim-support"), subject=subject)
        await site.sign_in(ENGINEER)
        one, other = [(await site.get(each)).text for each in await messages(site)]  # of one moment, in any order
        duty, shown = (one, other) if "kept nowhere" in other else (other, one)
        officers = site.runtime.areas.current(AREA, clock.today()).duty_officers
        assert [each for each in officers if each.page in words(duty)]
        assert "/signpost-links/" not in shown
        assert "the link, which is kept nowhere" in shown


class TestAsking:
    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [("", "Enter a reference"), ("KM-0000-0000", "Nothing has been told of a referral with this reference")],
    )
    async def test_says_what_is_wrong_beside_the_field(self, site: Site, typed: str, sentence: str) -> None:
        await site.sign_in(DESK)
        answer = await site.get(f"/previews?reference={typed}")
        assert answer.status_code == 422
        assert answer.text.count(sentence) == 2
        assert f'value="{typed}"' in answer.text or not typed

    async def test_takes_a_reference_as_people_write_it(self, site: Site) -> None:
        await handle(site.runtime, concern(), subject=uuid4())
        await site.sign_in(DESK)
        assert (await site.get(f"/previews?reference={REFERENCE.lower().replace('-', ' ')}")).status_code == 200

    async def test_is_not_for_a_front_door(self, site: Site) -> None:
        await handle(site.runtime, concern(), subject=uuid4())
        await site.sign_in(KENT_WORKER)
        assert (await site.get(CASE)).status_code == 403
        assert not [each for each in CANARIES if each in (await site.get(CASE)).text]


class TestForm:
    @pytest.mark.parametrize(
        ("door", "words_shown"),
        [
            (
                "kent-cru",
                "kent-council.example is listed as secure by the area’s file, version 2026-01. Where the mail server",
            ),
            ("medway-front-door", "medway-council.example is not listed as secure by the area’s file, version 2026-01"),
        ],
    )
    async def test_says_whether_it_would_go_and_shows_nothing_of_it(
        self, site: Site, door: str, words_shown: str
    ) -> None:
        await handle(site.runtime, concern(front_door=door, **PERSON), subject=uuid4())
        await site.sign_in(DESK)
        shown = words((await site.get((await messages(site))[0])).text)
        assert words_shown in shown
        assert "canary" not in shown.casefold()
