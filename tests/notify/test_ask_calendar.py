"""Whoever accepts an invitation by a link can save the meeting into their calendar; nobody else is told of it."""

import pytest
from icalendar import Calendar

from contracts.vocabulary import AskKind
from tests.notify.asks_made import CANARY, WHO, asked, opened, send
from tests.notify.conftest import Site


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
