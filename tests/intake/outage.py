"""A database of a test's own, which can be stopped, frozen and killed without anybody else noticing."""

import asyncio
import contextlib
import os
import secrets
import signal
import smtplib
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from chassis.app import create_app
from services.intake.app import service
from services.intake.domain import DEMO_CLIENT_ID
from services.intake.settings import IntakeSettings
from services.intake.spool import shelter_of
from services.intake.web.api.access import Gate
from tests.conftest import Installation, Running, eventually

SUBMIT = "/api/v1/referrals"


@dataclass
class Outages:
    """Ends and begins the database of an installation."""

    installation: Installation
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = self.installation.folder.logs / "postgres.log"
        self._running.enter_context(self.installation.cluster.running(log))

    def stop(self) -> None:
        """Stop the server: every connection ends, and none can be made."""
        self._running.close()

    def freeze(self) -> None:
        """Halt every process of the server: connections stay, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.installation.cluster.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


@asynccontextmanager
async def intake_on(installation: Installation, spool: Path, port: int, **given: Any) -> AsyncIterator[Running]:
    """Run intake with its mailbox and its spool."""
    own = IntakeSettings(service="intake", smtp_port=port, spool_directory=spool, **{"spool_references": 40, **given})
    app = create_app(service(own), installation.settings("intake"))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://intake.test") as client,
    ):
        yield Running(app, app.state.runtime, client)


async def post_mail(port: int, raw: bytes) -> tuple[int, str]:
    """Send a mail as a real client does; return code and text of the answer to its data."""

    def talk() -> tuple[int, str]:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            client.ehlo()
            client.mail("referrer@school.example")
            client.rcpt("preventreferrals@kent-and-medway.example")
            code, text = client.data(raw)
            return code, text.decode()

    return await asyncio.to_thread(talk)


async def sheltered(intake: Running) -> None:
    """Wait until references are reserved."""

    async def reserved() -> bool:
        shelter = shelter_of(intake.runtime)
        return shelter is not None and not shelter.spool.lacking("KM", shelter.references)

    await eventually(reserved)


async def drained(intake: Running) -> None:
    """Wait until the spool is empty and the doors use the database again."""

    async def empty() -> bool:
        shelter = shelter_of(intake.runtime)
        return shelter is not None and not shelter.spool.waiting and not shelter.away

    await eventually(empty)


async def authorization(intake: Running) -> dict[str, str]:
    """Return the headers of a demonstration partner."""
    gate = Gate.of(intake.runtime)
    partner = await gate.directory.by_client_id(DEMO_CLIENT_ID)
    assert partner
    return {"Authorization": f"Bearer {gate.tokens.issue(partner, partner.terms.scopes)}"}


async def submit(intake: Running, body: dict[str, Any], key: str = "") -> tuple[int, dict[str, Any]]:
    """Send a referral as a partner does; return status and body."""
    headers = {**await authorization(intake), "Idempotency-Key": key or secrets.token_hex(8)}
    answer = await intake.client.post(SUBMIT, json=body, headers=headers)
    return answer.status_code, answer.json()
