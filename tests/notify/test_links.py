"""A link that somebody asked for: mailed once, to them only, and written down nowhere."""

import quopri
from datetime import date
from uuid import uuid4

import pytest

from chassis.app import Runtime
from contracts.intake.referrer import LinkDue, LinkPurpose
from services.notify import jobs, operations
from services.notify.clients import MOST_IN_AN_HOUR, Restraint
from tests.notify.conftest import MailServer, content_of
from tests.notify.looking import rows, states
from tests.notify.made import NOW, REFERENCE, REFERRER_ADDRESS, handle

LINK = "https://referrals.example.org/saved/Canary-Key-7731"


def due(purpose: LinkPurpose, language: str = "en") -> LinkDue:
    """Return the request to mail a link."""
    return LinkDue(
        due_at=NOW,
        purpose=purpose,
        email=REFERRER_ADDRESS,
        link=LINK,
        works_until=date(2026, 12, 19),
        reference=REFERENCE if purpose == LinkPurpose.PROGRESS else "",
        language=language,
    )


@pytest.mark.parametrize("purpose", list(LinkPurpose))
@pytest.mark.parametrize(
    ("language", "words", "day"),
    [("en", "Open this link", "19 December 2026"), ("cy", "Agorwch y ddolen hon", "19 Rhagfyr 2026")],
)
async def test_is_mailed_to_whoever_asked(
    notify: Runtime, mail_server: MailServer, purpose: LinkPurpose, language: str, words: str, day: str
) -> None:
    await handle(notify, due(purpose, language), subject=uuid4())
    await jobs.send_due(notify, NOW)
    assert await states(notify) == ["sent"]
    [mail] = mail_server.taken
    text = quopri.decodestring(content_of(mail)).decode()
    assert words in text
    assert LINK in text
    assert day in text


async def test_is_written_down_nowhere(notify: Runtime, mail_server: MailServer) -> None:
    await handle(notify, due(LinkPurpose.SAVED_FORM), subject=uuid4())
    [before] = await rows(notify, "SELECT to_jsonb(notice)::text AS row, link_sealed FROM notice")
    assert before.link_sealed
    await jobs.send_due(notify, NOW)
    [after] = await rows(notify, "SELECT to_jsonb(notice)::text AS row, link_sealed, body FROM notice")
    assert after.link_sealed is None
    assert operations.LINK_IN_THE_MAIL in after.body
    for row in (before, after):
        assert "Canary-Key" not in row.row
        assert REFERRER_ADDRESS not in row.row


class TestRestraint:
    async def test_fills_nobodys_mailbox_with_links_however_many_browsers_ask(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        most = MOST_IN_AN_HOUR["link"]
        for number in range(most + 3):
            event = due(LinkPurpose.SAVED_FORM)
            plus = event.email.replace("@", f"+{number}@").upper()
            await handle(notify, event.model_copy(update={"email": plus}), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == most
        assert sorted(await states(notify)) == ["sent"] * most + ["suppressed"] * 3
        left = await rows(notify, "SELECT 1 FROM notice WHERE link_sealed IS NOT NULL")
        assert left == []

    def test_counts_an_address_for_an_hour_and_a_notice_once(self) -> None:
        now = 0.0
        restraint, retried = Restraint(lambda: now), uuid4()
        for _ in range(MOST_IN_AN_HOUR["receipt"] + 5):
            assert restraint.allows("receipt", "a@school.example", retried)
        others = [restraint.allows("receipt", "A@school.example", uuid4()) for _ in range(MOST_IN_AN_HOUR["receipt"])]
        assert others == [True] * (len(others) - 1) + [False]
        assert restraint.allows("link", "a@school.example", uuid4())
        assert restraint.allows("receipt", "b@school.example", uuid4())
        now = 3601.0
        assert restraint.allows("receipt", "a@school.example", uuid4())
