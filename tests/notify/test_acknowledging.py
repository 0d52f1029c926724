"""A front door says by the link of a mail, without an account, that it has a concern: once, in time, nothing shown."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from chassis import clock
from chassis.actor import Actor
from contracts.notify.channel import SocialCareReported
from contracts.notify.police import ConcernReported
from contracts.vocabulary import Outcome
from services.notify import models
from services.notify.domain import LinkTo, link_token
from services.notify.operations import acknowledge_notice
from services.notify.settings import link_key
from tests.conftest import eventually
from tests.notify.conftest import Site
from tests.notify.desk_made import kept, noticed
from tests.notify.made import CANARIES, KENT_WORKER, MEDWAY_WORKER, concern, duty_page, handle, pack_answered, signpost
from tests.notify.test_guests import told as announced
from tests.notify.test_pages import audited, reported


def link(site: Site, notice_id: UUID, to: LinkTo = LinkTo.CONCERN) -> str:
    return f"/concern-links/{link_token(link_key(site.runtime.secrets), to, notice_id)}"


async def told(site: Site, subject: UUID, **given: Any) -> str:
    """Let a concern be told of now; return the path of its link."""
    made = concern(received_at=clock.now(), **given)
    return link(site, await noticed(site.runtime, made, subject=subject, created_at=clock.now()))


class TestLink:
    async def test_shows_nothing_of_the_person_and_opening_changes_nothing(self, site: Site) -> None:
        subject = uuid4()
        path = await told(site, subject, immediate_danger=True)
        page = (await site.get(path)).text
        assert "Kent Central Referral Unit" in page
        assert "Immediate danger" in page
        assert not [canary for canary in CANARIES if canary in page]
        assert str(subject) not in page
        assert {state for _, state in await reported(site)} <= {"delivered"}

    async def test_acknowledges_once_and_is_told_to_the_ledger(self, site: Site) -> None:
        subject = uuid4()
        path = await told(site, subject)
        answer = await site.post(path, path, by="Bea Byphone (synthetic)", report="On our way.")
        assert answer.status_code == 303
        assert "this link is used up" in (await site.get(path)).text
        assert "acknowledged" in {state for _, state in await reported(site)}
        assert "concern.acknowledge" in {action for _, action in await audited(site, subject)}
        site.client.cookies.clear()
        await site.sign_in(KENT_WORKER)
        page = (await site.get(f"/concerns/{subject}")).text
        assert "Bea Byphone (synthetic), Kent Central Referral Unit" in page
        assert "On our way." in page

    async def test_stays_used_up_when_there_is_more_to_acknowledge(self, site: Site) -> None:
        subject = uuid4()
        path = await told(site, subject)
        await site.post(path, path, by="Bea Byphone (synthetic)")
        await handle(site.runtime, concern(2), subject=subject)
        assert "this link is used up" in (await site.get(path)).text

    async def test_needs_a_name_and_keeps_what_was_typed(self, site: Site) -> None:
        path = await told(site, uuid4())
        answer = await site.post(path, path, report="On our way.")
        assert answer.status_code == 422
        assert "Enter your name" in answer.text
        assert "On our way." in answer.text

    async def test_is_over_after_a_week(self, site: Site) -> None:
        notice_id = await noticed(site.runtime, created_at=clock.now() - timedelta(days=7))
        answer = await site.get(link(site, notice_id))
        assert answer.status_code == 404
        assert "works for 7 days" in answer.text

    async def test_says_when_the_concern_is_with_another_front_door(self, site: Site) -> None:
        subject = uuid4()
        path = await told(site, subject)
        await handle(site.runtime, concern(2, front_door="medway-front-door"), subject=subject)
        assert "with another front door" in (await site.get(path)).text

    @pytest.mark.parametrize("to", [LinkTo.SIGNPOST, LinkTo.TRANSFER, LinkTo.ASK])
    async def test_no_other_token_opens_it(self, site: Site, to: LinkTo) -> None:
        notice_id = await noticed(site.runtime)
        assert (await site.get(link(site, notice_id, to))).status_code == 404

    async def test_no_notice_of_another_kind_can_be_acknowledged_by_it(self, site: Site) -> None:
        notice_id = await noticed(site.runtime, duty_page())
        assert (await site.get(link(site, notice_id))).status_code == 404

    async def test_stands_in_the_mail_and_nowhere_else(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(received_at=clock.now()), subject=subject)
        mail = await mailed(site)
        found = re.search(r"http://notify.test(/concern-links/\S+)", mail)
        assert found is not None
        assert (await site.get(found[1])).status_code == 200
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            bodies = [row.body or "" for row in await session.rows(models.notice.select())]
        assert bodies
        assert not [body for body in bodies if found[1] in body]


async def mailed(site: Site) -> str:
    """Return the one mail that was sent, once it has come and was recorded."""
    folder = site.runtime.settings.mail_directory

    async def sent() -> bool:
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            return [row.state for row in await session.rows(models.notice.select())] == ["sent"]

    await eventually(sent)
    assert folder is not None
    return next(folder.glob("*.eml")).read_text("utf-8")


class TestWebhookAnswer:
    async def acknowledge(self, site: Site, notice_id: UUID) -> bool:
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            return await acknowledge_notice(session, notice_id, "Duty desk (synthetic)", now=clock.now())

    async def test_acknowledges_a_concern_and_a_signpost_once(self, site: Site) -> None:
        for event in (concern(received_at=clock.now()), signpost(made_at=clock.now())):
            notice_id = await noticed(site.runtime, event)
            assert await self.acknowledge(site, notice_id)
            assert not await self.acknowledge(site, notice_id)
            assert (await kept(site.runtime, notice_id)).state == "acknowledged"

    async def test_nothing_else_is_acknowledged_by_a_machine(self, site: Site) -> None:
        notice_id = await noticed(site.runtime, duty_page())
        assert not await self.acknowledge(site, notice_id)

    async def test_an_answer_of_the_front_door_that_had_it_before_counts_no_more(self, site: Site) -> None:
        subject = uuid4()
        notice_id = await noticed(site.runtime, concern(received_at=clock.now()), subject=subject)
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            await session.execute(update(models.concern).values(front_door="medway-front-door"))
        assert not await self.acknowledge(site, notice_id)


class TestReport:
    async def test_tells_the_police_what_social_care_did_and_again_when_there_is_more(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(received_at=clock.now()), subject=subject)
        await site.sign_in(KENT_WORKER)
        path = f"/concerns/{subject}"
        await site.post(path, f"{path}/acknowledge", report="We have it.")
        for done, words in (("assessed", "Strategy meeting held."), ("referred-on", "Passed to the youth service.")):
            assert (await site.post(path, f"{path}/report", done=done, told=words)).status_code == 303
        page = (await site.get(path)).text
        assert "Reported: assessed" in page
        assert "Passed to the youth service." in page
        said = await announced(site, ConcernReported)
        assert [(one.done, one.report) for one in said] == [
            ("assessed", "Strategy meeting held."),
            ("referred-on", "Passed to the youth service."),
        ]
        assert said[0].reported_by == "Frances Frontdoor (synthetic), Kent County Council"

    @pytest.mark.parametrize(("outcome", "heard"), [(Outcome.PACK_ACCEPTED, 1), (Outcome.PACK_RETURNED, 0), (None, 0)])
    async def test_tells_channel_where_it_has_accepted_the_case(
        self, site: Site, outcome: Outcome | None, heard: int
    ) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(received_at=clock.now()), subject=subject)
        if outcome is not None:
            await handle(site.runtime, pack_answered(outcome), subject=subject)
        await site.sign_in(KENT_WORKER)
        path = f"/concerns/{subject}"
        await site.post(path, f"{path}/acknowledge", report="We have it.")
        assert ("so does the Prevent and Channel team" in (await site.get(path)).text) == bool(heard)
        await site.post(path, f"{path}/report", done="assessed", told="Strategy meeting held.")
        assert [one.report for one in await announced(site, SocialCareReported)] == ["Strategy meeting held."] * heard
        assert len(await announced(site, ConcernReported)) == 1

    async def test_says_what_is_missing_and_keeps_what_was_typed(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(received_at=clock.now()), subject=subject)
        await site.sign_in(KENT_WORKER)
        path = f"/concerns/{subject}"
        await site.post(path, f"{path}/acknowledge", report="We have it.")
        answer = await site.post(path, f"{path}/report", told="Strategy meeting held.")
        assert answer.status_code == 422
        assert "Select what you did" in answer.text
        assert "Strategy meeting held." in answer.text

    async def test_comes_after_the_acknowledgement_and_from_the_own_front_door(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(received_at=clock.now()), subject=subject)
        path = f"/concerns/{subject}"
        await site.sign_in(KENT_WORKER)
        early = await site.post(path, f"{path}/report", done="assessed", told="Words.")
        assert early.status_code == 409
        await site.sign_in(MEDWAY_WORKER)
        other = await site.post("/inbox", f"{path}/report", done="assessed", told="Words.")
        assert other.status_code in {403, 404}
