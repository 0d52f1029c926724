"""Intake killed again and again, with and without its database: each receipt leads to one referral, none to two."""

import asyncio
import contextlib
import os
import random
import secrets
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from chassis.settings import load_secrets
from cli import vault
from cli.forks import Forked, Nursery, Request
from services.intake.domain import DEMO_CLIENT_ID, KeyKind, demo_secret, key_for
from tests.conftest import Installation, eventually, installed, prepared
from tests.intake.builders import mail, referral
from tests.intake.outage import Outages, post_mail

KILLS = 20
WITHOUT_DATABASE = 13
"""So many of the first kills happen while the database is away; the others while the spool is taken in."""
SENDERS = 6
START_SECONDS = 60.0
HALF = 0.5


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Sent:
    """What a sender has sent under a key of its own, and every receipt that it got for it."""

    key: str
    body: dict[str, Any] | bytes
    receipts: set[str] = field(default_factory=set)


@dataclass
class Process:
    """Intake as a process of its own, forked as the supervisor forks it, which can be killed at any moment."""

    installation: Installation
    spool: Path
    log: Path
    nursery: Nursery
    port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)
    running: Forked | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        given = {
            "SERVICE": "intake",
            "PORT": str(self.port),
            "SMTP_PORT": str(self.smtp_port),
            "SECRETS_FILE": str(vault.secrets_file(self.installation.folder, "intake")),
            "SPOOL_DIRECTORY": str(self.spool),
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
        environment |= {f"THROUGHLINE_{name}": value for name, value in given.items()}
        self.running = await self.nursery.fork(Request("intake", "cli.serve", ("intake",), environment, self.log))
        await eventually(self.answers, START_SECONDS)

    async def answers(self) -> bool:
        with contextlib.suppress(httpx2.HTTPError):
            async with httpx2.AsyncClient(trust_env=False) as client:
                return (await client.get(f"http://127.0.0.1:{self.port}/health/live")).status_code == 200
        return False

    async def kill(self) -> None:
        """Kill it, and its reading children with it, as a loss of power would."""
        if self.running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            await self.running.wait()
            self.running = None


@dataclass
class Senders:
    """Partners and mail servers that send everything until it is accepted, and some of it once more."""

    process: Process
    secret: str
    sent: list[Sent] = field(default_factory=list)
    token: str = ""

    async def work(self) -> None:
        """Send until cancelled."""
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            while True:
                old = [each for each in self.sent if not each.receipts] or random.sample(
                    self.sent, min(1, len(self.sent))
                )
                if old and random.random() < HALF:
                    sent = random.choice(old)
                else:
                    sent = Sent(secrets.token_hex(8), referral() if random.random() < HALF else mail().as_bytes())
                    self.sent.append(sent)
                with contextlib.suppress(OSError, httpx2.HTTPError):
                    await self._send(client, sent)
                await asyncio.sleep(0.01)

    async def _send(self, client: httpx2.AsyncClient, sent: Sent) -> None:
        if isinstance(sent.body, bytes):
            code, text = await post_mail(self.process.smtp_port, sent.body)
            if code == 250:
                sent.receipts.add(text.rpartition(" ")[2])
            return
        url = f"http://127.0.0.1:{self.process.port}/api/v1"
        if not self.token:
            credentials = {"client_id": DEMO_CLIENT_ID, "client_secret": self.secret}
            answer = await client.post(f"{url}/token", data={"grant_type": "client_credentials", **credentials})
            self.token = answer.json().get("access_token", "")
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": sent.key}
        answer = await client.post(f"{url}/referrals", json=sent.body, headers=headers)
        if answer.status_code in {200, 201}:
            sent.receipts.add(answer.json()["reference"])


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[Installation, Outages]]:
    """An installation of the test's own, its database running."""
    made = installed(tmp_path / "state")
    outages = Outages(made)
    await asyncio.to_thread(outages.start)
    await prepared(made, ("intake",))
    yield made, outages
    await asyncio.to_thread(outages.stop)


@pytest.fixture
async def nursery(tmp_path: Path) -> AsyncIterator[Nursery]:
    """The process that has loaded intake once for all its starts."""
    made = Nursery(os.environ, tmp_path / "nursery.log", ("services.intake.app",))
    await made.start()
    yield made
    await made.stop()


@asynccontextmanager
async def sending(senders: Senders) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(senders.work()) for _ in range(SENDERS)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.timeout(600)
async def test_every_receipt_leads_to_one_referral_whatever_is_killed_when(
    own: tuple[Installation, Outages], nursery: Nursery, tmp_path: Path
) -> None:
    installation, outages = own
    process = Process(installation, tmp_path / "spool", tmp_path / "intake.log", nursery)
    key = load_secrets(vault.secrets_file(installation.folder, "intake")).key_encryption_key
    senders = Senders(process, demo_secret(key))
    try:
        await process.start()
        await eventually(lambda: _reserved(installation))
        await asyncio.to_thread(outages.stop)
        for kill in range(KILLS):
            if kill == WITHOUT_DATABASE:
                await asyncio.to_thread(outages.start)
            if process.running is None:
                await process.start()
            async with sending(senders):
                await asyncio.sleep(random.uniform(0.05, 0.8))
                await process.kill()
        await process.start()
        await eventually(lambda: _empty(tmp_path / "spool"), 60)
        await _compare(installation, senders.sent)
    finally:
        await process.kill()


async def _compare(installation: Installation, sent: list[Sent]) -> None:
    connection = await asyncpg.connect(installation.superuser_url(vault.database_of("intake")))
    try:
        rows = await connection.fetch("SELECT id, reference FROM referral")
        aliases = await connection.fetch("SELECT digest, referral_id FROM arrival_key WHERE kind = 'reference'")
    finally:
        await connection.close()
    by_reference = {row["reference"]: row["id"] for row in rows}
    by_digest = {row["digest"]: row["referral_id"] for row in aliases}
    led_to = [
        {by_reference.get(given) or by_digest.get(key_for(KeyKind.REFERENCE, given).digest) for given in each.receipts}
        for each in sent
    ]
    answered = [found for found in led_to if found]
    assert len(answered) > KILLS
    assert {len(found) for found in answered} == {1}, "Two receipts for one arrival lead to two referrals."
    assert None not in set().union(*answered), "A receipt leads nowhere."
    assert len(set().union(*answered)) == len(answered), "Two arrivals share a referral."
    # Only what was never answered may be there or not.
    assert len(answered) <= len(rows) <= len(sent)


async def _reserved(installation: Installation) -> bool:
    connection = await asyncpg.connect(installation.superuser_url(vault.database_of("intake")))
    try:
        count = await connection.fetchval("SELECT count(*) FROM arrival_key WHERE kind = 'reserved-reference'")
    finally:
        await connection.close()
    return int(count) >= 1000


async def _empty(spool: Path) -> bool:
    return not list(spool.glob("*.entry"))
