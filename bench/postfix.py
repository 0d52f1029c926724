"""Against Postfix, the mailbox that this replaces: one mail in and three out, beside one referral that four store."""

import contextlib
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import uvloop

from bench import mails, mta, wire
from bench.frame import (
    NotHere,
    Result,
    Settings,
    System,
    alternate,
    percentile,
    rate_result,
    rounded,
    sampled_system,
    say,
)
from bench.ledger import Ledger
from bench.sink import Sink

NAME = "postfix"
BAR = 0.4
PEER = "postfix"
CLIENTS = 16
REFERRALS = 500
MAILS = 300
FORMS = 60
GENTLE = 200
PER_SECOND = 10.0
ACCEPT_BAR = 1.0
LIMITS = {"p50": 50.0, "p99": 250.0}
"""Milliseconds from accepted to stored by all four, at ten a second: design, section 9."""

HOW = (
    "Postfix with its defaults (fsync of each queue file, 100 processes, 20 deliveries at once to each destination, no "
    "log), virtual alias to three recipients at three smtp-sinks."
)


def measure(settings: Settings) -> list[Result]:
    """Measure on the embedded bus, and on Kafka where it can be had."""
    with mta.running() as postfix:
        results = _on_bus(postfix, "", "", settings)
        with _kafka() as bus:
            if bus:
                results += _on_bus(postfix, bus, "_kafka", settings)
    return results


@contextlib.contextmanager
def _kafka() -> Iterator[str]:
    """Yield the address of a Kafka started for the block, or nothing, with a sentence, where there is none."""
    from deploy.kafka.brokers import Brokers, KafkaNotHere, KafkaNotStarted  # noqa: PLC0415  loads a client

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="throughline-kafka-"))
        try:
            address = stack.enter_context(Brokers(Path(folder))).admin_url
        except (KafkaNotHere, KafkaNotStarted) as reason:
            say(f"  On Kafka: left out. {reason}")
            address = ""
        yield address


