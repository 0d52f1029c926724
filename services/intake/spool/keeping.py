"""Keeps what comes in at any mail door; originals that wait for the same commit share it."""

import asyncio
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import accumulate, islice

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.database import Session
from chassis.errors import Unavailable
from chassis.runtime import Runtime
from chassis.settling import settled
from services.intake.domain import Original, Receipt
from services.intake.operations import receive_all
from services.intake.spool import accept

MOST_TOGETHER = 50
MOST_BYTES_TOGETHER = 32 * 1024 * 1024
"""A transaction of more would take longer than the database lets it."""
CROWD = 4
"""So many mails in one transaction are a crowd at the door: what is behind it gives way for `CROWD_SECONDS`."""
CROWD_SECONDS = 0.25


class Keeper:
    """Keeps what comes in; originals that wait for the same commit share it, because it costs more than they do."""

    def __init__(self, runtime: Runtime) -> None:
        """Keep in the runtime's database."""
        self._runtime = runtime
        self._waiting: list[Arrival] = []
        self._working: asyncio.Task[None] | None = None

    async def keep(self, original: Original) -> Receipt:
        """Return the receipt once the original is kept for good; raises what `accept` does."""
        return await accept(self._runtime, original, now=clock.now(), keep=lambda: self._kept(original))

    async def _kept(self, original: Original) -> Receipt:
        arrival = Arrival(original, asyncio.get_running_loop().create_future())
        self._waiting.append(arrival)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="keeper")
        return await arrival.receipt

    async def _work(self) -> None:
        # Who speaks at this moment comes along.
        await asyncio.sleep(0)
        while self._waiting:
            arrivals = self._next()
            try:
                receipts = await self._keep(arrivals)
            except Exception as error:  # noqa: BLE001  it is told to whoever waits for it
                await self._one_by_one(arrivals, error)
            else:
                for arrival, receipt in zip(arrivals, receipts, strict=True):
                    arrival.answer(receipt)
                if len(arrivals) >= CROWD:
                    self._runtime.relay.give_way(CROWD_SECONDS)

    def _next(self) -> list["Arrival"]:
        """Take those that came first: so many, and of such a size together, as one transaction can keep."""
        sizes = accumulate(len(arrival.original.body) for arrival in self._waiting)
        count = max(1, sum(size <= MOST_BYTES_TOGETHER for size in islice(sizes, MOST_TOGETHER)))
        arrivals, self._waiting = self._waiting[:count], self._waiting[count:]
        return arrivals

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

    async def _keep(self, arrivals: list["Arrival"]) -> list[Receipt]:
        now = clock.now()

        async def received(session: Session) -> list[Receipt]:
            originals = [arrival.original for arrival in arrivals]
            return await receive_all(session, originals, now=now, journey=_journey)

        return await settled(self._runtime.database, Actor.public(), received)


def _journey() -> AbstractContextManager[telemetry.Span]:
    return telemetry.span("smtp DATA", kind="server", new_trace=True)


@dataclass(frozen=True)
class Arrival:
    """An original and whoever waits for its receipt, who may have hung up."""

    original: Original
    receipt: "asyncio.Future[Receipt]"

    def answer(self, receipt: Receipt) -> None:
        """Hand over the receipt."""
        if not self.receipt.done():
            self.receipt.set_result(receipt)

    def fail(self, error: Exception) -> None:
        """Hand over what went wrong."""
        if not self.receipt.done():
            self.receipt.set_exception(error)
