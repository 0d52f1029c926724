"""Ten thousand notices after an outage of the mail server: how fast they go out, in which order, and nothing twice."""

import argparse
import asyncio
import functools
import random
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from bench import report
from bench.console import running
from bench.frame import Result, Settings, rounded, say
from bench.sink import NOTICE, Sink
from bench.triage_store import AREA, VERSION
from chassis.actor import Actor, ActorKind
from chassis.app import Runtime
from chassis.broker import Message
from contracts.envelope import Event
from contracts.intake.referrer import ReferrerMessageDue
from contracts.intake.social_care import SafeguardingConcernReceived
from contracts.triage.notices import SignpostMade
from contracts.vocabulary import ProgressStage, Role, make_reference
from services.notify.app import service
from services.notify.handlers import handlers
from services.notify.jobs import BATCH
from services.notify.settings import NotifySettings

NOTICES = 10_000
OUTAGE = timedelta(hours=4)
DANGER, CONCERNS, SIGNPOSTS = 0.05, 0.3, 0.2
SERVICES = ("kent-early-help", "medway-early-help", "adult-social-care")
SILENT = "young-minds-health"
SILENT_ADDRESS = b"cyp-mental-health@health-trust.example"
"""The mail server of this service takes the whole of a mail and never says a word of it."""
OF_SILENT = 0.01
PORTION = 50
PATIENCE, LOOK_EVERY = 900.0, 0.2
NONE = 1.0
"""The bar of what is not to happen at all (none_wanted)."""
LEAST_SHARE = 0.5
"""With one recipient whose server says nothing the others still get at least so much of their rate."""
SYNTHETIC = "SYNTHETIC: written for a measurement; nobody real is meant."
OLU = Actor(ActorKind.PERSON, "olu", "Olu Ops (synthetic)", frozenset({Role.OPS_ENGINEER}), frozenset({AREA}), "Bench")


@dataclass(frozen=True)
class Drained:
    """How a store of notices went out: seconds, how often one came twice, and how far one was from its place.

    `overtaken` is how many that could wait came before the last urgent one, beyond those of its own batch.
    """

    count: int
    seconds: float
    doubled: int
    out_of_place: int
    overtaken: int

    @property
    def rate(self) -> float:
        """Return notices a second."""
        return self.count / self.seconds


def measure(settings: Settings) -> list[Result]:
    """Measure two drains of the same service: one without and one with a recipient whose server says nothing."""
    return asyncio.run(_measured(settings.count(NOTICES, 80)))


async def _measured(count: int) -> list[Result]:
    port = _free_port()
    settings_of = functools.partial(
        NotifySettings,
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_starttls="never",
        mail_sink_port=0,
        log_level="ERROR",
    )
    async with running("notify", service(), OLU, settings_of, clock=True) as (_, connection, runtime):
        plain = await _drained(runtime, connection, port, count)
        beside = await _drained(runtime, connection, port, count, silent=True)
    return _results(plain, beside, count)


async def _drained(
    runtime: Runtime, connection: asyncpg.Connection, port: int, count: int, *, silent: bool = False
) -> Drained:
    """Write what an outage leaves, let every notice have been tried in vain, and take in what comes afterwards."""
    began = time.monotonic()
    ours = await _written(runtime, count, silent=silent)
    await _tried_in_vain(connection)
    say(f"  {count} notices written, and each tried in vain, in {time.monotonic() - began:.0f} s")
    sink = Sink(1, NOTICE, silent_to=SILENT_ADDRESS if silent else b"")
    wanted = [str(row["id"]) for row in await _in_order(connection, ours)]
    async with sink.on("127.0.0.1", (port,)):
        again = datetime.now(UTC)
        await connection.execute("UPDATE notice SET next_attempt_at = now() WHERE state = 'failed'")
        async with asyncio.timeout(PATIENCE):
            await _all_came(sink, frozenset(wanted))
        drained = await _judged(connection, sink, wanted, again)
    say(f"  {drained.rate:.0f} notices a second, {drained.doubled} twice, {drained.out_of_place} places out at most")
    await connection.execute("DELETE FROM notice")
    return drained


async def _all_came(sink: Sink, wanted: frozenset[str]) -> None:
    while not sink.moments.keys() >= wanted:  # noqa: ASYNC110  a look costs nothing beside the mails
        await asyncio.sleep(LOOK_EVERY)


async def _judged(connection: asyncpg.Connection, sink: Sink, wanted: Sequence[str], again: datetime) -> Drained:
    """Compare the order in which notices came first with that in which they should have come."""
    place = {name: at for at, name in enumerate(wanted)}
    came = sorted(wanted, key=lambda name: sink.moments[name][0])
    urgent = {str(row["id"]) for row in await connection.fetch("SELECT id FROM notice WHERE urgent")} & place.keys()
    last = max((at for at, name in enumerate(came) if name in urgent), default=0)
    return Drained(
        count=len(wanted),
        seconds=(sink.moments[came[-1]][0] - again).total_seconds(),
        doubled=sum(len(sink.moments[name]) - 1 for name in wanted),
        out_of_place=max(abs(place[name] - at) for at, name in enumerate(came)),
        overtaken=max(0, last + 1 - len(urgent) - BATCH),
    )


async def _in_order(connection: asyncpg.Connection, ours: Sequence[UUID]) -> list[asyncpg.Record]:
    """Return the notices that are to come, in the order in which they should; without what is never answered."""
    asked = "SELECT id FROM notice WHERE event_id = ANY ($1) AND recipient_key <> $2 ORDER BY urgent DESC, created_at"
    return list(await connection.fetch(asked, ours, SILENT))