def _on_bus(postfix: mta.Postfix, bus: str, suffix: str, settings: Settings) -> list[Result]:
    say(f"  On {'Kafka' if bus else 'the embedded bus'}.")
    try:
        with sampled_system(bus=bus) as system:
            both = Both(system, postfix)
            both.api(settings.count(REFERRALS // 4, CLIENTS))
            return [
                _api(both, suffix, settings),
                _accept(both, suffix, settings),
                _forms(both, suffix, settings),
                *_latencies(both, suffix, settings),
            ]
    except NotHere as reason:
        if not bus:
            raise
        say(f"  On Kafka: left out. {reason}")
        return []


def _api(both: "Both", suffix: str, settings: Settings) -> Result:
    count = settings.count(REFERRALS, CLIENTS)
    say(f"  API: {count} referrals a round, until all four have stored them.")
    medians = alternate(settings.rounds, lambda: both.api(count), {PEER: lambda: both.forwarded(count)})
    note = f"{count} referrals a round from {CLIENTS} kept connections, accepted to ledger closed. {HOW}"
    return _noted(rate_result(f"postfix_api{suffix}", medians, PEER, "referrals/s", BAR), note)


def _accept(both: "Both", suffix: str, settings: Settings) -> Result:
    count = settings.count(MAILS, CLIENTS)
    say(f"  SMTP: {count} mails a round, until answered 250.")
    medians = alternate(settings.rounds, lambda: both.accepted(count), {PEER: lambda: both.postfix_accepted(count)})
    note = (
        f"smtp-source against both: {count} mails of 2.5 KB a round, {CLIENTS} sessions, a connection for each mail, "
        f"while what was accepted is read and forwarded. {HOW}"
    )
    return _noted(rate_result(f"postfix_smtp_accept{suffix}", medians, PEER, "mails/s", ACCEPT_BAR), note)


def _forms(both: "Both", suffix: str, settings: Settings) -> Result:
    count = settings.count(FORMS, 4)
    say(f"  Mails with the form as a Word file: {count} a round, until read and stored by all four.")
    medians = alternate(settings.rounds, lambda: both.forms(count), {PEER: lambda: both.forms_forwarded(count)})
    note = (
        f"{count} mails of 45 KB a round, each with another Word file: accepted, announced with the original, read in "
        f"the cage, announced as read, stored by all four. Postfix forwards the same mails unread. {HOW}"
    )
    return _noted(rate_result(f"postfix_smtp_docx{suffix}", medians, PEER, "mails/s", None), note)


def _latencies(both: "Both", suffix: str, settings: Settings) -> list[Result]:
    count = settings.count(GENTLE, 10)
    say(f"  Latency: {count} referrals at {PER_SECOND:.0f} a second, and as many mails.")
    ours, theirs = both.latencies(count), both.postfix_latencies(count)
    results = []
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        mine, peer = percentile(ours, share), percentile(theirs, share)
        note = f"{count} at {PER_SECOND:.0f}/s, from the answer to the last line of the ledger. {HOW}"
        beside = Result(f"postfix_{name}{suffix}", rounded(mine), rounded(peer), "ms", rounded(peer / mine), None, note)
        limit = LIMITS[name]
        note = f"As postfix_{name}; the ratio is to the limit of {limit:g} ms."
        results += [
            beside,
            Result(f"latency_{name}{suffix}", rounded(mine), None, "ms", rounded(limit / mine), 1, note),
        ]
    return results


def _noted(result: Result, note: str) -> Result:
    return Result(result.name, result.ours, result.peer, result.unit, result.ratio, result.bar, note)


class Both:
    """Our system and Postfix, each asked for the same."""

    def __init__(self, system: System, postfix: mta.Postfix) -> None:
        """Send to these two; what is sent is made up anew each time."""
        self._system = system
        self._postfix = postfix
        self._chance = random.Random()
        self._bodies = mails.bodies(8, self._chance)

    def api(self, count: int) -> float:
        """Return referrals a second from the first request until the ledger of the last is closed."""
        bodies, api = mails.bodies(count, self._chance), self._system.api
        return self._until_closed(lambda: wire.post_all(api, bodies, CLIENTS), count)

    def forms(self, count: int) -> float:
        """Return mails with forms a second, from the first until the ledger of the last is closed."""
        made = mails.form_mails(count, mails.MAILBOX, self._chance)
        return self._until_closed(lambda: wire.mail_all(self._system.smtp, made, mails.MAILBOX, CLIENTS), count)

    def _until_closed(self, send: Callable[[], Awaitable[Sequence[wire.Answer]]], count: int) -> float:
        async def sent() -> float:
            async with Ledger.of(self._system.state) as ledger:
                began = time.monotonic()
                await send()
                return count / (await ledger.closed() - began)

        return uvloop.run(sent())

    def forwarded(self, count: int) -> float:
        """Return mails a second that Postfix takes in and has delivered to all three parties."""
        with tempfile.NamedTemporaryFile("wb", suffix=".eml") as file:
            head = f"From: <{mails.SENDER}>\nTo: <{mta.MAILBOX}>\nSubject: Prevent referral\n\n"
            file.write(head.encode() + self._bodies[0] + b"\n")
            file.flush()
            with self._postfix.parties(count) as parties:
                began = time.monotonic()
                self._postfix.source(self._postfix.port, mta.MAILBOX, count, "-d", "-s", str(CLIENTS), "-F", file.name)
                return _taken(parties, began, count)

    def forms_forwarded(self, count: int) -> float:
        """Return mails with forms a second that Postfix takes in and has delivered to all three parties."""
        made = mails.form_mails(count, mta.MAILBOX, self._chance)
        with self._postfix.parties(count) as parties:
            began = time.monotonic()
            uvloop.run(wire.mail_all((mta.HOST, self._postfix.port), made, mta.MAILBOX, CLIENTS))
            return _taken(parties, began, count)

    def accepted(self, count: int) -> float:
        """Return mails a second that our mailbox answers with 250; then wait until all of them are through."""
        took = self._timed_source(self._system.smtp[1], mails.MAILBOX, count)

        async def drained() -> None:
            async with Ledger.of(self._system.state) as ledger:
                await ledger.closed()

        uvloop.run(drained())
        return count / took

    def postfix_accepted(self, count: int) -> float:
        """Return mails a second that Postfix answers with 250; then wait until all of them are through."""
        with self._postfix.parties(count) as parties:
            took = self._timed_source(self._postfix.port, mta.MAILBOX, count)
            _taken(parties, 0.0, count)
        return count / took

    def _timed_source(self, port: int, recipient: str, count: int) -> float:
        began = time.monotonic()
        self._postfix.source(port, recipient, count, "-s", str(CLIENTS), "-l", "2500")
        return time.monotonic() - began

    def latencies(self, count: int) -> list[float]:
        """Return the milliseconds from each answer 201 until the last team's line was closed, at an even rate."""
        bodies, api = mails.bodies(count, self._chance), self._system.api

        async def sent() -> list[float]:
            answers = await wire.post_evenly(api, bodies, PER_SECOND)
            named = {str(json.loads(answer.words)["reference"]): answer.answered_at for answer in answers}
            async with Ledger.of(self._system.state) as ledger:
                await ledger.closed()
                return _between(named, await ledger.stored_at(list(named)))

        return uvloop.run(sent())

    def postfix_latencies(self, count: int) -> list[float]:
        """Return the milliseconds from each answer 250 until the last of the three parties had the mail."""
        marks = [f"mail-{number}" for number in range(count)]
        made = [mails.plain_mail(mark, mta.MAILBOX, self._bodies[0].decode()) for mark in marks]

        async def sent() -> list[float]:
            sink = Sink(copies=len(mta.PARTIES))
            async with sink.on(mta.HOST, self._postfix.sinks):
                answers = await wire.mail_evenly((mta.HOST, self._postfix.port), made, mta.MAILBOX, PER_SECOND)
                await sink.complete(count)
            named = {mark: answer.answered_at for mark, answer in zip(marks, answers, strict=True)}
            return _between(named, {mark: sink.last_at(mark) for mark in marks})

        return uvloop.run(sent())


def _between(accepted: Mapping[str, datetime], stored: Mapping[str, datetime]) -> list[float]:
    return [max(0.1, (stored[name] - moment).total_seconds() * 1000) for name, moment in accepted.items()]


def _taken(parties: Sequence[subprocess.Popen[bytes]], began: float, count: int) -> float:
    """Wait until every party has taken its mails; return mails a second since `began`."""
    for party in parties:
        party.wait(mta.DELIVERY_PATIENCE)
    return count / (time.monotonic() - began)
