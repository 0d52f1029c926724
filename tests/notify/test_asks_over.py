"""A link that shows nothing any more, or not yet, says so with the reference; a pack refuses and records."""

from datetime import timedelta
from uuid import uuid4

import pytest

from chassis import clock
from chassis.actor import Actor
from chassis.errors import Missing
from contracts.notify.channel import AskAnswered, AskSeen
from contracts.vocabulary import AskKind
from services.notify import operations
from services.notify.domain import AskClosed
from services.notify.web.guests import visitor
from tests.notify.asks_made import CANARY, WHO, ask, asked, ended, later, opened, send
from tests.notify.conftest import Site
from tests.notify.looking import rows
from tests.notify.made import REFERENCE, handle
from tests.notify.test_guests import told


async def test_over_says_so_and_whom_to_ring(site: Site) -> None:
    path, made, _ = await asked(site)
    await opened(site, path)
    await later(site, made, timedelta(days=31))
    answer = await site.get(path)
    assert (answer.status_code, CANARY in answer.text) == (404, False)
    for words in ("The time of this link is over", REFERENCE, "Ring the Channel team of Kent and Medway"):
        assert words in answer.text
    assert all(not each.refused for each in await told(site, AskSeen))


async def test_open_until_it_is_over_though_it_was_due(site: Site) -> None:
    path, made, _ = await asked(site, AskKind.ACTION)
    await later(site, made, timedelta(days=11))
    assert CANARY in (await opened(site, path)).text


async def test_not_open_yet_says_from_when(site: Site) -> None:
    made_at = clock.now()
    path, made, subject = await asked(site, AskKind.PACK, at=made_at, opens_at=made_at + timedelta(days=3))
    answer = await site.get(path)
    assert "This is not open yet" in answer.text
    assert "That somebody tried to read it has been recorded." in answer.text
    assert (await site.get(path)).status_code == 404
    assert [(each.refused, each.ask_id) for each in await told(site, AskSeen)] == [(True, made.ask_id)] * 2
    audited = await rows(site.runtime, "SELECT subject FROM audit_entry WHERE action = 'ask.refuse'")
    assert [row.subject for row in audited] == [subject] * 2
    await later(site, made, timedelta(days=3))
    assert CANARY in (await opened(site, path)).text


@pytest.mark.parametrize("cancelled", [True, False])
async def test_ended_says_that_nothing_is_needed(site: Site, cancelled: bool) -> None:
    path, made, subject = await asked(site)
    await opened(site, path)
    for _ in range(2):
        await handle(site.runtime, ended(made, cancelled=cancelled), subject=subject)
    answer = await site.get(path)
    assert (answer.status_code, CANARY in answer.text) == (404, False)
    assert "Nothing is needed from you any more" in answer.text
    assert REFERENCE in answer.text


async def test_answered_before_it_was_ended_stays_answered(site: Site) -> None:
    path, made, subject = await asked(site, AskKind.ACTION)
    await opened(site, path)
    await send(site, path, "answer", report="Visited.", **WHO)
    await handle(site.runtime, ended(made), subject=subject)
    assert "This has been answered" in (await site.get(path)).text
    assert len(await told(site, AskAnswered)) == 1


async def test_ended_before_it_was_asked_is_not_there(site: Site) -> None:
    with pytest.raises(Missing):
        await handle(site.runtime, ended(ask()), subject=uuid4())


async def test_asked_again_after_its_end_is_open_again(site: Site) -> None:
    path, made, subject = await asked(site)
    await handle(site.runtime, ended(made), subject=subject)
    again = made.model_copy(update={"made_at": made.made_at + timedelta(minutes=1)})
    await handle(site.runtime, again, subject=subject)
    assert CANARY in (await opened(site, path)).text


async def test_ended_in_the_very_moment_of_a_look_is_not_read(site: Site) -> None:
    _, made, subject = await asked(site)
    await handle(site.runtime, ended(made), subject=subject)
    with pytest.raises(AskClosed):
        async with site.runtime.database.transaction(Actor.public()) as session:
            await operations.look_at_ask(session, made.ask_id, now=clock.now())
    assert await rows(site.runtime, "SELECT 1 FROM ask_look") == []


async def test_nothing_but_a_pack_is_recorded_before_its_time(site: Site) -> None:
    path, _, _ = await asked(site, opens_at=clock.now() + timedelta(days=3))
    answer = await site.get(path)
    assert ("This is not open yet" in answer.text, "recorded" in answer.text) == (True, False)
    assert await told(site, AskSeen) == []


async def test_whoever_looks_at_many_that_are_over_waits_and_what_they_wrote_is_given_back(site: Site) -> None:
    path, made, subject = await asked(site)
    other, _, _ = await asked(site)
    await handle(site.runtime, ended(made), subject=subject)
    _no_more_from_here(site)
    answer = await site.post(other, path, step="answer", report="A long answer.", **WHO)
    assert answer.status_code == 429
    assert "A long answer." in answer.text
    assert "Nothing is needed from you any more" in answer.text


async def test_whoever_has_answered_may_look_again_whatever_others_send(site: Site) -> None:
    path, _, _ = await asked(site, AskKind.ACTION)
    await opened(site, path)
    await send(site, path, "answer", report="Visited.", **WHO)
    _no_more_from_here(site)
    answer = await site.get(path)
    assert (answer.status_code, "This has been answered" in answer.text) == (200, True)


def _no_more_from_here(site: Site) -> None:
    """Let so much come from the address of this browser that it has to wait."""
    restraint = site.runtime.clients.restraint
    while restraint.allows("visit", visitor("127.0.0.1"), uuid4()):
        pass


class TestPack:
    async def test_after_its_time_every_try_is_refused_and_recorded(self, site: Site) -> None:
        path, made, subject = await asked(site, AskKind.PACK)
        await opened(site, path)
        other, _, _ = await asked(site)
        await later(site, made, timedelta(days=31))
        answer = await site.get(path)
        assert (answer.status_code, CANARY in answer.text) == (404, False)
        assert "that somebody tried has been recorded" in answer.text
        await site.post(other, path, step="code")
        await site.post(other, path, step="enter", code="123456")
        seen = [each.refused for each in await told(site, AskSeen)]
        assert (seen.count(False), seen.count(True)) == (1, 3)
        assert len(await rows(site.runtime, "SELECT 1 FROM ask_look WHERE refused")) == 3
        audited = await rows(site.runtime, "SELECT action, subject FROM audit_entry WHERE action = 'ask.refuse'")
        assert [row.subject for row in audited] == [subject] * 3

    async def test_that_was_ended_refuses_and_records_too(self, site: Site) -> None:
        path, made, subject = await asked(site, AskKind.PACK)
        await handle(site.runtime, ended(made), subject=subject)
        assert CANARY not in (await site.get(path)).text
        assert [each.refused for each in await told(site, AskSeen)] == [True]

    async def test_fills_no_record_with_tries_from_one_address(self, site: Site) -> None:
        path, made, _ = await asked(site, AskKind.PACK)
        await later(site, made, timedelta(days=31))
        _no_more_from_here(site)
        answer = await site.get(path)
        assert (answer.status_code, "recorded" in answer.text) == (429, False)
        assert await rows(site.runtime, "SELECT 1 FROM ask_look") == []
        assert await told(site, AskSeen) == []
