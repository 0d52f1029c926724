"""Sending, against a real database and a real mail server: nobody is told twice, nobody is forgotten."""

from datetime import UTC, datetime, timedelta
from string import Template
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.database import Session
from chassis.telemetry.start import start_tracing
from contracts.envelope import ReceiptBatch
from contracts.vocabulary import ProgressStage
from services.notify import jobs, operations
from services.notify.clients import Clients, ConsoleSmtpClient, SmtpClient, SmtpServer
from services.notify.domain import ALLOWED_IN_MAIL, MOST_UNRECORDED, Kind, Result
from services.notify.readers import mail_template
from tests.notify.conftest import MailServer, NotifyOf, content_of
from tests.notify.looking import claim_next, make_due_again, rows, states
from tests.notify.made import (
    CANARIES,
    NOW,
    REFERENCE,
    REFERRER_ADDRESS,
    concern,
    duty_page,
    handle,
    pack_answered,
    referrer_message,
    signpost,
    take_in,
)

KENT_ADDRESS = "central-referral-unit@kent-council.example"


async def reported(notify: Runtime) -> list[tuple[UUID, str, str]]:
    batches = [ReceiptBatch.model_validate_json(row.body) for row in await rows(notify, "SELECT body FROM receipt_out")]
    return [(item.event_id, item.team, item.state) for batch in batches for item in batch.items]


