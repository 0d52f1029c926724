"""What comes back of a notice: kept once and sealed, and told to those who relied on it."""

import smtplib
from asyncio import to_thread
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import outbox
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.clock import add_working_days
from contracts.notify.channel import AskUndelivered
from contracts.notify.intake import MessageUnreached
from contracts.notify.police import NoticeUnreached
from contracts.vocabulary import ProgressStage, Unreached, WhomToReach
from services.notify import jobs, operations
from services.notify.clients import SmtpClient, SmtpServer
from services.notify.domain import MOST_REPORTS, Evidence, NoticeAbsent, Reach, What, bounce_address
from services.notify.doors import BounceBox, bounces
from services.notify.doors.bounces import NO_MAILBOX, NOTED
from services.notify.operations import StillBeingSent
from services.notify.settings import NotifySettings, bounce_key
from tests.conftest import eventually
from tests.notify import bounces_made as made
from tests.notify.asks_made import ask
from tests.notify.conftest import MailServer, NotifyOf, Site
from tests.notify.looking import claim_next, rows, run, states
from tests.notify.made import (
    CANARIES,
    DESK,
    KENT_WORKER,
    NOW,
    concern,
    duty_page,
    escalation,
    handle,
    referrer_message,
    signpost,
    transfer,
)
from tests.notify.test_jobs import reported


async def sent(notify: Runtime, event: Any, subject: UUID | None = None) -> UUID:
    """Have a notice written and sent; return its id."""
    subject = subject or uuid4()
    await handle(notify, event, subject=subject)
    await jobs.send_due(notify, NOW)
    [row] = await rows(notify, f"SELECT id FROM notice WHERE subject = '{subject}' AND state = 'sent'")
    return UUID(str(row.id))


def address_of(notify: Runtime, notice_id: UUID, attempt: int = 1) -> str:
    """Return the address from which an attempt at a notice goes out."""
    assert isinstance(notify.settings, NotifySettings)
    return bounce_address(notify.settings.bounces_to, bounce_key(notify.secrets), notice_id, attempt)


async def come_back(notify: Runtime, notice_id: UUID, raw: bytes = made.POSTFIX, attempt: int = 1) -> str:
    """Let a mail come back about a notice; return the answer."""
    return await BounceBox(notify).take(raw, [address_of(notify, notice_id, attempt)])


async def kept(notify: Runtime) -> list[tuple[str, str, str | None]]:
    """Return what is kept, in order."""
    found = await rows(notify, "SELECT what, way, status FROM evidence ORDER BY at, what")
    return [(row.what, row.way, row.status) for row in found]


