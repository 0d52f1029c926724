"""No personal data in what leaves: every kind of message, every way, and everything that is kept of a sending."""

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import Message as Mail

import pytest

from areas.parts import Way
from chassis.app import Runtime
from contracts.vocabulary import AskKind, ProgressStage
from services.notify.clients import Delivery, GovukNotifyClient, Message, NotifyAccount, Outward, WebhookClient
from services.notify.domain import Kind, Result
from services.notify.readers import MailTemplate, mail_templates
from tests.notify.conftest import MailServer, content_of
from tests.notify.looking import rows
from tests.notify.receiver_made import receiving
from tests.notify.told_made import (
    CANARY,
    OTHER_FORMS,
    REFERRER,
    SECRET_LINK,
    TYPED,
    everything,
    reach_everybody,
    told,
    without_canary,
)

SECRET = "whsec_" + "bWFkZS11cC1zZWNyZXQtZm9yLXRlc3Rz"
SENT_TO_THEM = (REFERRER, TYPED)


def personal(text: str) -> list[str]:
    """Return what in a text would tell of a person."""
    found = [text[max(0, at.start() - 20) : at.end() + 20] for at in re.finditer(CANARY, text, re.IGNORECASE)]
    return found + [each for each in OTHER_FORMS if each in text]


def unfolded(mail: Mail) -> str:
    """Return a mail as people and programs read it: every header, every part decoded, every name of a file."""
    lines = [f"{name}: {value}" for name, value in mail.items()]
    for part in mail.walk():
        lines.append(str(part.get_filename() or ""))
        body = part.get_payload(decode=True)
        lines.append(body.decode() if isinstance(body, bytes) else "")
    return "\n".join(lines)


def allowed_away(text: str, mail: Mail) -> str:
    """Take out what a mail must have: its own recipient, and the link that its reader asked for."""
    kind_of_link = text.count(SECRET_LINK)
    assert kind_of_link <= 1
    away = str(mail["To"])
    assert CANARY not in away or away in SENT_TO_THEM
    return text.replace(f"To: {away}", "To:").replace(SECRET_LINK, "" if away == REFERRER else SECRET_LINK)


class RecordingNotify(GovukNotifyClient):
    """GOV.UK Notify as far as what it would be handed: that is kept here, and goes nowhere."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        super().__init__(NotifyAccount("key", templates={"any": "template"}))
        self.handed: list[bytes] = []

    async def send(self, message: Message) -> Delivery:
        """Keep what the provider would be handed, and say that it took it."""
        self.handed.append(self.written(message))
        return Delivery(Result.ACCEPTED, 201, provider_id=str(message.id))


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
        await nothing_is_kept(notify)
        assert personal(logged()) == []

    async def test_nor_where_every_server_refuses(
        self, notify: Runtime, mail_server: MailServer, logged: Logged
    ) -> None:
        mail_server.refuse_recipients.update({REFERRER: f"550 {REFERRER} is unknown", TYPED: f"550 {TYPED} is unknown"})
        await everything(notify)
        await nothing_is_kept(notify)
        assert personal(logged()) == []


class TestByOtherWays:
    async def test_no_webhook_tells_of_a_person(self, notify: Runtime, mail_server: MailServer, logged: Logged) -> None:
        async with receiving() as receiver:
            reach_everybody(notify, Way.WEBHOOK, receiver.url)
            outward = Outward(lambda _: (SECRET,), (ipaddress.ip_network("127.0.0.0/8"),), 5.0)
            notify.clients = replace(notify.clients, webhooks=WebhookClient(outward))
            await everything(notify)
        assert len(receiver.posted) > len(AskKind)
        for each in receiver.posted:
            assert personal(f"{each.line} {each.headers} {each.body.decode()}") == []
        await nothing_is_kept(notify)
        assert personal(logged()) == []

    async def test_no_personalisation_of_govuk_notify_tells_of_a_person(
        self, notify: Runtime, mail_server: MailServer, logged: Logged
    ) -> None:
        """What it is handed: the recipient's address, and the words of the mail that we would have sent."""
        client = RecordingNotify()
        notify.clients = replace(notify.clients, govuk_notify=client)
        reach_everybody(notify, Way.GOVUK_NOTIFY)
        await everything(notify)
        assert len(client.handed) > len(ProgressStage) + len(AskKind)
        for handed in client.handed:
            told = json.loads(handed)
            assert told["email_address"] in SENT_TO_THEM or personal(told["email_address"]) == []
            assert personal(json.dumps(told["personalisation"]).replace(SECRET_LINK, "")) == []
        await nothing_is_kept(notify)
        assert personal(logged()) == []


async def nothing_is_kept(notify: Runtime) -> None:
    """Look for a person in every row that says what was sent."""
    for table in ("notice", "attempt", "audit_entry", "evidence"):
        for row in await rows(notify, f"SELECT to_jsonb({table})::text AS said FROM {table}"):
            assert personal(row.said) == []
