"""No personal data in what leaves: every kind of message, every way, and everything that is kept of a sending."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message

import pytest

from chassis.app import Runtime
from services.notify.domain import Kind
from services.notify.readers import MailTemplate, mail_templates
from tests.notify.conftest import MailServer, content_of
from tests.notify.looking import rows
from tests.notify.told_made import CANARY, OTHER_FORMS, REFERRER, SECRET_LINK, TYPED, everything, told, without_canary

SENT_TO_THEM = (REFERRER, TYPED)
KEPT = ("notice", "attempt", "audit_entry", "obligation", "evidence")
"""The tables that say what was sent, where they are there."""


def personal(text: str) -> list[str]:
    """Return what in a text would tell of a person."""
    found = [text[max(0, at.start() - 20) : at.end() + 20] for at in re.finditer(CANARY, text, re.IGNORECASE)]
    return found + [each for each in OTHER_FORMS if each in text]


def unfolded(mail: Message) -> str:
    """Return a mail as people and programs read it: every header, every part decoded, every name of a file."""
    lines = [f"{name}: {value}" for name, value in mail.items()]
    for part in mail.walk():
        lines.append(str(part.get_filename() or ""))
        body = part.get_payload(decode=True)
        lines.append(body.decode() if isinstance(body, bytes) else "")
    return "\n".join(lines)


def allowed_away(text: str, mail: Message) -> str:
    """Take out what a mail must have: its own recipient, and the link that its reader asked for."""
    kind_of_link = text.count(SECRET_LINK)
    assert kind_of_link <= 1
    away = str(mail["To"])
    assert CANARY not in away or away in SENT_TO_THEM
    return text.replace(f"To: {away}", "To:").replace(SECRET_LINK, "" if away == REFERRER else SECRET_LINK)


Logged = Callable[[], str]


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Logged:
    """Return what reads everything that has been logged or printed until then."""

    def read() -> str:
        printed = capfd.readouterr()
        return printed.out + printed.err + caplog.text

    return read


def test_every_personal_field_of_what_is_told_holds_a_canary() -> None:
    """A field that a contract gains must be given one here, or this suite would not see it leave."""
    assert {type(event).__name__: without_canary(event) for event in told() if without_canary(event)} == {
        "AskMade": ["address"]
    }


def test_a_canary_is_seen_wherever_it_leaves() -> None:
    mail = message_from_bytes(b"To: a@b.example\nSubject: =?utf-8?q?Canary?=\n\nplain 9 September 1999\n")
    assert len(personal(allowed_away(unfolded(mail), mail))) == 2


@pytest.mark.parametrize("template", mail_templates(), ids=[each.name for each in mail_templates()])
def test_no_template_has_room_for_a_person(template: MailTemplate) -> None:
    names = ("forename", "surname", "address", "birth", "postcode", "phone", "school", "concern_text")
    assert not [name for name in names if f"${{{name}" in template.text]


class TestByMail:
    async def test_no_mail_of_any_kind_tells_of_a_person(self, notify: Runtime, mail_server: MailServer) -> None:
        await everything(notify)
        sent = {row.kind for row in await rows(notify, "SELECT DISTINCT kind FROM notice WHERE template <> ''")}
        assert sent == {str(kind) for kind in Kind}, "a kind that is not walked here is not looked at"
        assert len(mail_server.taken) > len(Kind)
        for envelope in mail_server.taken:
            mail = message_from_bytes(content_of(envelope))
            assert personal(allowed_away(unfolded(mail), mail)) == []
            assert CANARY not in str(envelope.mail_from)

    async def test_nothing_that_is_kept_of_a_sending_does(
        self, notify: Runtime, mail_server: MailServer, logged: Logged
    ) -> None:
        await everything(notify)
        there = {row.name for row in await rows(notify, "SELECT relname AS name FROM pg_class WHERE relkind = 'r'")}
        assert {"notice", "attempt", "audit_entry", "evidence"} <= there
        for table in there & set(KEPT):
            for row in await rows(notify, f"SELECT to_jsonb({table})::text AS said FROM {table}"):
                assert personal(row.said) == []
        assert personal(logged()) == []

    async def test_nor_where_every_server_refuses(
        self, notify: Runtime, mail_server: MailServer, logged: Logged
    ) -> None:
        mail_server.refuse_recipients.update({REFERRER: f"550 {REFERRER} is unknown", TYPED: f"550 {TYPED} is unknown"})
        await everything(notify)
        for row in await rows(notify, "SELECT to_jsonb(notice)::text AS said FROM notice"):
            assert personal(row.said) == []
        for row in await rows(notify, "SELECT to_jsonb(attempt)::text AS said FROM attempt"):
            assert personal(row.said) == []
        assert personal(logged()) == []
