"""Whoever accepts an invitation by a link can save the meeting into their calendar; nobody else is told of it."""

from email.message import Message
from uuid import UUID

import pytest
from icalendar import Calendar, Event

from chassis import clock
from chassis.app import Runtime
from contracts.vocabulary import AskKind
from services.notify import jobs
from tests.notify.asks_made import CANARY, WHO, asked, ended, mailed, opened, send
from tests.notify.conftest import MailServer, Site
from tests.notify.looking import rows
from tests.notify.made import DESK, NOW, REFERENCE, handle
from tests.notify.test_asks_mail import DUE, PRIVATE, taken_in


async def test_after_accepting_the_meeting_can_be_saved_and_names_nobody(site: Site) -> None:
    path, made, _ = await asked(site, AskKind.INVITATION)
    assert (await site.get(f"{path}/calendar")).status_code == 404
    await opened(site, path)
    done = await send(site, path, "answer", **WHO, answer="accept")
    assert f'href="{path}/calendar"' in done.text
    answer = await site.get(f"{path}/calendar")
    assert answer.headers["content-type"].startswith("text/calendar")
    (entry,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert entry.decoded("DTSTART") == made.due_at.replace(microsecond=0)
    assert str(entry["SUMMARY"]) == "Channel panel"
    for words in (CANARY, made.reference, made.name, made.title):
        assert words not in answer.text


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (AskKind.INVITATION, {"answer": "refuse", "report": "Away."}),
        (AskKind.TRANSFER, {"answer": "accept", "taker": "x"}),
    ],
)
async def test_nothing_else_has_a_calendar_file(site: Site, kind: AskKind, fields: dict[str, str]) -> None:
    path, _, _ = await asked(site, kind)
    await opened(site, path)
    done = await send(site, path, "answer", **WHO, **fields)
    assert "Calendar file" not in done.text
    assert (await site.get(f"{path}/calendar")).status_code == 404


async def test_a_link_that_never_was_leads_nowhere(site: Site) -> None:
    assert (await site.get("/asks/nobody-was-sent-this/calendar")).status_code == 404


def entry_of(mail: Message) -> Event:
    """Return the calendar entry that is attached to a mail, which holds nothing else beside its text."""
    _, text, file = mail.walk()
    assert (mail.get_content_type(), text.get_content_type()) == ("multipart/mixed", "text/plain")
    assert (file.get_content_type(), file.get_param("method")) == ("text/calendar", "PUBLISH")
    assert (file.get_content_disposition(), file.get_filename()) == ("attachment", "channel-panel.ics")
    written = file.get_payload(decode=True)
    assert isinstance(written, bytes)
    assert not [each for each in (*PRIVATE, CANARY, REFERENCE) if each in written.decode()]
    (entry,) = Calendar.from_ical(written).walk("VEVENT")
    assert isinstance(entry, Event)
    return entry


class TestAttached:
    async def test_the_invitation_brings_it_and_a_calling_off_takes_it_back(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        made, subject = await taken_in(notify, AskKind.INVITATION)
        await jobs.send_due(notify, NOW)
        await handle(notify, ended(made), subject=subject)
        await jobs.send_due(notify, NOW)
        asking, ending = mail_server.messages()
        assert b"/asks/" in asking.as_bytes()
        entry, gone = entry_of(asking), entry_of(ending)
        assert (entry.decoded("DTSTART"), gone.decoded("DTSTART")) == (DUE, DUE)
        assert (entry["UID"], entry["STATUS"]) == (gone["UID"], "CONFIRMED")
        assert (gone["STATUS"], entry.decoded("SEQUENCE"), gone.decoded("SEQUENCE")) == ("CANCELLED", 1, 2)

    @pytest.mark.parametrize("kind", sorted(set(AskKind) - {AskKind.INVITATION}))
    async def test_no_other_mail_brings_a_file(self, notify: Runtime, mail_server: MailServer, kind: AskKind) -> None:
        await taken_in(notify, kind)
        await jobs.send_due(notify, NOW)
        await jobs.remind_of_asks(notify, DUE)
        assert not any(each.is_multipart() for each in mail_server.messages())

    async def test_the_page_of_a_mail_names_the_file(self, site: Site) -> None:
        await asked(site, AskKind.INVITATION)
        (made,) = await rows(site.runtime, "SELECT id FROM notice")
        await mailed(site, made.id)
        await site.sign_in(DESK)
        page = await site.get(f"/mail/{made.id}")
        assert "Attached: channel-panel.ics" in page.text
        assert "/asks/" in page.text


class TestCalledOff:
    @pytest.mark.parametrize("cancelled", [True, False])
    async def test_whoever_would_come_is_told_and_their_link_says_so(self, site: Site, cancelled: bool) -> None:
        path, made, subject = await asked(site, AskKind.INVITATION)
        await opened(site, path)
        await send(site, path, "answer", **WHO, answer="accept")
        await handle(site.runtime, ended(made, cancelled=cancelled), subject=subject)
        told = await _ending(site)
        assert len(told) == cancelled
        for each in told:
            assert "nothing is needed from you any more" in await mailed(site, each)
        page = await site.get(path)
        assert "this invitation does not stand any more" in page.text
        assert "Calendar file" not in page.text
        assert (await site.get(f"{path}/calendar")).status_code == 404

    async def test_whoever_does_not_come_is_not_told(self, site: Site) -> None:
        path, made, subject = await asked(site, AskKind.INVITATION)
        await opened(site, path)
        await send(site, path, "answer", **WHO, answer="refuse", report="Away.")
        await handle(site.runtime, ended(made), subject=subject)
        assert await _ending(site) == []


async def _ending(site: Site) -> list[UUID]:
    await jobs.send_due(site.runtime, clock.now())
    return [row.id for row in await rows(site.runtime, "SELECT id FROM notice WHERE kind = 'ask-ended'")]
