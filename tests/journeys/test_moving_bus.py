"""A running demonstration moves from the embedded bus to Kafka and back, and nothing that was under way is lost."""

import json
import os
import signal
from collections.abc import Sequence
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path

import pytest

from cli.provision import BUS
from tests.journeys.live import REPOSITORY, Live, frozen, started, wait
from tests.kafka import Kafka

SAMPLES = REPOSITORY / "samples"
CONSUMERS = ("triage", "channel", "notify", "stats")
RECEIPTS = "receipts.intake.v1"


def submitted(live: Live, sample: str) -> str:
    done = live.command("submit", str(SAMPLES / sample), "--json")
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)[0]["reference"])


def complete(live: Live, references: Sequence[str]) -> None:
    """Every required team has every referral, people's progress is back, and nobody has one twice."""
    for reference in references:
        done = live.command("ledger", reference, "--wait", "90", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        wait(partial(delivered, live, reference), 60, "The front door's mail in the ledger")
    wait(lambda: len(live.of("triage", "SELECT FROM referral")) == len(references), 30, "Each referral once")
    for service in CONSUMERS:
        assert live.of(service, "SELECT FROM inbox_parked") == []
        assert live.of(service, "SELECT FROM inbox_held") == []
    for reference in references:
        told = [to for to, words in mails(live) if reference in words]
        assert len(told) == len(set(told)), "nobody is told twice"


def mails(live: Live) -> list[tuple[str, str]]:
    """Return the recipient and the words of every mail in the demonstration's folder."""
    found = []
    for path in live.folder.mail.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        found.append((str(message["To"]), f"{message['Subject']} {body.get_content() if body else ''}"))
    return found


def delivered(live: Live, reference: str) -> bool:
    lines = {line["team"]: line for line in live.ledger(reference)["lines"]}
    return bool(lines["front-door"]["delivered_at"])


def published(live: Live) -> bool:
    """Whether everything that intake has to say is on the bus."""
    return not live.of("intake", "SELECT FROM outbox WHERE published_at IS NULL")


def waiting_receipts(live: Live) -> int:
    """How many receipts lie on the embedded bus that intake has not read."""
    rows = live.rows(
        BUS,
        "SELECT h.next - c.position AS behind FROM bus.head h JOIN bus.cursor c USING (topic, partition) "
        "WHERE h.topic = $1 AND c.consumer = 'intake'",
        RECEIPTS,
    )
    return sum(int(row["behind"]) for row in rows)


def halt(live: Live, *services: str) -> list[int]:
    """Stop services so that they neither read nor answer until the system ends; return their process ids."""
    pids = [live.processes()[service] for service in services]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids


def end(live: Live, halted: list[int]) -> None:
    """Let the system end, and those at once who cannot hear of it: it would wait for them, and then kill them."""
    os.kill(live.supervisor, signal.SIGINT)
    wait(lambda: not live.ready.exists(), what="The end of the supervision")
    for pid in halted:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.timeout(900)
def test_moving_to_kafka_and_back_loses_nothing(lent_kafka: Kafka, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    with started(tmp_path, *state) as live:
        references = [submitted(live, "man-of-twenty-two-dartford.json")]
        complete(live, references)
        with frozen(live, *CONSUMERS):
            references.append(submitted(live, "mother-of-forty-five-tunbridge-wells.json"))
            wait(lambda: published(live), what="Everything on the bus")
            halted = halt(live, "intake")
        # Its consumers store it and answer; the answers lie on a bus that the system is about to leave.
        wait(lambda: waiting_receipts(live) >= len(CONSUMERS), what="Receipts in flight")
        end(live, halted)

    with started(tmp_path, *state, "--bus", lent_kafka.admin_url) as live:
        assert live.rows(BUS, "SELECT FROM bus.message") == [], "an erasure would not reach what lies on a bus unused"
        complete(live, references)
        references.append(submitted(live, "student-of-nineteen-canterbury.json"))
        complete(live, references)
        halted = halt(live, *CONSUMERS)
        references.append(submitted(live, "man-of-thirty-eight-thanet.json"))
        wait(lambda: published(live), what="Everything on Kafka")
        end(live, halted)

    with started(tmp_path, *state) as live:
        complete(live, references)
        references.append(submitted(live, "boy-of-sixteen-folkestone.json"))
        complete(live, references)