async def _tried_in_vain(connection: asyncpg.Connection) -> None:
    """Wait until nothing is left that was never tried, and let everything wait for longer than it takes to listen."""
    left = "SELECT count(*) FROM notice WHERE attempts = 0 OR state = 'sending'"
    async with asyncio.timeout(PATIENCE):
        while await connection.fetchval(left):  # noqa: ASYNC110  another process would have to tell
            await asyncio.sleep(LOOK_EVERY)
    await connection.execute("UPDATE notice SET next_attempt_at = now() + interval '1 hour' WHERE state = 'failed'")


async def _written(runtime: Runtime, count: int, *, silent: bool) -> list[UUID]:
    """Let so many notices be written by the service's own handlers, four hours' worth, in chance order."""
    lot, began = random.Random(5), datetime.now(UTC) - OUTAGE
    moments = [began + OUTAGE * at / count for at in range(count)]
    lot.shuffle(moments)
    ours: list[UUID] = []
    for start in range(0, count, PORTION):
        portion = [(uuid4(), uuid4(), at) for at in moments[start : start + PORTION]]
        await runtime.keys.ensure([subject for subject, _, _ in portion])
        async with runtime.database.transaction(Actor.service("notify")) as session:
            await session.lock_all(subject for subject, _, _ in portion)
            for subject, event_id, at in portion:
                event = _event(lot, at, silent=silent)
                found = handlers.find(event.wire_type)
                if found is None:
                    raise RuntimeError(f"Nobody answers {event.wire_type}: no notice can be written.")
                message = Message(event_id, event.wire_type, event.topic, subject, AREA, VERSION, subject, None, at)
                await found[1](session, event, message)
                ours.append(event_id)
    return ours


def _event(lot: random.Random, at: datetime, *, silent: bool) -> Event:
    reference, drawn = make_reference("KM", lot.choice), lot.random()
    if silent and lot.random() < OF_SILENT:
        return _signpost(reference, at, SILENT)
    if drawn < CONCERNS:
        return SafeguardingConcernReceived(
            reference=reference, received_at=at, front_door=lot.choice(("kent-cru", "medway-front-door")),
            immediate_danger=drawn < DANGER, version=1, read=True, forenames="Sample", surname="Benchperson",
            safeguarding_concern=SYNTHETIC,
        )  # fmt: skip
    if drawn < CONCERNS + SIGNPOSTS:
        return _signpost(reference, at, lot.choice(SERVICES))
    address = f"referrer-{lot.getrandbits(40):x}@school.example"
    return ReferrerMessageDue(reference=reference, due_at=at, email=address, stage=ProgressStage.RECEIVED)


def _signpost(reference: str, at: datetime, to: str) -> SignpostMade:
    return SignpostMade(reference=reference, signpost_id=uuid4(), made_at=at, service=to, message=SYNTHETIC)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def none_wanted(name: str, count: int, note: str) -> Result:
    """Return how many notices there were of a sort of which there is to be none: a single one misses the bar.

    The ratio is 1 / (1 + count): 1 where there is none, and lower with each.
    """
    explained = f"{note} None is wanted: the ratio is 1 divided by 1 more than that many."
    return Result(name, count, None, "notices", rounded(1 / (1 + count)), NONE, explained)


def missed(results: Sequence[Result]) -> list[Result]:
    """Return the results that do not keep their bar."""
    return [result for result in results if result.bar is not None and (result.ratio or 0) < result.bar]


def _results(plain: Drained, beside: Drained, count: int) -> list[Result]:
    share = beside.rate / plain.rate
    note = (
        f"{count} notices (referrers, front doors, services; one in twenty urgent) written by the service's handlers, "
        f"each tried in vain while no mail server listened, then drained by its own jobs over SMTP until the last had "
        f"come. {plain.doubled} came twice. Urgent before routine, old before new: none was more than "
        f"{plain.out_of_place} places away from its own (a batch goes out side by side: {BATCH}); {plain.overtaken} "
        f"that could wait came before an urgent one of an earlier batch."
    )
    of_silent = (
        f"The same again, and one in a hundred is for a recipient whose mail server takes the whole of a mail and says "
        f"nothing: notices a second of all the others ({beside.doubled} came twice). The ratio is to the rate without "
        f"such a recipient, in the same run; at least half is wanted."
    )
    return [
        Result("notices_drained", rounded(plain.rate), None, "/s", None, None, note),
        none_wanted("notices_doubled", plain.doubled + beside.doubled, "In both drains, how many came twice."),
        none_wanted(
            "notices_overtaken", plain.overtaken + beside.overtaken,
            "In both drains, how many that could wait came before an urgent one of an earlier batch.",
        ),
        Result(
            "notices_beside_silence", rounded(beside.rate), rounded(plain.rate), "/s", rounded(share), LEAST_SHARE,
            of_silent,
        ),
    ]  # fmt: skip


def main() -> int:
    """Measure with as many notices as are asked for; a full run is kept."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--notices", type=int, default=NOTICES)
    given = asked.parse_args()
    measured, began = report.commit(), time.monotonic()
    results = asyncio.run(_measured(given.notices))
    if given.notices >= NOTICES:
        report.keep(report.Run(results, measured, datetime.now(UTC), time.monotonic() - began))
    for result in results:
        say(f"  {result.name}: {result.ours:g} {result.unit}, ratio {result.ratio}")
    return int(bool(missed(results)))


if __name__ == "__main__":
    sys.exit(main())
