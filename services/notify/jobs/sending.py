"""What is due is sent: claimed in batches, sent side by side, recorded together; what is slow holds up nothing else."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from chassis import telemetry
from chassis.database import is_world_down
from chassis.runtime import Runtime
from services.notify import operations
from services.notify.clients import Clients
from services.notify.domain import Result, State, Way
from services.notify.jobs.attempts import attempt_one, host_of, ways_of
from services.notify.jobs.running import job_actor, notify_settings
from services.notify.operations import Claimed, Sender, Sent

BATCH = 20
"""How many notices one turn claims and sends side by side; each sending ends well within the lease."""

SLOW_SECONDS = 2.0
"""So long the sendings of a batch are waited for; what takes longer goes on beside the next batches."""
MOST_SLOW = 10
"""From so many slow sendings on one way no more are begun on it: a server that stalls holds up no other way."""
MOST_SLOW_TO_ONE = 2
"""From so many slow sendings to one recipient's host no more are begun to it, and no more of them count for the way."""
STOP_SECONDS = 2.0
"""So long a stop waits for the sendings under way."""

Ended = tuple[Claimed, Sent]
"""A notice and how its attempt ended."""

log = telemetry.logger(__name__)
attempts_counter = telemetry.counter("notify.notice.attempted", "1", "Attempts to send, by way and how they ended")


async def send_due(runtime: Runtime, now: datetime) -> None:
    """Send every notice that is due, a batch at a time, until none is left; then what is kept open is ended."""
    clients: Clients = runtime.clients
    under_way = UnderWay(runtime, now)
    try:
        while await _whole_batch(runtime, under_way):
            pass
    except Exception:
        await under_way.end()
        raise
    finally:
        await clients.hang_up()


async def _whole_batch(runtime: Runtime, under_way: "UnderWay") -> bool:
    """Send a batch; return whether there was any.

    A stop waits a moment for what is under way: what is broken off is tried again only when its lease has run out. A
    recording is never broken off: nobody would know whether it was kept.
    """
    turn = asyncio.create_task(_turn(runtime, under_way))
    try:
        return await asyncio.shield(turn)
    except asyncio.CancelledError:
        clock = asyncio.get_running_loop().time
        until = clock() + STOP_SECONDS
        await asyncio.wait((turn,), timeout=STOP_SECONDS)
        async with under_way.recording:
            turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
        await under_way.end(max(until - clock(), 0))
        raise


async def _turn(runtime: Runtime, under_way: "UnderWay") -> bool:
    """Claim a batch of what is due and send it; return whether there was any, or something was still on its way."""
    now = under_way.now
    async with runtime.database.transaction(job_actor(runtime)) as session:
        asked = ways_of(runtime, now), host_of(runtime, now)
        sender = Sender(notify_settings(runtime).mail_domain, *asked, under_way.busy(), under_way.slow_hosts())
        claimed = await operations.claim_due(session, sender, limit=BATCH, machine_now=datetime.now(UTC))
    begun = under_way.send(claimed)
    if begun:
        await asyncio.wait(begun, timeout=SLOW_SECONDS)
    elif under_way:
        await under_way.one_ends(SLOW_SECONDS)
    else:
        return False
    await under_way.record_ended()
    return True


