"""Keeps what comes in at any door; originals of one actor that wait for the same commit share it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, islice, takewhile

from chassis import telemetry
from chassis.actor import Actor
from chassis.database import Session
from chassis.errors import Unavailable
from chassis.runtime import Runtime
from chassis.settling import settled
from services.intake.domain import KeyUsedForAnotherRequest, Original, Receipt
from services.intake.operations import receive_all

Answer = Receipt | KeyUsedForAnotherRequest
MOST_TOGETHER = 50
MOST_BYTES_TOGETHER = 32 * 1024 * 1024
"""A transaction of more would take longer than the database lets it."""
CROWD = 4
"""So many originals in one transaction are a crowd at the door: what is behind it gives way for `CROWD_SECONDS`."""
CROWD_SECONDS = 0.25
STUCK_SECONDS = 1.0
"""A transaction that takes so long holds up nobody else: what comes meanwhile begins another."""


class Keeper:
    """Keeps what comes in; originals that wait for the same commit share it, because it costs more than they do."""

    def __init__(self, runtime: Runtime) -> None:
        """Keep in the runtime's database."""
        self._runtime = runtime
        self._waiting: list[Arrival] = []
        self._working: set[asyncio.Task[None] | None] = set()
        self._since = 0.0

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
        arrival = Arrival(original, actor, now, telemetry.journey(), asyncio.get_running_loop().create_future())
        self._waiting.append(arrival)
        if not self._working or time.monotonic() - self._since > STUCK_SECONDS:
            self._working.add(asyncio.create_task(self._work(), name="keeper"))
            self._since = time.monotonic()
        return arrival.receipt

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
            await self._one_by_one(arrivals, error)
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

    async def _one_by_one(self, arrivals: list["Arrival"], error: Exception) -> None:
        """Keep each by itself, so that one that fails takes nobody with it; a lost database is told to all at once."""
        alone = len(arrivals) == 1 or isinstance(error, Unavailable)
        for arrival in arrivals:
            if alone:
                arrival.fail(error)
                continue
            try:
                arrival.answer((await self._keep([arrival]))[0])
            except Exception as its_own:  # noqa: BLE001  as above
                arrival.fail(its_own)
                error, alone = its_own, isinstance(its_own, Unavailable)

    async def _keep(self, arrivals: Sequence["Arrival"]) -> list[Answer]:
        now = max(each.at for each in arrivals)

        async def received(session: Session) -> list[Answer]:
            originals, journeys = [each.original for each in arrivals], [each.journey for each in arrivals]
            return await receive_all(session, originals, now=now, journeys=journeys)

        return await settled(self._runtime.database, arrivals[0].actor, received)


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
        if isinstance(answer, KeyUsedForAnotherRequest):
            self.fail(answer)
        elif not self.receipt.done():
            self.receipt.set_result(answer)

    def fail(self, error: Exception) -> None:
        """Hand over what went wrong."""
        if not self.receipt.done():
            self.receipt.set_exception(error)
