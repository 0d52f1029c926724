"""What the delivery desk sees: what came back and nobody can read, and by which digest a mail is known again."""

from datetime import timedelta
from uuid import uuid4

from chassis.app import Runtime
from cli.mail_digest import digest_of_mail
from services.notify import jobs, operations, queries
from services.notify.domain import Evidence, What
from services.notify.jobs.running import digest_of
from tests.notify import bounces_made as made
from tests.notify.conftest import MailServer, Site
from tests.notify.looking import claim_next, rows, run
from tests.notify.made import DESK, NOW, handle, referrer_message, signpost
from tests.notify.test_evidence import come_back, sent


async def count(notify: Runtime, days: int = 0) -> int:
    async with notify.database.transaction(DESK) as session:
        return await queries.count_unreadable(session, now=NOW + timedelta(days=days))


class TestUnreadable:
    async def test_waits_for_a_person_until_it_was_sent_again(self, notify: Runtime) -> None:
        notice_id = await sent(notify, signpost())
        await come_back(notify, notice_id, made.A_PERSON_WRITES)
        await run(notify, f"UPDATE evidence SET at = '{NOW.isoformat()}'")
        assert (await count(notify), await count(notify, 15)) == (1, 0)
        async with notify.database.transaction(DESK) as session:
            await operations.send_again(session, notice_id, "corrected", now=NOW)
        await jobs.send_due(notify, NOW + timedelta(minutes=1))
        assert await count(notify) == 0

    async def test_waits_for_nobody_once_somebody_has_opened_what_it_told_of(self, notify: Runtime) -> None:
        notice_id = await sent(notify, signpost())
        await come_back(notify, notice_id, made.EMPTY_REPORT)
        await come_back(notify, notice_id, made.OUT_OF_OFFICE)
        await run(notify, f"UPDATE evidence SET at = '{NOW.isoformat()}'")
        assert await count(notify) == 1
        async with notify.database.transaction(DESK) as session:
            await operations.note_evidence(session, notice_id, Evidence(What.OPENED, "link", NOW), now=NOW)
        assert await count(notify) == 0

    async def test_stands_first_on_the_desk_and_is_counted_for_the_alarm(self, site: Site) -> None:
        await handle(site.runtime, signpost(), subject=uuid4())
        await run(site.runtime, "UPDATE notice SET state = 'sent', sent_at = '2026-01-05'")
        [row] = await rows(site.runtime, "SELECT id FROM notice")
        await come_back(site.runtime, row.id, made.A_PERSON_WRITES)
        await site.sign_in(DESK)
        page = (await site.get("/desk")).text
        assert "1 came back unreadable" in page
        assert f'href="/notices/{row.id}"' in page


class TestDigest:
    async def test_of_a_mail_to_an_organisation_is_that_of_the_mail_as_it_arrived(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        await handle(notify, signpost(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        [kept] = await rows(notify, "SELECT digest, size FROM attempt")
        arrived = mail_server.taken[0].original_content or b""
        held = b"Received: from x\r\n by y\r\nReturn-Path: <z@y.example>\r\n" + arrived.rstrip(b"\r\n") + b"\r\n"
        assert digest_of_mail(held) == digest_of_mail(held.replace(b"\r\n", b"\n")) == kept.digest
        assert digest_of_mail(b"Subject: x\n\nNobody\n") == ""
        assert kept.size == len(held) - held.index(b"From: ")

    async def test_to_a_sealed_address_tells_nobody_who_guesses_it(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        await handle(notify, referrer_message(), subject=uuid4())
        claimed = await claim_next(notify)
        await jobs.send_all(notify, [claimed], now=NOW)
        [kept] = await rows(notify, "SELECT digest FROM attempt")
        arrived = (mail_server.taken[0].original_content or b"").rstrip(b"\r\n") + b"\r\n"
        assert kept.digest not in {digest_of_mail(arrived), ""}
        assert kept.digest == digest_of(notify, claimed, arrived)

    async def test_stands_on_the_page_of_the_notice_with_the_size(self, site: Site) -> None:
        await handle(site.runtime, signpost(), subject=uuid4())
        [row] = await rows(site.runtime, "SELECT id FROM notice")
        await jobs.send_due(site.runtime, NOW)
        await site.sign_in(DESK)
        page = (await site.get(f"/notices/{row.id}")).text
        [kept] = await rows(site.runtime, "SELECT digest, size FROM attempt")
        assert kept.digest in page
        assert f"{kept.size:,} bytes, SHA-256" in page
        assert "throughline mail-digest" in page
