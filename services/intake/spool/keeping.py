"""Keeps what comes in at any door; originals of one actor that wait for the same commit share it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, islice, takewhile

from chassis import telemetry
from chassis.actor import Actor
from chassis.database import DatabaseUnavailable, Session
from chassis.errors import Unavailable
from chassis.patience import UNTOLD, listen
from chassis.runtime import Runtime
from chassis.settling import OutcomeUnknown, settled
from services.intake.domain import Crowded, Original, Receipt
from services.intake.operations import Refusal, receive_all

Answer = Receipt | Refusal
MOST_TOGETHER = 50
MOST_BYTES_TOGETHER = 32 * 1024 * 1024
"""A transaction of more would take longer than the database lets it."""
CROWD = 4
"""So many originals in one transaction are a crowd at the door: what is behind it gives way for `CROWD_SECONDS`."""
CROWD_SECONDS = 0.25
STUCK_SECONDS = 1.0
"""A transaction that takes so long holds up nobody else: what comes meanwhile begins another."""
MOVING_SECONDS = 4.0
"""While something has been kept within this time, the database is there: who waits, waits for the others."""
LOOK_SECONDS = 0.25
QUEUE = 3
"""Who waits for others waits so many times as long as for a database that says nothing."""
CROWDED = "So much comes in at the moment that nothing of this could be kept in time: send it again in a minute."
AWAY = "The database did not answer, and nothing of this was kept: send it again in a moment."


class Keeper:
    """Keeps what comes in; originals that wait for the same commit share it, because it costs more than they do."""

    def __init__(self, runtime: Runtime) -> None:
        """Keep in the runtime's database."""
        self._runtime = runtime
        self._waiting: list[Arrival] = []
        self._apart: list[Arrival] = []
        self._working: set[asyncio.Task[None] | None] = set()
        self._mending: asyncio.Task[None] | None = None
        self._since = 0.0
        self._kept_at = -MOVING_SECONDS

    @classmethod
    def of(cls, runtime: Runtime) -> "Keeper":
        """Return the one of a running service, made when it is first needed."""
        found = runtime.state.get("intake.keeper")
        if not isinstance(found, cls):
            found = runtime.state["intake.keeper"] = cls(runtime)
        return found

    def keep(self, original: Original, actor: Actor, now: datetime) -> "asyncio.Future[Receipt]":
        """Begin to keep an original that comes in `now`, on the journey that runs.

        The future has its receipt once it is kept for good, or what `receive` raises; cancelling it takes nothing back.
        """
        return self._queued(original, actor, now).receipt

    async def keep_in_time(self, original: Original, actor: Actor, now: datetime, patience: float) -> Receipt:
        """Return the receipt of an original that comes in `now`, once it is kept for good.

        A database that keeps nothing at all is away after `patience` seconds; who only waits for others waits longer.
        Raises Crowded where others took too long, DatabaseUnavailable where nothing was begun, OutcomeUnknown where
        something was, and what `receive` raises. Who hangs up takes nothing back.
        """
        arrival, limit = self._queued(original, actor, now), time.monotonic() + QUEUE * patience
        arrival.receipt.add_done_callback(_heard)
        await listen({arrival.receipt}, patience)
        while not arrival.receipt.done() and self._moves():
            if time.monotonic() > limit and self._withdrawn(arrival):
                raise Crowded(CROWDED)
            await asyncio.wait({arrival.receipt}, timeout=LOOK_SECONDS)
        if arrival.receipt.done():
            return arrival.receipt.result()
        raise DatabaseUnavailable(AWAY) if self._withdrawn(arrival) else OutcomeUnknown(UNTOLD)

    def _moves(self) -> bool:
        return time.monotonic() - self._kept_at < MOVING_SECONDS

    def _withdrawn(self, arrival: "Arrival") -> bool:
        """Take back what has not been begun; False for what has."""
        for queue in (self._waiting, self._apart):
            if arrival in queue:
                queue.remove(arrival)
                return True
        return False

    def _queued(self, original: Original, actor: Actor, now: datetime) -> "Arrival":
        arrival = Arrival(original, actor, now, telemetry.journey(), asyncio.get_running_loop().create_future())
        self._waiting.append(arrival)
        if not self._working or time.monotonic() - self._since > STUCK_SECONDS:
            self._working.add(asyncio.create_task(self._work(), name="keeper"))
            self._since = time.monotonic()
        return arrival

    async def _work(self) -> None:
        try:
            # Who speaks at this moment comes along.
            await asyncio.sleep(0)
            while self._waiting:
                self._since = time.monotonic()
                await self._keep_together(self._next())
        finally:
            self._working.discard(asyncio.current_task())

    async def _keep_together(self, arrivals: list["Arrival"]) -> None:
        try:
            answers = await self._keep(arrivals)
        except Exception as error:  # noqa: BLE001  it is told to whoever waits for it
            self._set_apart(arrivals, error)
            return
        for arrival, answer in zip(arrivals, answers, strict=True):
            arrival.answer(answer)
        if len(arrivals) >= CROWD:
            self._runtime.relay.give_way(CROWD_SECONDS)

    def _next(self) -> list["Arrival"]:
        """Take those that came first and are of one actor: as many, and as large, as one transaction can keep."""
        first = self._waiting[0]
        sizes = accumulate(arrival.original.size for arrival in self._waiting)
        fitting = list(takewhile(lambda size: size <= MOST_BYTES_TOGETHER, islice(sizes, MOST_TOGETHER)))
        taken = [each for each in self._waiting[: max(1, len(fitting))] if each.actor == first.actor]
        self._waiting = [each for each in self._waiting if each not in taken]
        return taken

    def _set_apart(self, arrivals: list["Arrival"], error: Exception) -> None:
        """Have each kept by itself, beside the queue; a lost database, or what one alone meets, is told at once."""
        if len(arrivals) == 1 or isinstance(error, Unavailable):
            for arrival in arrivals:
                arrival.fail(error)
            return
        self._apart += arrivals
        if self._mending is None or self._mending.done():
            self._mending = asyncio.create_task(self._one_by_one(), name="keeper of single ones")

    async def _one_by_one(self) -> None:
        """Keep those that were set apart, so that the one that fails takes nobody with it."""
        while self._apart:
            arrival = self._apart.pop(0)
            try:
                [answer] = await self._keep([arrival])
            except Exception as error:  # noqa: BLE001  as above
                lost = isinstance(error, Unavailable)
                failed, self._apart = ([arrival, *self._apart], []) if lost else ([arrival], self._apart)
                for each in failed:
                    each.fail(error)
            else:
                arrival.answer(answer)

    async def _keep(self, arrivals: Sequence["Arrival"]) -> list[Answer]:
        now = max(each.at for each in arrivals)

        async def received(session: Session) -> list[Answer]:
            originals, journeys = [each.original for each in arrivals], [each.journey for each in arrivals]
            return await receive_all(session, originals, now=now, journeys=journeys)

        answers = await settled(self._runtime.database, arrivals[0].actor, received)
        self._kept_at = time.monotonic()
        return answers


@dataclass(frozen=True, eq=False)
class Arrival:
    """An original, whose it is, when it came, its journey, and whoever waits for its receipt, who may have hung up."""

    original: Original
    actor: Actor
    at: datetime
    journey: telemetry.Journey
    receipt: "asyncio.Future[Receipt]" = field(repr=False)

    def answer(self, answer: Answer) -> None:
        """Hand over the receipt, or the refusal of this one alone."""
        if not isinstance(answer, Receipt):
            self.fail(answer)
        elif not self.receipt.done():
            self.receipt.set_result(answer)

    def fail(self, error: Exception) -> None:
        """Hand over what went wrong."""
        if not self.receipt.done():
            self.receipt.set_exception(error)


def _heard(receipt: "asyncio.Future[Receipt]") -> None:
    """Look at a failure that nobody waits for any more."""
    if not receipt.cancelled():
        receipt.exception()
