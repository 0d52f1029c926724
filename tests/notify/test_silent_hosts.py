"""A recipient's host that is silent holds up nobody else's notices, however many wait for it."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from chassis.app import Runtime
from contracts.envelope import ReceiptBatch
from services.notify import jobs
from services.notify.clients import Delivery, Mail, SmtpClient
from services.notify.domain import Result
from services.notify.jobs.sending import MOST_SLOW
from tests.conftest import eventually
from tests.notify.looking import rows, run, states
from tests.notify.made import NOW, concern, handle, signpost

SILENT = "kent-council.example"
ELSEWHERE = ("medway-early-help", "victim-support", "young-minds-health")


class Silence:
    """A server behind which one domain does not answer until it is let go; others are answered at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put it in the place of the client's own sending."""
        self.over = asyncio.Event()
        self.begun = 0
        self.taken: list[str] = []
        silence = self

        async def send(_: SmtpClient, mail: Mail) -> Delivery:
            return await silence.answer(mail.recipient)

        monkeypatch.setattr(SmtpClient, "send", send)
        monkeypatch.setattr("services.notify.jobs.sending.SLOW_SECONDS", 0.5)

    async def answer(self, recipient: str) -> Delivery:
        """Take a mail, those to the silent domain once the silence is over."""
        if recipient.endswith(f"@{SILENT}"):
            self.begun += 1
            await self.over.wait()
        self.taken.append(recipient)
        return Delivery(Result.ACCEPTED, 250)


@pytest.mark.parametrize("waiting", [MOST_SLOW + 2, 3 * jobs.BATCH])
async def test_others_go_beside_it_at_once(notify: Runtime, monkeypatch: pytest.MonkeyPatch, waiting: int) -> None:
    silence = Silence(monkeypatch)
    for _ in range(waiting):
        await handle(notify, concern(), subject=uuid4())
    for service in ELSEWHERE:
        await handle(notify, signpost(service), subject=uuid4())
    sending = asyncio.create_task(jobs.send_due(notify, NOW))

    async def others_have_theirs() -> bool:
        return (await states(notify)).count("sent") == len(ELSEWHERE)

    await eventually(others_have_theirs)
    assert not silence.over.is_set()
    assert not [each for each in silence.taken if each.endswith(SILENT)]
    # What was begun before anybody could know of the silence is one batch at most; the rest waits and is not attempted.
    assert silence.begun <= jobs.BATCH
    [untried] = await rows(
        notify, "SELECT count(*) AS number FROM notice WHERE kind = 'concern-received' AND attempts = 0"
    )
    assert untried.number == waiting - silence.begun
    monkeypatch.setattr("services.notify.jobs.sending.SLOW_SECONDS", 30.0)
    silence.over.set()
    await sending
    assert set(await states(notify)) <= {"sent", "due"}
    await run(notify, "UPDATE notice SET next_attempt_at = NULL WHERE state = 'due'")
    await jobs.send_due(notify, NOW)
    assert set(await states(notify)) == {"sent"}


async def test_a_server_that_is_silent_for_everybody_stops_the_way(
    notify: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence = Silence(monkeypatch)
    monkeypatch.setattr("services.notify.jobs.sending.MOST_SLOW", 2)
    for _ in range(jobs.BATCH + 1):
        await handle(notify, concern(), subject=uuid4())
    await handle(notify, signpost("medway-early-help"), subject=uuid4())
    sending = asyncio.create_task(jobs.send_due(notify, NOW))

    async def begun() -> bool:
        return silence.begun == jobs.BATCH

    await eventually(begun)
    await asyncio.sleep(1.0)
    assert silence.taken == []
    silence.over.set()
    await sending
    assert set(await states(notify)) == {"sent"}


async def test_what_ends_late_in_a_long_run_is_told_by_when_it_ended(
    notify: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence = Silence(monkeypatch)
    await handle(notify, concern(), subject=uuid4())
    sending = asyncio.create_task(jobs.send_due(notify, NOW))

    async def begun() -> bool:
        return silence.begun == 1

    await eventually(begun)
    await asyncio.sleep(0.6)
    silence.over.set()
    await sending
    [told] = await rows(notify, "SELECT body FROM receipt_out")
    [item] = ReceiptBatch.model_validate_json(told.body).items
    assert timedelta(seconds=0.5) < datetime.fromisoformat(item.at) - NOW < timedelta(minutes=1)
