"""The cage: files are opened only in confined children, which are killed when they misbehave and replaced at once."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from services.intake.readers.cells import CagedError, Cell
from services.intake.readers.confinement import Confinement
from services.intake.readers.failures import REASONS, sentence, unread
from services.intake.readers.quarantine import Scanner, Verdict
from services.intake.readers.values import Attachment, Cause, FormReading, ReadMessage
from services.intake.readers.wire import Packet, unpacked_form, unpacked_message

SECONDS_TO_READ = 15.0
SECONDS_AMONG_THE_QUICK = 1.5
MOST_SLOW = 3
LARGEST_REQUEST = 64 << 20
UNINTELLIGIBLE = (ValueError, KeyError, TypeError, AttributeError)
"""What taking an answer out of its packet raises when the child wrote something else."""
SCANNED = {Verdict.INFECTED: Cause.INFECTED, Verdict.NOT_SCANNED: Cause.NOT_SCANNED}


Answer = TypeVar("Answer")


class Cage:
    """A few confined children, ready before they are needed.

    A read that takes long goes on aside, with another child in its place, so that nobody waits behind it; and one child
    stands by for that, because starting one takes seconds where the machine is busy.
    """

    def __init__(
        self,
        cells: int = 1,
        seconds: float = SECONDS_TO_READ,
        *,
        scanner: Scanner | None = None,
        hold_unscanned: bool = True,
    ) -> None:
        """Keep so many children; each read may take so many seconds before its child is killed.

        With a scanner, what it objects to is not opened; nor, with `hold_unscanned`, what it did not look at.
        """
        self._count = cells
        self._seconds = seconds
        self._scanner = scanner
        self.holds_unscanned = hold_unscanned
        self._free: asyncio.Queue[Cell | None] = asyncio.Queue()
        self._standing_by: Cell | None = None
        self._closing = False
        self._places = 0
        self._slow = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._starting: set[asyncio.Task[Any]] = set()
        self._confinement = Confinement(network_cut=False, files_cut=False)

    @property
    def confinement(self) -> Confinement:
        """Return what the children could give up: some machines do not let a process cut itself off."""
        return self._confinement

    async def start(self) -> None:
        """Start the children; one that does not start is tried again when it is needed.

        A start that is cancelled leaves no child behind.
        """
        self._places = self._count
        begun = [self._start(self._put_fresh()) for _ in range(self._count)]
        begun.append(self._start(self._have_one_stand_by()))
        try:
            await asyncio.wait(begun)
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Kill the children, waiting for reads that are under way; once more does nothing."""
        self._closing = True
        while self._tasks:
            await asyncio.sleep(0)  # one that is cancelled before it has begun would leave its place empty
            for task in self._starting:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)
        places, self._places = self._places, 0
        standing_by, self._standing_by = self._standing_by, None
        for cell in (standing_by, *[await self._free.get() for _ in range(places)]):
            if cell is not None:
                await cell.end()

    async def read_message(self, raw: bytes) -> ReadMessage:
        """Take a mail apart in a child, its files scanned each; never raises for what is in it, see `problems`."""
        mail = await self._looked_at(Attachment("", "message/rfc822", raw))
        if self._closed(mail):
            return ReadMessage(problems=(sentence(mail.cause),), cause=mail.cause, signature=mail.signature)
        try:
            message = await self._ask(Packet({"kind": "message"}, (raw,)), unpacked_message)
        except CagedError as error:
            return ReadMessage(problems=(str(error),), cause=error.cause)
        files = tuple([await self.scanned(file) for file in message.attachments])
        if any(file.cause is Cause.INFECTED for file in files):
            message = replace(message, problems=(sentence(Cause.INFECTED), *message.problems))
        return replace(message, attachments=files, cause=mail.cause or message.cause)

    async def scanned(self, file: Attachment) -> Attachment:
        """Return a file as it came, marked where the scanner does not let it be opened."""
        looked_at = await self._looked_at(file)
        return looked_at if self._closed(looked_at) else file

    async def examined(self, file: Attachment) -> Attachment:
        """Return a file that came beside a form, marked where it was not scanned or could not be opened."""
        looked_at = await self._looked_at(file)
        opened = Cause.NONE if self._closed(looked_at) else (await self.read_form(file)).cause
        return replace(file, cause=opened) if opened in {*REASONS, Cause.UNAVAILABLE} else looked_at

    async def read_form(self, attachment: Attachment) -> FormReading:
        """Read a form in a child; never raises for what is in it, see `reason` and `cause`."""
        if attachment.cause is not Cause.NONE:
            return unread(attachment.cause)
        try:
            head = {"kind": "form", "name": attachment.name, "media_type": attachment.media_type}
            return await self._ask(Packet(head, (attachment.body,)), unpacked_form)
        except CagedError as error:
            return FormReading(reason=str(error), cause=error.cause)

    async def _looked_at(self, file: Attachment) -> Attachment:
        """Return a file with what the scanner says of it."""
        if self._scanner is None:
            return file
        scan = await self._scanner.scan(file.body)
        return replace(file, cause=SCANNED.get(scan.verdict, file.cause), signature=scan.signature)

    def _closed(self, file: Attachment) -> bool:
        return file.cause is Cause.INFECTED or (file.cause is Cause.NOT_SCANNED and self.holds_unscanned)

    async def _ask(self, packet: Packet, understand: Callable[[Packet], Answer]) -> Answer:
        if sum(len(body) for body in packet.bodies) > LARGEST_REQUEST:
            raise CagedError(Cause.TOO_BIG)
        try:
            answer = await self._ask_once(packet)
        except CagedError as error:
            # A child may be killed from outside, for want of memory say; only a file that kills two is to blame.
            if not error.again:
                raise
            answer = await self._ask_once(packet)
        try:
            return understand(answer)
        except UNINTELLIGIBLE:
            raise CagedError(Cause.CRASHED) from None

    async def _ask_once(self, packet: Packet) -> Packet:
        cell = await self._free.get()
        loop = asyncio.get_running_loop()
        aside: asyncio.Future[None] = loop.create_future()
        giving_way = None
        try:
            if cell is None:
                cell = await self._fresh()
            giving_way = loop.call_later(SECONDS_AMONG_THE_QUICK, self._give_way, cell, aside)
            return await cell.ask(packet, self._seconds)
        finally:
            if giving_way is not None:
                giving_way.cancel()
            self._return(cell, aside=aside.done())

    def _give_way(self, cell: Cell, aside: "asyncio.Future[None]") -> None:
        """Put another child in the place of one that takes long, unless too many take long already."""
        if self._slow < MOST_SLOW:
            self._slow += 1
            aside.set_result(None)
            cell.slow_down()
            self._start(self._put_fresh())

    def _return(self, cell: Cell | None, *, aside: bool) -> None:
        if aside and cell is not None:
            self._slow -= 1
            self._work(cell.end())
        elif cell is None or not cell.spent:
            self._free.put_nowait(cell)
        else:
            self._work(self._replace(cell))

    async def _replace(self, cell: Cell) -> None:
        try:
            await cell.end()
        finally:
            await self._put_fresh()

    async def _put_fresh(self) -> None:
        """Have a child for the next request before there is one; None takes its place where that fails."""
        cell = None
        try:
            with contextlib.suppress(CagedError):
                cell = await self._fresh()
        finally:
            self._free.put_nowait(cell)

    async def _have_one_stand_by(self) -> None:
        with contextlib.suppress(CagedError):
            cell = await self._started()
            if self._standing_by is None:
                self._standing_by = cell
            else:
                await cell.end()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a child behind the scenes; the cage need not wait for it when it closes."""
        task = self._work(work)
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        return task

    def _work(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name="cage")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _fresh(self) -> Cell:
        """Return the child that stands by, with another one started in its place, or start one."""
        cell, self._standing_by = self._standing_by, None
        if cell is None or cell.spent:
            return await self._started()
        self._start(self._have_one_stand_by())
        return cell

    async def _started(self) -> Cell:
        if self._closing:
            raise CagedError(Cause.UNAVAILABLE)
        cell = await Cell.start()
        self._confinement = cell.confinement
        return cell
