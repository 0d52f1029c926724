"""The mails of what Channel asks: to whom they go, what they say, what becomes of them, and the reminders."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import clock
from chassis.actor import Actor
from chassis.app import Runtime
from contracts.channel.notices import AskMade
from contracts.notify.channel import AskUndelivered
from contracts.vocabulary import AskKind
from services.notify import jobs, operations
from services.notify.domain import LinkTo, link_token
from services.notify.settings import due_on, link_key, reminders
from tests.notify.asks_made import WHO, ask, asked, ended, moved, opened, send
from tests.notify.conftest import MailServer, Site, content_of
from tests.notify.looking import make_due_again, rows, run, states
from tests.notify.made import CANARIES, DESK, NOW, REFERENCE, handle
from tests.notify.test_guests import told

PRIVATE = (*CANARIES, "Sample Recipient", "Cora", "attendance", "A title of the case")
DUE = datetime(2026, 12, 3, 17, tzinfo=UTC)
"""A Thursday."""


def words_of(server: MailServer) -> list[str]:
    """Return the mails taken, as people read them."""
    return [content_of(each).decode().replace("=\r\n", "").replace("=3D", "=") for each in server.taken]


async def taken_in(notify: Runtime, kind: AskKind = AskKind.INFORMATION, **given: object) -> tuple[AskMade, UUID]:
    """Ask somebody at NOW, due on DUE."""
    made, subject = ask(kind, at=NOW, due_at=DUE, **given), uuid4()
    await handle(notify, made, subject=subject)
    return made, subject


@pytest.mark.parametrize(
    ("kind", "recipient", "address"),
    [
        (AskKind.INFORMATION, "school", "information@education-kent.example"),
        (AskKind.INFORMATION, "adult-services", "information-adults@kent-council.example"),
        (AskKind.SIGNPOST, "adult-social-care", "adult-social-care@kent-council.example"),
        (AskKind.SESSION, "provider-one", "provider-one@interventions.example"),
        (AskKind.INVITATION, "police-ctpse", "panel@ctpse.example"),
        (AskKind.PACK, "police-ctpse", "panel@ctpse.example"),
        (AskKind.ACTION, "police-ctpse", "panel@ctpse.example"),
        (AskKind.ACTION, "school", "information@education-kent.example"),
        (AskKind.CONSENT_CHANGE, "provider-one", "provider-one@interventions.example"),
        (AskKind.TRANSFER, "southvale", "channel-panel@southvale-council.example"),
    ],
)
async def test_goes_to_whom_the_area_names_and_says_no_more_than_it_must(
    notify: Runtime, mail_server: MailServer, kind: AskKind, recipient: str, address: str
) -> None:
    made, _ = await taken_in(notify, kind, recipient=recipient)
    await jobs.send_due(notify, NOW)
    [mail], [words] = mail_server.taken, words_of(mail_server)
    assert mail.rcpt_tos == [address]
    token = link_token(link_key(notify.secrets), LinkTo.ASK, made.ask_id)
    for part in (REFERENCE, f"/asks/{token}", "The Channel team of Kent and Medway", "3 December 2026"):
        assert part in words
    assert not [each for each in PRIVATE if each in words]
    [kept] = await rows(notify, "SELECT to_jsonb(notice)::text AS row FROM notice")
    assert token not in kept.row


async def test_a_typed_address_is_mailed_to_and_shown_nowhere(notify: Runtime, mail_server: MailServer) -> None:
    await taken_in(notify, recipient="", address="canary.helper@school.example")
    await jobs.send_due(notify, NOW)
    assert [each.rcpt_tos for each in mail_server.taken] == [["canary.helper@school.example"]]
    for table in ("notice", "attempt", "ask"):
        kept = await rows(notify, f"SELECT to_jsonb({table})::text AS row FROM {table}")
        assert not [row for row in kept if "canary" in row.row], table


class TestUndelivered:
    @pytest.mark.parametrize(
        "given",
        [
            {"recipient": "nobody-there"},
            {"recipient": "", "address": ""},
            {"recipient": "", "address": "no address"},
            {"recipient": "", "address": "a@b.example\r\nBcc: c@d.example"},
        ],
    )
    async def test_without_an_address_channel_is_told(self, site: Site, given: dict[str, Any]) -> None:
        _, made, _ = await asked(site, **given)
        await jobs.send_due(site.runtime, clock.now())
        [event] = await told(site, AskUndelivered)
        assert (event.ask_id, event.kind, event.reference) == (made.ask_id, made.kind, REFERENCE)
        assert set(await states(site.runtime)) == {"undeliverable"}

    async def test_refused_by_the_server_is_told_once_and_not_reminded_of(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        mail_server.refuse_recipients["information@education-kent.example"] = "550 No such mailbox"
        await taken_in(notify)
        await jobs.send_due(notify, NOW)
        await jobs.send_due(notify, NOW)
        assert await undelivered(notify) == 1
        await jobs.remind_of_asks(notify, DUE - timedelta(days=1))
        assert len(await rows(notify, "SELECT 1 FROM notice")) == 1

    async def test_given_up_after_crashes_is_told_too(self, notify: Runtime, mail_server: MailServer) -> None:
        await taken_in(notify)
        await run(notify, "UPDATE notice SET state = 'sending', unrecorded = 3, leased_until = now()")
        await make_due_again(notify)
        await jobs.set_aside_interrupted(notify, NOW)
        assert await undelivered(notify) == 1
        assert mail_server.taken == []

    async def test_sent_again_by_the_desk_counts_as_delivered(self, notify: Runtime, mail_server: MailServer) -> None:
        mail_server.refuse_recipients["information@education-kent.example"] = "550 No such mailbox"
        await taken_in(notify)
        await jobs.send_due(notify, NOW)
        mail_server.refuse_recipients.clear()
        [row] = await rows(notify, "SELECT id FROM notice")
        async with notify.database.transaction(DESK) as session:
            await operations.send_again(session, row.id, "address-mended", now=NOW)
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 1
        assert await rows(notify, "SELECT 1 FROM ask WHERE undelivered_at IS NOT NULL") == []

    async def test_is_not_told_of_what_has_ended(self, notify: Runtime, mail_server: MailServer) -> None:
        made, subject = await taken_in(notify, recipient="nobody-there")
        await handle(notify, ended(made), subject=subject)
        await jobs.send_due(notify, NOW)
        assert (await undelivered(notify), mail_server.taken) == (0, [])


async def undelivered(notify: Runtime) -> int:
    """Return how often Channel was told that a mail was given up."""
    return len(await rows(notify, f"SELECT 1 FROM outbox WHERE type = '{AskUndelivered.wire_type}'"))


class TestEnded:
    async def test_cancelled_is_told_once_to_whoever_was_asked(self, notify: Runtime, mail_server: MailServer) -> None:
        made, subject = await taken_in(notify)
        await jobs.send_due(notify, NOW)
        for _ in range(2):
            await handle(notify, ended(made), subject=subject)
        await jobs.send_due(notify, NOW)
        first, second = words_of(mail_server)
        assert "nothing is needed from you any more" in second
        assert not [each for each in PRIVATE if each in second]
        assert first != second

    async def test_done_is_told_to_nobody(self, notify: Runtime, mail_server: MailServer) -> None:
        made, subject = await taken_in(notify)
        await jobs.send_due(notify, NOW)
        await handle(notify, ended(made, cancelled=False), subject=subject)
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 1

    async def test_whoever_was_not_asked_yet_is_not_asked(self, notify: Runtime, mail_server: MailServer) -> None:
        made, subject = await taken_in(notify)
        await handle(notify, ended(made), subject=subject)
        await jobs.send_due(notify, NOW)
        assert mail_server.taken == []


class TestReminders:
    def test_come_two_working_days_before_and_the_day_after(self) -> None:
        assert reminders(datetime(2026, 12, 7, 17, tzinfo=UTC)) == (
            datetime(2026, 12, 3, 8, tzinfo=UTC),
            datetime(2026, 12, 8, 8, tzinfo=UTC),
        )
        assert due_on(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)).isoformat() == "2026-07-01"

    async def test_are_mailed_once_each(self, notify: Runtime, mail_server: MailServer) -> None:
        await taken_in(notify)
        for at in (NOW, DUE - timedelta(days=3), DUE - timedelta(days=2), DUE - timedelta(days=1), DUE):
            await jobs.remind_of_asks(notify, at)
        await jobs.send_due(notify, NOW)
        asking, reminding = words_of(mail_server)
        assert "due by 3 December 2026" in reminding
        for days in (1, 2, 30):
            await jobs.remind_of_asks(notify, DUE + timedelta(days=days))
        await jobs.send_due(notify, NOW)
        _, _, chasing = words_of(mail_server)
        assert "an answer was due by 3 December 2026" in chasing
        assert asking != reminding
        assert not [each for each in PRIVATE for words in (reminding, chasing) if each in words]

    @pytest.mark.parametrize("closed", ["answered_at", "ended_at", "undelivered_at"])
    async def test_are_not_mailed_where_nothing_waits(
        self, notify: Runtime, mail_server: MailServer, closed: str
    ) -> None:
        await taken_in(notify)
        await jobs.send_due(notify, NOW)
        await run(notify, f"UPDATE ask SET {closed} = now()")
        for at in (DUE - timedelta(days=1), DUE + timedelta(days=1)):
            await jobs.remind_of_asks(notify, at)
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 1

    async def test_of_days_that_were_skipped_is_one(self, notify: Runtime, mail_server: MailServer) -> None:
        await taken_in(notify)
        await jobs.remind_of_asks(notify, DUE + timedelta(days=5))
        kinds = await rows(notify, "SELECT kind FROM notice ORDER BY kind")
        assert [row.kind for row in kinds] == ["ask-made", "ask-overdue"]
        assert mail_server.taken == []

    async def test_of_what_is_due_at_once_comes_afterwards_alone(self, notify: Runtime) -> None:
        made = ask(at=NOW, due_at=NOW + timedelta(days=1))
        await handle(notify, made, subject=uuid4())
        await jobs.remind_of_asks(notify, NOW + timedelta(hours=1))
        assert [row.kind for row in await rows(notify, "SELECT kind FROM notice")] == ["ask-made"]

    async def test_of_one_that_cannot_be_written_keeps_no_other_from_it(self, notify: Runtime) -> None:
        broken, healthy = sorted((uuid4(), uuid4()))
        for ask_id in (broken, healthy):
            await handle(notify, ask(at=NOW, ask_id=ask_id), subject=uuid4())
        await run(notify, f"UPDATE ask SET asked_sealed = 'rotten' WHERE id = '{broken}'")
        for _ in range(2):
            await jobs.remind_of_asks(notify, DUE - timedelta(days=1))
        reminded = await rows(notify, "SELECT about_id FROM notice WHERE kind = 'ask-reminded'")
        assert [row.about_id for row in reminded] == [healthy]
        waiting = await rows(notify, "SELECT id FROM ask WHERE remind_at IS NOT NULL")
        assert [row.id for row in waiting] == [broken]

    async def test_follow_the_day_that_it_is_given(self, notify: Runtime, mail_server: MailServer) -> None:
        made, subject = await taken_in(notify)
        async with notify.database.transaction(Actor.service("notify")) as session:
            await operations.keep_draft(session, made.ask_id, {"answer_0": "Half a sentence"}, now=NOW)
        await jobs.remind_of_asks(notify, DUE - timedelta(days=1))
        await jobs.send_due(notify, NOW)
        later = DUE + timedelta(days=14)
        for _ in range(2):
            await handle(notify, moved(made, due_at=later), subject=subject)
        await jobs.remind_of_asks(notify, DUE + timedelta(days=2))
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 2
        await jobs.remind_of_asks(notify, later - timedelta(days=1))
        await jobs.remind_of_asks(notify, later + timedelta(days=1))
        await jobs.send_due(notify, NOW)
        # Before the first day and before the second; only the second has passed without an answer.
        assert all("by 3 December 2026" in words for words in words_of(mail_server)[:2])
        assert "due by 17 December 2026" in words_of(mail_server)[2]
        assert len(mail_server.taken) == 4
        [row] = await rows(notify, "SELECT draft_sealed IS NOT NULL AS kept, expires_at FROM ask")
        assert (row.kept, row.expires_at) == (True, later + timedelta(days=30))

    async def test_are_silent_while_its_clock_stands_still(self, notify: Runtime) -> None:
        made, subject = await taken_in(notify)
        await handle(notify, moved(made, due_at=DUE, paused=True), subject=subject)
        for days in (-1, 1, 20):
            await jobs.remind_of_asks(notify, DUE + timedelta(days=days))
        await handle(notify, moved(made, due_at=DUE + timedelta(days=30)), subject=subject)
        await jobs.remind_of_asks(notify, DUE + timedelta(days=29))
        kinds = [row.kind for row in await rows(notify, "SELECT kind FROM notice ORDER BY kind")]
        assert kinds == ["ask-made", "ask-reminded"]

    async def test_of_a_pack_is_none(self, notify: Runtime) -> None:
        await taken_in(notify, AskKind.PACK)
        for at in (DUE - timedelta(days=1), DUE + timedelta(days=2)):
            await jobs.remind_of_asks(notify, at)
        assert [row.kind for row in await rows(notify, "SELECT kind FROM notice")] == ["ask-made"]


async def desk_signs_in(site: Site) -> None:
    """Leave whatever this browser did before, and sign in as the desk."""
    site.client.cookies.clear()
    await site.sign_in(DESK)


class TestDesk:
    async def test_shows_what_waits_without_its_content(self, site: Site) -> None:
        path, _, _ = await asked(site)
        await asked(site, AskKind.PACK, recipient="", address="canary.helper@school.example", name="Ned Typed")
        await opened(site, path)
        await desk_signs_in(site)
        desk = await site.get("/desk")
        for words in (
            "Request for information",
            "Pack for a panel",
            "Sample Recipient",
            "Ned Typed",
            "Opened, no answer",
        ):
            assert words in desk.text
        assert not [each for each in (*CANARIES, "canary.helper", "attendance", "A title") if each in desk.text]
        site.client.cookies.clear()
        await opened(site, path)
        await send(site, path, "answer", **WHO, **{"nothing-1": "yes", "nothing-2": "yes"})
        await desk_signs_in(site)
        assert "Sample Recipient" not in (await site.get("/desk")).text

    async def test_shows_each_notice_by_its_name_and_no_code(self, site: Site) -> None:
        path, _, _ = await asked(site)
        await opened(site, path)
        await desk_signs_in(site)
        for kind, words in (
            ("ask-made", "the link, which is kept nowhere"),
            ("ask-code", "the code, which is kept nowhere"),
        ):
            [row] = await rows(site.runtime, f"SELECT id FROM notice WHERE kind = '{kind}'")
            page = await site.get(f"/notices/{row.id}")
            assert words in page.text
            assert "Education Safeguarding" in page.text
