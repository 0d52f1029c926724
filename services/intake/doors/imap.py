"""Reads a mailbox by IMAP: each mail is kept first and marked there afterwards; a broken server only delays."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from chassis import telemetry
from chassis.errors import ThroughlineError, Unavailable
from chassis.runtime import Runtime
from services.intake.clients import Token, token_for
from services.intake.domain import Posted
from services.intake.doors.arriving import headers_of
from services.intake.doors.imap_box import Box, ImapSettings, ImapUnreachable, grant_of, password_of
from services.intake.doors.letterbox import Letterbox

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
Answer = TypeVar("Answer")

log = telemetry.logger("intake.doors")


class Contact:
    """When the mailbox was last read to its end, and how many mails in it cannot be kept; for the alarm."""

    read_at: float | None = None
    stuck = 0

    @classmethod
    def seconds_ago(cls) -> float:
        """Return for how long the mailbox has not been read, 0 where none is to be."""
        return 0.0 if cls.read_at is None else time.monotonic() - cls.read_at


telemetry.gauge(
    "intake.imap.behind",
    Contact.seconds_ago,
    unit="s",
    description="How long ago the mailbox was last read to its end by IMAP; 0 where none is to be read",
)
telemetry.gauge(
    "intake.imap.stuck",
    lambda: Contact.stuck,
    unit="1",
    description="Mails in the mailbox that cannot be kept, each of which a person must fetch by hand",
)


@asynccontextmanager
async def imap(runtime: Runtime, letterbox: Letterbox) -> AsyncIterator[None]:
    """Read the mailbox that the settings name, if any, until the service stops; raises ImapUnusable."""
    settings = cast("ImapSettings", runtime.clients)
    if not settings.imap_host:
        yield
        return
    door = ImapDoor(settings, letterbox)
    runtime.state.setdefault("readiness", {})["imap"] = door.state
    task = asyncio.create_task(door.run(), name="imap")
    try:
        yield
    finally:
        await door.leave(task)
        Contact.read_at, Contact.stuck = None, 0


class ImapDoor:
    """Goes to the mailbox again and again; its one connection lives in a thread of its own."""

    def __init__(self, settings: ImapSettings, letterbox: Letterbox) -> None:
        """Hand what is there to the letterbox."""
        self._settings = settings
        self._grant = grant_of(settings)
        self._password = "" if self._grant else password_of(settings)
        self._letterbox = letterbox
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
        self._failures = 0
        Contact.read_at = time.monotonic()

    def state(self) -> str:
        """Say for the readiness page how the mailbox is doing; it never makes the service unready."""
        if self._failures:
            return f"cannot be read; last read {Contact.seconds_ago():.0f} seconds ago"
        return f"answers; {Contact.stuck} mails in it cannot be kept" if Contact.stuck else "answers"

    async def leave(self, task: "asyncio.Task[None]") -> None:
        """End `run`, and the connection, so that its thread waits for nothing."""
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self._thread.shutdown(wait=False)

    async def run(self) -> None:
        """Read for ever; after a failure wait longer each time, up to a minute."""
        while True:
            try:
                await self._visit()
                continue
            except ThroughlineError as error:
                facts = {"reason": error.reason, "error": getattr(error, "kind", type(error).__name__)}
                log.warning("The mailbox cannot be read by IMAP.", extra={"facts": facts})
            except Exception as error:
                log.exception("The mailbox cannot be read by IMAP.", extra={"facts": {"error": type(error).__name__}})
            self._failures += 1
            await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1)))

    async def _visit(self) -> None:
        """Read until something breaks, or until the token is to be renewed: a server ends what outlives it."""
        secret = await token_for(self._grant) if self._grant else self._password
        until = secret.renew_at if isinstance(secret, Token) else math.inf
        box = await self._in_thread(lambda: Box.open(self._settings, secret))
        try:
            while time.monotonic() < until:
                await self._take_all(box)
                Contact.read_at, self._failures = time.monotonic(), 0
                await self._in_thread(lambda: box.wait(self._settings.imap_seconds))
        finally:
            box.abandon()
            self._thread.submit(box.close)

    async def _take_all(self, box: Box) -> None:
        stuck = 0
        for uid in await self._in_thread(box.waiting):
            stuck += not await self._take(box, uid)
        Contact.stuck = stuck

    async def _take(self, box: Box, uid: str) -> bool:
        """Keep one mail and mark it; say whether that was possible. A mail that is not kept stays where it is."""
        if await self._in_thread(lambda: box.size(uid)) > self._settings.smtp_size_limit:
            log.warning("A mail in the mailbox is too large to be kept.", extra={"facts": {"reason": "too-large"}})
            return False
        raw = await self._in_thread(lambda: box.raw(uid))
        if raw is None:
            return True
        try:
            await self._letterbox.take(raw, self._posted(raw))
        except Unavailable:
            raise
        except Exception as error:
            log.exception("A mail in the mailbox cannot be kept.", extra={"facts": {"error": type(error).__name__}})
            return False
        await self._in_thread(lambda: box.done(uid))
        return True

    def _posted(self, raw: bytes) -> Posted:
        headers, name = headers_of(raw), self._settings.imap_username
        ours = self._settings.imap_address or (name if "@" in name else "")
        sender = "<>" if headers.null_sender else headers.sender
        return Posted(recipients=(ours,) if ours else headers.delivered_to, envelope_sender=sender)

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        try:
            future: Any = asyncio.get_running_loop().run_in_executor(self._thread, work)
        except RuntimeError:
            raise ImapUnreachable("TheServiceStops") from None
        answer: Answer = await future
        return answer
