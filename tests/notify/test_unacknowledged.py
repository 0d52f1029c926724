"""The page of what nobody has acknowledged: the oldest first, with whom, when it was due; a front door sees its own."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from chassis import clock
from chassis.actor import Actor
from contracts.vocabulary import AskKind
from services.notify import models, operations, queries
from services.notify.queries import Waits
from tests.notify.asks_made import ask
from tests.notify.conftest import Site
from tests.notify.desk_made import alter, noticed
from tests.notify.made import DESK, ENGINEER, KENT_WORKER, MEDWAY_WORKER, concern, handle, signpost, transfer


@pytest.fixture(autouse=True)
def _nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every notice stay as a test leaves it."""

    async def nothing(*_: object) -> bool:
        return False

    monkeypatch.setattr("services.notify.jobs.sending._whole_batch", nothing)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))


async def waiting(site: Site) -> None:
    """Let one of each wait, each with a reference of its own, the second concern in immediate danger."""
    now = clock.now()
    await handle(site.runtime, concern(reference="KM-AAAA-0001", received_at=now - timedelta(days=30)), subject=uuid4())
    urgent = concern(reference="KM-AAAA-0002", immediate_danger=True, front_door="medway-front-door", received_at=now)
    await handle(site.runtime, urgent, subject=uuid4())
    sent = signpost(made_at=now - timedelta(days=20)).model_copy(update={"reference": "KM-AAAA-0003"})
    await handle(site.runtime, sent, subject=uuid4())
    offered = transfer(offered_at=now - timedelta(minutes=2)).model_copy(update={"reference": "KM-AAAA-0004"})
    await handle(site.runtime, offered, subject=uuid4())


class TestUnacknowledged:
    async def test_shows_the_desk_everything_danger_first_then_the_oldest(self, site: Site) -> None:
        await waiting(site)
        for person in (DESK, ENGINEER):
            await site.sign_in(person)
            shown = plain((await site.get("/unacknowledged")).text)
            assert re.findall(r"KM-AAAA-\d{4}", shown) == [f"KM-AAAA-000{at}" for at in (2, 1, 3, 4)]
        assert "2 overdue" in shown
        assert "Medway First Response" in shown

    async def test_shows_a_front_door_its_own_alone(self, site: Site) -> None:
        await waiting(site)
        await site.sign_in(MEDWAY_WORKER)
        shown = plain((await site.get("/unacknowledged")).text)
        assert "KM-AAAA-0002" in shown
        assert not [other for other in ("KM-AAAA-0001", "KM-AAAA-0003", "KM-AAAA-0004") if other in shown]

    async def test_filters_by_team(self, site: Site) -> None:
        await waiting(site)
        await site.sign_in(DESK)
        shown = plain((await site.get("/unacknowledged?team=kent-early-help")).text)
        assert "KM-AAAA-0003" in shown
        assert "KM-AAAA-0001" not in shown

    async def test_leaves_out_what_was_acknowledged(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(received_at=clock.now()), subject=subject)
        await site.sign_in(KENT_WORKER)
        path = f"/concerns/{subject}"
        await site.post(path, f"{path}/acknowledge", report="Done (synthetic).")
        assert "Everything has been acknowledged" in (await site.get("/unacknowledged")).text

    async def test_leaves_out_a_pack_that_was_read_and_what_was_erased(self, site: Site) -> None:
        pack, asked, gone = ask(AskKind.PACK), ask(AskKind.INFORMATION), uuid4()
        for event in (pack, asked):
            await handle(site.runtime, event, subject=uuid4())
        await handle(site.runtime, signpost(), subject=gone)
        await handle(site.runtime, transfer(), subject=gone)
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            found = await queries.unacknowledged(session, now=clock.now())
            assert {one.id for one in found if one.what is Waits.ASK} == {pack.ask_id, asked.ask_id}
            await session.execute(update(models.ask).values(seen_at=clock.now()))
            await operations.erase_subject(session, gone)
            found = await queries.unacknowledged(session, now=clock.now())
            assert [one.id for one in found] == [asked.ask_id]

    async def test_says_when_nobody_answers_although_all_were_told(self, site: Site) -> None:
        await handle(site.runtime, concern(received_at=clock.now()), subject=uuid4())
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            await session.execute(update(models.concern).values(escalated=2, escalation_ended_at=clock.now()))
        await site.sign_in(DESK)
        assert "Nobody answers: ring them" in (await site.get("/unacknowledged")).text

    @pytest.mark.parametrize(
        ("state", "result", "words"),
        [
            ("undeliverable", "refused", "Refused by its server"),
            ("undeliverable", "bounced", "Came back from its server"),
            ("undeliverable", "no-address", "Could not be delivered"),
            ("suppressed", None, "Held back"),
            ("failed", "deferred", "Not sent yet"),
            ("due", None, "Not sent yet"),
        ],
    )
    async def test_says_of_what_nobody_can_have_opened_why(
        self, site: Site, state: str, result: str | None, words: str
    ) -> None:
        now = clock.now()
        for event in (concern(received_at=now), signpost(made_at=now), transfer(offered_at=now), ask(AskKind.ACTION)):
            await noticed(site.runtime, event, state=state, last_result=result)
        await site.sign_in(DESK)
        shown = plain((await site.get("/unacknowledged")).text)
        assert shown.count(words) == 4
        assert not re.search("Not opened yet|Not answered yet", shown)

    async def test_says_what_went_out_is_not_opened_and_what_is_late_too(self, site: Site) -> None:
        await noticed(site.runtime, concern(received_at=clock.now()), state="sent")
        await noticed(site.runtime, signpost(made_at=clock.now() - timedelta(days=30)), state="suppressed")
        opened = uuid4()
        await noticed(site.runtime, concern(received_at=clock.now()), subject=opened, state="undeliverable")
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            seen = update(models.concern).where(models.concern.c.subject == opened)
            await session.execute(seen.values(seen_at=clock.now()))
        await site.sign_in(DESK)
        shown = plain((await site.get("/unacknowledged")).text)
        for words in ("Not opened yet", "Held back; overdue", "Opened"):
            assert shown.count(words) == 1, words

    async def test_only_the_newest_notice_to_the_door_that_has_it_counts(self, site: Site) -> None:
        subject, now = uuid4(), clock.now()
        first = await noticed(site.runtime, concern(received_at=now), subject=subject, state="undeliverable")
        await handle(site.runtime, concern(2, received_at=now, front_door="medway-front-door"), subject=subject)
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            told = update(models.notice).where(models.notice.c.id != first)
            await session.execute(told.values(state="sent", created_at=now))
        await alter(site.runtime, first, created_at=now + timedelta(minutes=1))
        await site.sign_in(DESK)
        assert "Not opened yet" in (await site.get("/unacknowledged")).text
