"""What the police ended or called back: the link says so, one mail tells it, and an answer that crosses it is kept."""

from uuid import uuid4

import pytest

from chassis import clock
from chassis.app import Runtime
from chassis.errors import Missing
from contracts.envelope import Event
from contracts.notify.police import SignpostReported, TransferAnswered
from contracts.triage.notices import SignpostEnded, SignpostMade, TransferCalledBack, TransferOffered
from services.notify import jobs, queries
from services.notify.domain import Kind
from tests.notify.asks_made import send
from tests.notify.conftest import MailServer, Site, content_of
from tests.notify.looking import rows
from tests.notify.made import CANARIES, DESK, NOW, REFERENCE, handle, link_of, signpost, transfer
from tests.notify.test_guests import ANYBODY, OFFICER, linked, told

NOT_NEEDED = "No answer is needed any more"


def ended(made: SignpostMade | TransferOffered) -> SignpostEnded | TransferCalledBack:
    """Return the event by which the police end what they asked for."""
    if isinstance(made, SignpostMade):
        return SignpostEnded(reference=REFERENCE, signpost_id=made.signpost_id, ended_at=NOW)
    return TransferCalledBack(reference=REFERENCE, transfer_id=made.transfer_id, called_back_at=NOW)


def asked(kind: type[Event]) -> SignpostMade | TransferOffered:
    """Return what somebody without an account is asked, now."""
    if kind is SignpostMade:
        return signpost("victim-support", made_at=clock.now())
    return transfer(offered_at=clock.now())


@pytest.mark.parametrize("kind", [SignpostMade, TransferOffered])
class TestMail:
    async def test_tells_once_whoever_was_asked(
        self, notify: Runtime, mail_server: MailServer, kind: type[Event]
    ) -> None:
        made, subject = asked(kind), uuid4()
        await handle(notify, made, subject=subject)
        await jobs.send_due(notify, NOW)
        await handle(notify, ended(made), subject=subject)
        for _ in range(2):
            await jobs.send_due(notify, NOW)
        asking, telling = mail_server.taken
        words = content_of(telling).decode().replace("=\r\n", "").replace("=3D", "=")
        assert asking.rcpt_tos == telling.rcpt_tos
        assert "no answer" in words
        assert linked_path(notify, made) in words
        assert not [canary for canary in CANARIES if canary in words]

    async def test_asks_nobody_whom_it_had_not_asked_yet(
        self, notify: Runtime, mail_server: MailServer, kind: type[Event]
    ) -> None:
        made, subject = asked(kind), uuid4()
        await handle(notify, made, subject=subject)
        await handle(notify, ended(made), subject=subject)
        await jobs.send_due(notify, NOW)
        assert mail_server.taken == []

    async def test_is_for_what_is_known(self, notify: Runtime, kind: type[Event]) -> None:
        with pytest.raises(Missing):
            await handle(notify, ended(asked(kind)), subject=uuid4())


def linked_path(runtime: Runtime, made: SignpostMade | TransferOffered) -> str:
    """Return the path of the link to what was asked."""
    if isinstance(made, SignpostMade):
        whole = link_of(runtime, Kind.SIGNPOST_ENDED, uuid4(), made.signpost_id)
    else:
        whole = link_of(runtime, Kind.TRANSFER_CALLED_BACK, uuid4(), made.transfer_id)
    return whole.removeprefix("http://notify.test")


class TestPage:
    async def test_of_a_signpost_says_so_without_its_message_and_takes_a_late_report(self, site: Site) -> None:
        made, subject = asked(SignpostMade), uuid4()
        await handle(site.runtime, made, subject=subject)
        await handle(site.runtime, ended(made), subject=subject)
        path = linked(site, made)
        shown = await site.get(path)
        assert (shown.status_code, f"{NOT_NEEDED}</h1>" in " ".join(shown.text.split())) == (200, True)
        assert not [canary for canary in CANARIES if canary in shown.text]
        missing = await site.post(path, path, step="report", **ANYBODY)
        assert (missing.status_code, NOT_NEEDED in missing.text) == (422, True)
        assert ANYBODY["service"] in missing.text
        await send(site, path, "report", report="We had met him before.", **ANYBODY)
        [report] = await told(site, SignpostReported)
        assert report.report == "We had met him before."
        assert "You have reported what you did" in (await site.get(path)).text

    async def test_of_a_transfer_says_so_and_an_answer_that_crosses_it_is_told(self, site: Site) -> None:
        made, subject = asked(TransferOffered), uuid4()
        await handle(site.runtime, made, subject=subject)
        path = linked(site, made)
        await send(site, path, "open")
        open_page = await site.get(path)
        await handle(site.runtime, ended(made), subject=subject)
        assert "This transfer was called back" in (await site.get(path)).text
        token = open_page.text.split('name="csrf_token" value="')[1].split('"')[0]
        crossing = {"csrf_token": token, "step": "answer", "answer": "accept", **OFFICER}
        assert (await site.client.post(path, data=crossing)).status_code == 303
        [answer] = await told(site, TransferAnswered)
        assert answer.accepted
        assert "had called the offer back" in (await site.get(path)).text

    async def test_nothing_ended_waits_in_an_inbox_or_at_the_desk(self, notify: Runtime) -> None:
        for made in (signpost(), transfer()):
            subject = uuid4()
            await handle(notify, made, subject=subject)
            await handle(notify, ended(made), subject=subject)
        async with notify.database.transaction(DESK) as session:
            assert await queries.signposts_waiting(session) == ()
            assert await queries.transfers_waiting(session) == ()
        kept = await rows(notify, "SELECT ended_at FROM signpost")
        assert [row.ended_at for row in kept] == [NOW]