class TestSendDue:
    async def test_tells_the_front_door_of_the_area_file(self, notify: Runtime, mail_server: MailServer) -> None:
        event_id = await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        [message] = mail_server.messages()
        assert message["To"] == KENT_ADDRESS
        assert REFERENCE in message["Subject"]
        assert "http://127.0.0.1:8004/concerns/" in message.get_payload()
        assert await states(notify) == ["sent"]
        assert await reported(notify) == [(event_id, "front-door", "delivered")]

    async def test_its_span_says_whom_the_message_was_for_and_no_more(self, notify: Runtime) -> None:
        await handle(notify, concern(), subject=uuid4())
        exporter = InMemorySpanExporter()
        start_tracing("notify", exporter)
        try:
            await jobs.send_due(notify, NOW)
        finally:
            telemetry.shutdown()
        sent = [dict(span.attributes or {}) for span in exporter.get_finished_spans() if span.name == "notify.send"]
        assert [one.pop("throughline.correlation_id", "") != "" for one in sent] == [True]
        assert sent == [{"audience": "front-door"}]

    async def test_medway_has_its_own_front_door(self, notify: Runtime, mail_server: MailServer) -> None:
        await handle(notify, concern(front_door="medway-front-door"), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert mail_server.messages()[0]["To"] == "first-response@medway-council.example"

    async def test_danger_outside_opening_hours_goes_to_the_people_who_are_there(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        await handle(notify, concern(immediate_danger=True), subject=uuid4())
        await jobs.send_due(notify, NOW.replace(hour=23))
        [message] = mail_server.messages()
        assert message["To"] == "out-of-hours@kent-council.example"
        assert message["Subject"].startswith("Urgent: ")

    async def test_a_repeat_of_the_event_sends_nothing_more(self, notify: Runtime, mail_server: MailServer) -> None:
        subject, event_id = uuid4(), uuid4()
        for _ in range(3):
            await handle(notify, concern(), subject=subject, event_id=event_id)
            await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 1

    async def test_a_second_version_soon_after_the_first_sends_one_mail(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        subject = uuid4()
        first = await handle(notify, concern(read=False), subject=subject)
        second = await handle(notify, concern(2), subject=subject)
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 1
        assert await reported(notify) == [(first, "front-door", "delivered"), (second, "front-door", "delivered")]

    async def test_a_first_version_again_takes_nothing_back(self, notify: Runtime, mail_server: MailServer) -> None:
        subject, event_id = uuid4(), uuid4()
        await handle(notify, concern(read=False), subject=subject, event_id=event_id)
        await handle(notify, concern(2), subject=subject)
        await handle(notify, concern(read=False), subject=subject, event_id=event_id)
        [row] = await rows(notify, "SELECT version, read, cardinality(event_ids) AS events FROM concern")
        assert (row.version, row.read, row.events) == (2, True, 2)
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 1

    async def test_a_first_version_is_taken_in_with_the_rest_of_its_batch(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A statement for each of them would cost more than all else that is done with it."""
        subject = uuid4()
        async with notify.database.transaction(Actor.service("notify")) as session:
            await session.lock(subject)
            with monkeypatch.context() as patched:
                for statement in ("execute", "run", "rows", "flush"):
                    patched.delattr(Session, statement)
                await take_in(session, concern(), subject=subject)
        assert await states(notify) == ["due"]

    async def test_leaves_the_server_when_nothing_more_is_due(self, notify: Runtime, mail_server: MailServer) -> None:
        for _ in range(jobs.BATCH + 5):
            await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == jobs.BATCH + 5
        assert mail_server.left == len(mail_server.lines) <= jobs.BATCH

    async def test_a_busy_server_is_tried_again_with_the_same_message_id(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        mail_server.answers = {KENT_ADDRESS: "451 Busy"}
        await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert await states(notify) == ["failed"]
        mail_server.answers = {}
        await jobs.send_due(notify, NOW)
        assert mail_server.taken == []
        await make_due_again(notify)
        await jobs.send_due(notify, NOW)
        [row] = await rows(notify, "SELECT state, attempts, message_id FROM notice")
        assert (row.state, row.attempts) == ("sent", 2)
        assert mail_server.messages()[0]["Message-ID"] == row.message_id

    async def test_a_refusal_stands_where_a_person_sees_it(self, notify: Runtime, mail_server: MailServer) -> None:
        mail_server.refuse_recipients = {KENT_ADDRESS: "550 No such user"}
        event_id = await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        [row] = await rows(notify, "SELECT state, last_code FROM notice")
        assert (row.state, row.last_code) == ("undeliverable", 550)
        assert await reported(notify) == [(event_id, "front-door", "undelivered")]

    async def test_a_server_that_never_answers_is_written_to_a_bounded_number_of_times(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        mail_server.drop_after_text = True
        await handle(notify, concern(), subject=uuid4())
        for _ in range(MOST_UNRECORDED + 3):
            await jobs.send_due(notify, NOW)
            await make_due_again(notify)
        assert len(mail_server.taken) == MOST_UNRECORDED
        assert len({message["Message-ID"] for message in mail_server.messages()}) == 1
        assert await states(notify) == ["undeliverable"]

    async def test_what_may_have_arrived_stays_counted_when_the_server_answers_in_between(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        await handle(notify, concern(), subject=uuid4())
        for _ in range(MOST_UNRECORDED + 3):
            mail_server.drop_after_text, mail_server.refuse_recipients = True, {}
            await jobs.send_due(notify, NOW)
            await make_due_again(notify)
            mail_server.drop_after_text, mail_server.refuse_recipients = False, {KENT_ADDRESS: "450 Not now"}
            await jobs.send_due(notify, NOW)
            await make_due_again(notify)
        assert len(mail_server.taken) == MOST_UNRECORDED
        assert await states(notify) == ["undeliverable"]

    async def test_urgent_notices_go_first(self, notify_of: NotifyOf) -> None:
        console = ConsoleSmtpClient()
        notify = await notify_of(console)
        for _ in range(jobs.BATCH + 2):
            await handle(notify, concern(), subject=uuid4())
        await handle(notify, concern(immediate_danger=True), subject=uuid4())
        async with notify.database.transaction(Actor.service("notify")) as session:
            sender = operations.Sender("notify.test")
            claimed = await operations.claim_due(session, sender, limit=1, machine_now=datetime.now(UTC))
        assert claimed[0].urgent

    async def test_a_late_acceptance_spares_the_repeat(self, notify: Runtime) -> None:
        await handle(notify, concern(), subject=uuid4())
        first = await claim_next(notify)
        await make_due_again(notify)
        second = await claim_next(notify)
        now = datetime.now(UTC)
        accepted = operations.Sent(Result.ACCEPTED, 250)
        deferred = operations.Sent(Result.DEFERRED, 451)
        async with notify.database.transaction(Actor.service("notify")) as session:
            for ended, state in (((first, deferred), None), ((first, accepted), "sent"), ((second, deferred), None)):
                found = await operations.record_attempts(session, [ended], now=NOW, machine_now=now)
                assert found == [state]
        assert await states(notify) == ["sent"]

    async def test_a_recipient_that_the_area_lacks_is_for_a_person(self, notify: Runtime) -> None:
        await handle(notify, signpost("no-such-service"), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert await states(notify) == ["undeliverable"]

    async def test_after_an_outage_everything_goes_out_once(self, notify: Runtime, mail_server: MailServer) -> None:
        notify.clients = Clients(SmtpClient(SmtpServer("127.0.0.1", 1, "never", patience=0.5)))
        for _ in range(12):
            await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert set(await states(notify)) == {"failed"}
        notify.clients = Clients(SmtpClient(SmtpServer("127.0.0.1", mail_server.port, "never", patience=5)))
        await make_due_again(notify)
        await jobs.send_due(notify, NOW + timedelta(hours=4))
        assert len(mail_server.taken) == 12


class TestDutyOfficer:
    @pytest.mark.parametrize(
        ("at", "address"),
        [(NOW, "duty-day@ctpse.example"), (NOW.replace(hour=23), "control-room@kent-police.example")],
        ids=["in hours", "at night"],
    )
    async def test_is_called_wherever_they_are_now(
        self, notify: Runtime, mail_server: MailServer, at: datetime, address: str
    ) -> None:
        await handle(notify, duty_page(), subject=uuid4())
        await jobs.send_due(notify, at)
        [message] = mail_server.messages()
        assert message["To"] == address
        assert message["Subject"] == f"Immediate danger: {REFERENCE}"

    async def test_is_called_once_for_one_event_and_before_anybody_else(self, notify: Runtime) -> None:
        subject = uuid4()
        event_id = await handle(notify, duty_page(), subject=subject)
        await handle(notify, duty_page(), subject=subject, event_id=event_id)
        [row] = await rows(notify, "SELECT urgent, recipient_kind FROM notice")
        assert (row.urgent, row.recipient_kind) == (True, "duty-officer")


class TestReferrerMessages:
    async def test_the_receipt_answers_the_mail_that_the_referral_came_in(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        await handle(notify, referrer_message(in_reply_to="<form@school.example>"), subject=uuid4())
        await jobs.send_due(notify, NOW)
        [message] = mail_server.messages()
        assert message["To"] == REFERRER_ADDRESS
        assert message["In-Reply-To"] == "<form@school.example>"
        assert "We have received your referral" in message.get_payload()

    async def test_says_the_outcome_in_the_words_of_the_area(self, notify: Runtime, mail_server: MailServer) -> None:
        await handle(notify, referrer_message(ProgressStage.CLOSED), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert "needs no further action from you" in mail_server.messages()[0].get_payload()

    async def test_is_silent_where_the_area_does_not_tell(self, notify: Runtime, mail_server: MailServer) -> None:
        await handle(notify, referrer_message(ProgressStage.SUPPORT_BEING_CONSIDERED), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert (mail_server.taken, await states(notify)) == ([], ["suppressed"])

    async def test_speaks_welsh_where_asked(self, notify: Runtime, mail_server: MailServer) -> None:
        await handle(notify, referrer_message(language="cy"), subject=uuid4())
        await jobs.send_due(notify, NOW)
        payload = mail_server.messages()[0].get_payload(decode=True)
        assert isinstance(payload, bytes)
        assert "Rydym wedi derbyn eich atgyfeiriad" in payload.decode()

    async def test_an_address_that_forges_a_header_is_refused_and_kept(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        await handle(notify, referrer_message(email="a@b.example\r\nBcc: c@d.example"), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert (mail_server.taken, await states(notify)) == ([], ["undeliverable"])


class TestNothingPersonal:
    async def test_no_mail_and_no_clear_column_holds_a_canary(self, notify: Runtime, mail_server: MailServer) -> None:
        subject = uuid4()
        for event in (concern(immediate_danger=True), referrer_message(), signpost(), pack_answered()):
            await handle(notify, event, subject=subject)
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 4
        for envelope in mail_server.taken:
            sent = content_of(envelope).decode()
            assert not [canary for canary in CANARIES if canary.lower() in sent.lower()]
        for table in ("notice", "attempt", "concern", "signpost", "acknowledgement", "outbox", "audit_entry"):
            kept = str([tuple(row) for row in await rows(notify, f"SELECT * FROM {table}")]).lower()
            assert not [one for one in (*CANARIES, REFERRER_ADDRESS) if one.lower() in kept]

    @pytest.mark.parametrize("language", ["en", "cy"])
    @pytest.mark.parametrize("kind", list(Kind))
    def test_every_kind_has_a_template_that_asks_for_nothing_personal(self, kind: Kind, language: str) -> None:
        text_of = mail_template(kind, language).text
        assert "${form_line}" in text_of or "personal d" in text_of or "manylion personol" in text_of
        assert set(Template(text_of).get_identifiers()) <= ALLOWED_IN_MAIL

    async def test_erasing_leaves_nothing_to_send(self, notify: Runtime, mail_server: MailServer) -> None:
        subject = uuid4()
        await handle(notify, concern(), subject=subject)
        await handle(notify, referrer_message(), subject=subject)
        async with notify.database.transaction(Actor.service("notify")) as session:
            await operations.erase_subject(session, subject)
        await jobs.send_due(notify, NOW)
        assert mail_server.taken == []
        assert await rows(notify, "SELECT 1 FROM concern WHERE facts_sealed IS NOT NULL") == []