class UnderWay:
    """The sendings that have begun and are not recorded yet; each is recorded once it has ended, none waits for all."""

    def __init__(self, runtime: Runtime, now: datetime) -> None:
        """Begin with none, at this moment of the business clock."""
        self._runtime, self._began = runtime, now
        self._clock = asyncio.get_running_loop().time
        self._began_at = self._clock()
        self._sending: dict[asyncio.Task[Sent], Claimed] = {}
        self.recording = asyncio.Lock()

    def __bool__(self) -> bool:
        """Say whether anything is on its way."""
        return bool(self._sending)

    @property
    def now(self) -> datetime:
        """Return the time by which something is sent or recorded: a run goes on for as long as anything is slow."""
        passed = self._clock() - self._began_at
        return self._began + timedelta(seconds=passed) if passed > SLOW_SECONDS else self._began

    def send(self, claimed: Sequence[Claimed]) -> Collection[asyncio.Task[Sent]]:
        """Send claimed notices side by side."""
        begun = {asyncio.create_task(attempt_one(self._runtime, one, self.now)): one for one in claimed}
        self._sending |= begun
        return begun

    def busy(self) -> frozenset[Way]:
        """Return the ways on which so much is slow that no more is begun."""
        slow: Counter[Way] = Counter()
        for (way, host), count in self._places().items():
            slow[way] += min(count, MOST_SLOW_TO_ONE) if host else count
        return frozenset(way for way, count in slow.items() if count >= MOST_SLOW)

    def slow_hosts(self) -> frozenset[str]:
        """Return the hosts to which so much is slow that no more is begun to them: nobody else waits behind that."""
        return frozenset(host for (_, host), count in self._places().items() if host and count >= MOST_SLOW_TO_ONE)

    def _places(self) -> Counter[tuple[Way, str]]:
        return Counter((claimed.way, claimed.host) for claimed in self._sending.values())

    async def one_ends(self, seconds: float) -> None:
        """Wait until something has ended, for so long at most."""
        await asyncio.wait(self._sending, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    async def record_ended(self) -> None:
        """Record together what has ended; raises what keeps the world from being asked, once the others are kept.

        What could not be recorded because the world is down stays here for the next try.
        """
        async with self.recording:
            ended = [sending for sending in self._sending if sending.done()]
            broken = [sending for sending in ended if _failed(sending)]
            self._forget(broken)
            if len(ended) > len(broken):
                await self._record([sending for sending in ended if sending not in broken])
        for failure in [sending.exception() for sending in broken if not sending.cancelled()]:
            if failure is not None:
                raise failure

    async def _record(self, ended: Sequence[asyncio.Task[Sent]]) -> None:
        """Record attempts together; where one of them cannot be recorded, each by itself.

        One for which that is impossible counts as one without an answer when its lease is over.
        """
        try:
            await _record_together(self._runtime, [(self._sending[each], each.result()) for each in ended], self.now)
        except Exception as error:
            if is_world_down(error):
                raise
            if len(ended) > 1:
                for each in ended:
                    await self._record([each])
                return
            facts = {"reference": self._sending[ended[0]].reference}
            log.exception("What became of a notice cannot be kept.", extra={"facts": facts})
        self._forget(ended)

    def _forget(self, ended: Sequence[asyncio.Task[Sent]]) -> None:
        for each in ended:
            del self._sending[each]

    async def end(self, seconds: float | None = None) -> None:
        """Wait for what is under way, for so long at most, and record what has been sent: else it would go again."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=seconds)
        for sending in self._sending:
            sending.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self.record_ended()


def _failed(sending: asyncio.Task[Sent]) -> bool:
    return sending.cancelled() or sending.exception() is not None


async def send_all(runtime: Runtime, claimed: Sequence[Claimed], *, now: datetime) -> None:
    """Send claimed notices side by side, outside any transaction, and record in one what became of them."""
    under_way = UnderWay(runtime, now)
    begun = under_way.send(claimed)
    if begun:
        await asyncio.wait(begun)
    await under_way.record_ended()


async def _record_together(runtime: Runtime, ended: Sequence[Ended], now: datetime) -> None:
    async with runtime.database.transaction(job_actor(runtime)) as session:
        states = await operations.record_attempts(session, ended, now=now, machine_now=datetime.now(UTC))
        for (one, sent), state in zip(ended, states, strict=True):
            if state is not None and sent.acknowledged_by:
                await operations.acknowledge_notice(session, one.id, sent.acknowledged_by, now=now)
    for (one, sent), state in zip(ended, states, strict=True):
        _log(one, sent, state)


def _log(claimed: Claimed, sent: Sent, state: State | None) -> None:
    facts = {
        "reference": claimed.reference,
        "kind": str(claimed.kind),
        "outcome": str(sent.result),
        "state": state,
    }
    attempts_counter.add(1, way=str(claimed.way), outcome=str(sent.result))
    if sent.result == Result.ACCEPTED:
        log.info("A notice was sent.", extra={"facts": facts})
    else:
        log.warning("A notice was not sent.", extra={"facts": facts})