async def announced(notify: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that fills with what notify announces from now on."""
    heard: list[Any] = []
    add = outbox.add

    async def hear(session: Any, event: Any, *, about: Any) -> Any:
        heard.append(event)
        return await add(session, event, about=about)

    monkeypatch.setattr(outbox, "add", hear)
    return heard


class TestBounce:
    async def test_takes_sent_and_delivered_back(self, notify: Runtime) -> None:
        subject = uuid4()
        event_id = await handle(notify, concern(), subject=subject)
        await jobs.send_due(notify, NOW)
        [row] = await rows(notify, "SELECT id FROM notice")
        assert await come_back(notify, row.id) == NOTED
        [how] = await rows(notify, "SELECT state, last_result, last_code FROM notice")
        # The server's 250 was true when it was given, and says nothing of what came back.
        assert (how.state, how.last_result, how.last_code) == ("undeliverable", "bounced", None)
        assert await kept(notify) == [("bounced", "smtp", "5.1.1")]
        assert await reported(notify) == [
            (event_id, "front-door", "delivered"),
            (event_id, "front-door", "undelivered"),
        ]
        [known] = await rows(notify, "SELECT delivered_at FROM concern")
        assert known.delivered_at is None

    async def test_that_comes_twice_is_kept_once(self, notify: Runtime) -> None:
        notice_id = await sent(notify, concern())
        for _ in range(3):
            assert await come_back(notify, notice_id) == NOTED
        assert len(await kept(notify)) == 1
        assert [state for _, _, state in await reported(notify)].count("undelivered") == 1

    async def test_of_a_concern_sent_again_lets_the_ledger_say_delivered(self, notify: Runtime) -> None:
        notice_id = await sent(notify, concern())
        await come_back(notify, notice_id)
        async with notify.database.transaction(DESK) as session:
            await operations.send_again(session, notice_id, "corrected", now=NOW)
        await jobs.send_due(notify, NOW)
        assert [state for _, _, state in await reported(notify)] == ["delivered", "undelivered", "delivered"]

    async def test_changes_nothing_where_somebody_has_opened_or_answered_it(self, notify: Runtime) -> None:
        notice_id = await sent(notify, signpost())
        async with notify.database.transaction(Actor.service("notify")) as session:
            await operations.note_evidence(session, notice_id, Evidence(What.OPENED, "link", NOW), now=NOW)
        await come_back(notify, notice_id)
        assert await states(notify) == ["sent"]
        assert sorted(what for what, _, _ in await kept(notify)) == ["bounced", "opened"]

    async def test_begins_the_second_way_where_there_is_one(self, notify: Runtime) -> None:
        notice_id = await sent(notify, concern())
        await run(notify, "UPDATE notice SET ways = ARRAY['smtp', 'webhook']")
        await come_back(notify, notice_id)
        [row] = await rows(notify, "SELECT state, way, way_attempts FROM notice")
        assert (row.state, row.way, row.way_attempts) == ("due", "webhook", 0)

    async def test_of_a_way_that_is_over_changes_nothing(self, notify: Runtime) -> None:
        notice_id = await sent(notify, concern())
        await run(notify, "UPDATE notice SET ways = ARRAY['smtp', 'webhook'], way = 'webhook'")
        await come_back(notify, notice_id)
        assert await states(notify) == ["sent"]

    @pytest.mark.parametrize(
        ("raw", "what"),
        [
            (made.POSTFIX_DELAYED, "delayed"),
            (made.POSTFIX_DELIVERED, "delivered"),
            (made.SENDMAIL_RELAYED, "relayed"),
            (made.OUT_OF_OFFICE, "auto-reply"),
            (made.A_PERSON_WRITES, "unreadable"),
        ],
    )
    async def test_nothing_else_that_comes_back_takes_it_back(self, notify: Runtime, raw: bytes, what: str) -> None:
        await come_back(notify, await sent(notify, concern()), raw)
        assert await states(notify) == ["sent"]
        assert [each for each, _, _ in await kept(notify)] == [what]

    async def test_before_the_sending_is_recorded_is_to_be_told_again(self, notify: Runtime) -> None:
        await handle(notify, concern(), subject=uuid4())
        claimed = await claim_next(notify)
        answer = await come_back(notify, claimed.id)
        assert answer.startswith("451 ")
        assert await kept(notify) == []
        async with notify.database.transaction(Actor.service("notify")) as session:
            with pytest.raises(StillBeingSent):
                await operations.note_evidence(session, claimed.id, Evidence(What.BOUNCED, "smtp", NOW), now=NOW)

    async def test_holds_no_more_of_one_notice_than_the_most(self, notify: Runtime) -> None:
        notice_id = await sent(notify, concern())
        for number in range(MOST_REPORTS + 3):
            await come_back(notify, notice_id, made.OUT_OF_OFFICE + str(number).encode())
        assert len(await kept(notify)) == MOST_REPORTS

    async def test_is_sealed_and_goes_with_the_person(self, notify: Runtime) -> None:
        subject = uuid4()
        notice_id = await sent(notify, concern(), subject)
        await come_back(notify, notice_id)
        [row] = await rows(notify, "SELECT report_sealed, digest FROM evidence")
        assert b"kent-council" not in row.report_sealed
        assert len(row.digest) == 64
        async with notify.database.transaction(Actor.service("notify")) as session:
            await operations.erase_subject(session, subject)
        assert await kept(notify) == []
        assert await come_back(notify, notice_id) == NOTED
        async with notify.database.transaction(Actor.service("notify")) as session:
            with pytest.raises(NoticeAbsent):
                await operations.note_evidence(session, notice_id, Evidence(What.BOUNCED, "smtp", NOW), now=NOW)


class TestWhoIsTold:
    @pytest.mark.parametrize(
        ("event", "whom"),
        [
            (signpost(), WhomToReach.SERVICE),
            (transfer(), WhomToReach.FORCE),
            (escalation(), WhomToReach.ESCALATION),
        ],
    )
    async def test_the_police_of_what_they_sent(
        self, notify: Runtime, event: Any, whom: WhomToReach, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard = await announced(notify, monkeypatch)
        await come_back(notify, await sent(notify, event))
        [told] = heard
        about = getattr(event, "signpost_id", None) or getattr(event, "transfer_id", None)
        assert told == NoticeUnreached(
            reference=event.reference, whom=whom, about_id=about, why=Unreached.BOUNCED, noted_at=told.noted_at
        )

    @pytest.mark.parametrize(
        ("event", "whom", "stage"),
        [
            (referrer_message(ProgressStage.CLOSED), WhomToReach.REFERRER, ProgressStage.CLOSED),
            (duty_page(), WhomToReach.DUTY_OFFICER, None),
        ],
    )
    async def test_the_intake_desk_of_referrers_and_duty_officers(
        self,
        notify: Runtime,
        event: Any,
        whom: WhomToReach,
        stage: ProgressStage | None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        heard = await announced(notify, monkeypatch)
        await come_back(notify, await sent(notify, event))
        [told] = heard
        assert isinstance(told, MessageUnreached)
        assert (told.reference, told.whom, told.stage, told.why) == (event.reference, whom, stage, Unreached.BOUNCED)

    async def test_channel_of_what_it_asked(self, notify: Runtime) -> None:
        await come_back(notify, await sent(notify, ask(at=NOW)))
        told = await rows(notify, f"SELECT 1 FROM outbox WHERE type = '{AskUndelivered.wire_type}'")
        assert len(told) == 1

    async def test_also_of_what_was_given_up_before_it_went_out(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard = await announced(notify, monkeypatch)
        mail_server.refuse_recipients = {"early-help@kent-council.example": "550 5.1.1 No such mailbox"}
        made_signpost = signpost()
        await handle(notify, made_signpost, subject=uuid4())
        subject = uuid4()
        event_id = await handle(notify, concern(), subject=subject)
        mail_server.refuse_recipients |= {made.TO: "550 5.1.1 No such mailbox"}
        await jobs.send_due(notify, NOW)
        assert (await states(notify)).count("undeliverable") == 2
        assert {(each.why, each.about_id) for each in heard} == {
            (Unreached.GIVEN_UP, made_signpost.signpost_id),
            (Unreached.GIVEN_UP, subject),
        }
        assert len(heard) == 2
        assert await reported(notify) == [(event_id, "front-door", "undelivered")]


class TestDoor:
    async def test_of_a_demonstration_is_its_own_mail_server(self, site: Site) -> None:
        await handle(site.runtime, concern(), subject=uuid4())
        [row] = await rows(site.runtime, "SELECT id FROM notice")
        await _until_sent(site)
        assert isinstance(site.runtime.settings, NotifySettings)
        port = site.runtime.settings.mail_sink_port
        await to_thread(_post, port, address_of(site.runtime, row.id), made.EXCHANGE)
        await site.sign_in(DESK)
        page = (await site.get(f"/notices/{row.id}")).text
        assert "Could not be delivered" in page
        assert "Came back" in page
        assert "There is no such mailbox (5.1.10)" in page
        assert "Ring the recipient; correct the address in the area file" in page
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            await to_thread(_post, port, "bounces+forged@notify.throughline.example", made.EXCHANGE)
        assert refused.value.smtp_code == 550

    async def test_of_real_use_takes_what_was_made_here_and_nothing_else(
        self, notify_of: NotifyOf, mail_server: MailServer, unused_tcp_port: int
    ) -> None:
        given = {"bounce_address": "bounces@ours.example", "bounce_port": unused_tcp_port}
        notify = await notify_of(SmtpClient(SmtpServer("127.0.0.1", mail_server.port, "never")), mode="real")
        notify.settings = notify.settings.model_copy(update=given)
        notice_id = await sent(notify, concern())
        async with bounces(notify):
            for address in ("somebody@ours.example", "bounces@ours.example", f"bounces+{notice_id.hex}@ours.example"):
                with pytest.raises(smtplib.SMTPRecipientsRefused):
                    await to_thread(_post, unused_tcp_port, address, made.POSTFIX)
            await to_thread(_post, unused_tcp_port, address_of(notify, notice_id), made.POSTFIX)
        assert await states(notify) == ["undeliverable"]

    async def test_answers_no_address_where_there_is_no_mailbox(self, notify_of: NotifyOf) -> None:
        notify = await notify_of(mode="real")
        assert await BounceBox(notify).take(made.POSTFIX, ["bounces+x@notify.test"]) == NO_MAILBOX

    async def test_logs_nothing_of_what_came_back(self, notify: Runtime, caplog: pytest.LogCaptureFixture) -> None:
        notice_id = await sent(notify, concern())
        await come_back(notify, notice_id, made.POSTFIX.replace(b"4F2", b"Canaryforename"))
        assert not [word for word in (*CANARIES, "kent-council") if word in caplog.text]


def _post(port: int, address: str, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as line:
        line.sendmail("", [address], raw)


async def _until_sent(site: Site) -> None:
    await jobs.send_due(site.runtime, NOW)

    async def gone() -> bool:
        return await states(site.runtime) == ["sent"]

    await eventually(gone)


class TestPeople:
    async def test_who_open_and_acknowledge_are_kept_once_each(self, notify: Runtime) -> None:
        made_signpost = signpost()
        await sent(notify, made_signpost)
        answer = operations.Answer(Reach(), "", everywhere=True)
        for actor in (Actor.public(), DESK):
            async with notify.database.transaction(actor) as session:
                await operations.open_signpost(session, made_signpost.signpost_id, answer, now=NOW)
        async with notify.database.transaction(DESK) as session:
            await operations.acknowledge_signpost(session, made_signpost.signpost_id, answer, now=NOW)
        assert sorted(await kept(notify)) == [("acknowledged", "page", None), ("opened", "link", None)]

    async def test_of_a_concern_at_a_front_door_too(self, notify: Runtime) -> None:
        subject = uuid4()
        await sent(notify, concern(), subject)
        reach = Reach(doors=frozenset({("kent-and-medway", "kent-cru")}))
        async with notify.database.transaction(KENT_WORKER) as session:
            await operations.open_concern(session, subject, reach, now=NOW)
            await operations.acknowledge_concern(session, subject, operations.Answer(reach, "Booked."), now=NOW)
        assert sorted(await kept(notify)) == [("acknowledged", "page", None), ("opened", "page", None)]


class TestSilence:
    @pytest.mark.parametrize(
        ("event", "whom", "days"), [(signpost(), WhomToReach.SERVICE, 5), (transfer(), WhomToReach.FORCE, 5)]
    )
    async def test_is_told_once_when_the_time_of_the_area_is_over(
        self, notify: Runtime, event: Any, whom: WhomToReach, days: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard = await announced(notify, monkeypatch)
        await sent(notify, event)
        await jobs.note_silence(notify, NOW)
        last = add_working_days(NOW.date(), days)
        for at in (datetime.combine(last, time(12), UTC), datetime.combine(last, time(16), UTC)):
            await jobs.note_silence(notify, at)
            assert heard == []
        for hours in (24, 48):
            await jobs.note_silence(notify, datetime.combine(last, time(16), UTC) + timedelta(hours=hours))
        assert [(each.whom, each.why) for each in heard] == [(whom, Unreached.SILENT)]
        assert [what for what, _, _ in await kept(notify)] == ["silent"]

    async def test_is_none_where_somebody_has_acknowledged(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made_signpost = signpost()
        await sent(notify, made_signpost)
        answer = operations.Answer(Reach(), "", everywhere=True)
        async with notify.database.transaction(DESK) as session:
            await operations.acknowledge_signpost(session, made_signpost.signpost_id, answer, now=NOW)
        heard = await announced(notify, monkeypatch)
        await jobs.note_silence(notify, NOW + timedelta(days=40))
        assert heard == []

    async def test_of_whom_the_area_does_not_name_keeps_no_other_from_being_told_of(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(2):
            await sent(notify, signpost())
        await run(
            notify, "UPDATE notice SET recipient_key = 'gone' WHERE id = (SELECT min(id::text)::uuid FROM notice)"
        )
        heard = await announced(notify, monkeypatch)
        await jobs.note_silence(notify, NOW + timedelta(days=40))
        assert len(heard) == 1
