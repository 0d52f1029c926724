"""After an outage of a real mail server all that waited goes out: urgent first, old before new, nothing twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from aiosmtpd.smtp import SMTP

from chassis.actor import Actor
from chassis.app import Runtime
from services.notify import jobs, models
from services.notify.clients import SmtpClient, SmtpServer
from tests.conftest import eventually
from tests.notify.conftest import MailServer, NotifyOf
from tests.notify.desk_made import kept, noticed
from tests.notify.looking import make_due_again, rows
from tests.notify.made import NOW, signpost

WAITING = 200
URGENT_EVERY = 7
"""Each seventh of those that wait is urgent, among the others in time."""


@asynccontextmanager
async def serving(keeper: MailServer) -> AsyncIterator[None]:
    """Let the real mail server listen on its port until the end of the block."""
    loop = asyncio.get_running_loop()

    def answer() -> SMTP:
        keeper.lines.append(SMTP(keeper, hostname="mail.test", enable_SMTPUTF8=True, loop=loop))
        return keeper.lines[-1]

    server = await loop.create_server(answer, "127.0.0.1", keeper.port)
    keeper.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        keeper.close_lines()
        await server.wait_closed()
        keeper.lines.clear()


async def write(runtime: Runtime, number: int) -> None:
    """Write so many notices, four hours' worth, the newest first; each is about somebody else."""
    first = await kept(runtime, await noticed(runtime, signpost()))
    async with runtime.database.transaction(Actor.service("notify")) as session:
        await session.execute(models.notice.delete())
        for at in reversed(range(number)):
            values = dict(first._mapping) | {
                "id": uuid4(),
                "subject": uuid4(),
                "created_at": NOW + timedelta(hours=4) * at / number,
                "urgent": at % URGENT_EVERY == 0,
            }
            await session.execute(models.notice.insert().values(values))


def named(mail: Any) -> UUID:
    """Return which notice a mail is."""
    return UUID(mail["Message-ID"].strip("<>").partition("@")[0])


class TestDrain:
    async def test_after_an_outage_everything_goes_out_once_urgent_first_then_the_oldest(
        self, notify_of: NotifyOf
    ) -> None:
        keeper = MailServer()
        async with serving(keeper):
            pass  # the port is known, and nobody listens on it
        notify = await notify_of(SmtpClient(SmtpServer("127.0.0.1", keeper.port, "never")))
        await write(notify, WAITING)
        await jobs.send_due(notify, NOW)
        assert Counter(row.state for row in await rows(notify, "SELECT state FROM notice")) == {"failed": WAITING}
        await make_due_again(notify)
        async with serving(keeper):
            began = datetime.now(UTC)
            await jobs.send_due(notify, NOW)
            took = datetime.now(UTC) - began
        sent = [named(mail) for mail in keeper.messages()]
        assert len(sent) == len(set(sent)) == WAITING
        assert took < timedelta(minutes=5)
        in_order = await rows(notify, "SELECT id FROM notice ORDER BY urgent DESC, created_at")
        place = {row.id: at for at, row in enumerate(in_order)}
        # A batch goes out side by side: within it the order is chance, from one to the next it is not.
        batches = [sorted(place[each] for each in sent[at : at + jobs.BATCH]) for at in range(0, WAITING, jobs.BATCH)]
        assert [each for batch in batches for each in batch] == list(range(WAITING))
        assert {row.state for row in await rows(notify, "SELECT state FROM notice")} == {"sent"}

    async def test_a_server_that_goes_away_in_the_middle_doubles_nothing(self, notify_of: NotifyOf) -> None:
        keeper = MailServer(most_on_a_line=5)
        async with serving(keeper):
            notify = await notify_of(SmtpClient(SmtpServer("127.0.0.1", keeper.port, "never")))
            await write(notify, 60)
            sending = asyncio.create_task(jobs.send_due(notify, NOW))

            async def under_way() -> bool:
                return len(keeper.taken) >= jobs.BATCH

            await eventually(under_way)
        await sending
        for _ in range(3):
            await make_due_again(notify)
            async with serving(keeper):
                await jobs.send_due(notify, NOW)
        sent = Counter(named(mail) for mail in keeper.messages())
        assert len(sent) == 60
        unknown = await rows(notify, "SELECT notice_id FROM attempt WHERE result = 'unknown'")
        assert {each for each, times in sent.items() if times > 1} <= {row.notice_id for row in unknown}
