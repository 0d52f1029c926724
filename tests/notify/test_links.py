"""A link that somebody asked for: mailed once, to them only, and written down nowhere."""

import quopri
from datetime import date
from uuid import uuid4

import pytest

from chassis.app import Runtime
from contracts.intake.referrer import LinkDue, LinkPurpose
from services.notify import jobs
from services.notify.clients import SmtpClient, SmtpServer
from tests.notify.conftest import MailServer, NotifyOf, content_of
from tests.notify.made import NOW, REFERENCE, REFERRER_ADDRESS, handle
from tests.notify.test_jobs import rows, states

LINK = "https://referrals.example.org/saved/Canary-Key-7731"


@pytest.fixture
async def notify(notify_of: NotifyOf, mail_server: MailServer) -> Runtime:
    """Notify with the real mail client."""
    return await notify_of(SmtpClient(SmtpServer("127.0.0.1", mail_server.port, "never", patience=1.0)))


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
@pytest.mark.parametrize(("language", "words"), [("en", "Open this link"), ("cy", "Agorwch y ddolen hon")])
async def test_is_mailed_to_whoever_asked(
    notify: Runtime, mail_server: MailServer, purpose: LinkPurpose, language: str, words: str
) -> None:
    await handle(notify, due(purpose, language), subject=uuid4())
    await jobs.send_due(notify, NOW)
    assert await states(notify) == ["sent"]
    [mail] = mail_server.taken
    text = quopri.decodestring(content_of(mail)).decode()
    assert words in text
    assert LINK in text
    assert "19" in text


async def test_is_written_down_nowhere(notify: Runtime, mail_server: MailServer) -> None:
    await handle(notify, due(LinkPurpose.SAVED_FORM), subject=uuid4())
    [before] = await rows(notify, "SELECT to_jsonb(notice)::text AS row, link_sealed FROM notice")
    assert before.link_sealed
    await jobs.send_due(notify, NOW)
    [after] = await rows(notify, "SELECT to_jsonb(notice)::text AS row, link_sealed, body FROM notice")
    assert after.link_sealed is None
    assert jobs.LINK_IN_THE_MAIL in after.body
    for row in (before, after):
        assert "Canary-Key" not in row.row
        assert REFERRER_ADDRESS not in row.row
