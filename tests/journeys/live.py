"""The whole system, started with `throughline up --ephemeral`, and the ways a test speaks to it."""

import asyncio
import contextlib
import json
import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx2

from chassis.crypto import plain_url
from cli import vault
from cli.postgres import Cluster, user_prefix
from cli.state import StateFolder
from samples.send import Doors, bearer

Answer = TypeVar("Answer")

START_SECONDS = 150.0
BEARER_SECONDS = 600.0
BEARERS: dict[str, tuple[float, dict[str, str]]] = {}
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Live:
    """A running throwaway system: where it is, and its supervisor, which takes `ready` away when it begins to stop."""

    folder: StateFolder
    urls: Mapping[str, str]
    provider: str
    smtp: tuple[str, int]
    output: Path
    ready: Path
    supervisor: int

    @property
    def doors(self) -> Doors:
        """The doors that referrals come in by."""
        return Doors(self.urls["intake"], *self.smtp, self.partner)

    @property
    def partner(self) -> tuple[str, str]:
        """The client id and secret of the demonstration's partner."""
        client_id, secret = json.loads((self.folder.secrets / vault.OPERATOR).read_text())["partner"]
        return client_id, secret

    def bearer(self) -> dict[str, str]:
        """Return the header that the demonstration partner's calls carry; its token is used for ten minutes."""
        url = self.urls["intake"]
        held = BEARERS.get(url)
        if held is None or held[0] < time.monotonic():
            with httpx2.Client(timeout=60, trust_env=False) as client:
                held = BEARERS[url] = time.monotonic() + BEARER_SECONDS, bearer(client, url, self.partner)
        return held[1]

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run the command line on this system and return how it ended."""
        line = [sys.executable, "-m", "cli.main", *words, "--state", str(self.folder.root)]
        return subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, timeout=110, check=False)

    def operate(self, service: str, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Return the answer of an operations address, as JSON; fails on any refusal."""
        token = json.loads((self.folder.secrets / vault.OPERATOR).read_text())["ops_token"]
        headers = {"Authorization": f"Bearer {token}", "X-Operator": "tests"}
        url = f"{self.urls[service]}/ops/{path}"
        with httpx2.Client(timeout=60, trust_env=False) as client:
            answer = client.request(method, url, headers=headers, json=body)
        assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.json()

    def processes(self) -> dict[str, int]:
        """Return the process ids by name, as the supervisor writes them."""
        return {str(name): int(pid) for name, pid in json.loads(self.folder.processes.read_text()).items()}

    def database_url(self, database: str, role: str = vault.SUPERUSER) -> str:
        """Return the address of a database for a role, the superuser unless one is named."""
        password = vault.load(self.folder).role_passwords
        cluster = Cluster(self.folder.postgres, self.folder.sockets(), password[vault.SUPERUSER], user_prefix())
        return plain_url(cluster.url(role, password[role], database))

    def rows(self, database: str, query: str, *values: object) -> list[dict[str, Any]]:
        """Return what a query answers, asked as the superuser, whom row-level security does not bind."""

        async def ask() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.database_url(database))
            try:
                return [dict(row) for row in await connection.fetch(query, *values)]
            finally:
                await connection.close()

        return aside(ask())

    def of(self, service: str, query: str, *values: object) -> list[dict[str, Any]]:
        """Return what a query answers in a service's own database."""
        return self.rows(vault.database_of(service), query, *values)

    def ledger(self, reference: str) -> dict[str, Any]:
        """Return a referral's ledger as intake tells it."""
        found: dict[str, Any] = self.operate("intake", "GET", f"ledger/{reference}")
        return found

    def logs(self) -> Iterator[Path]:
        """Yield every log of the system, the supervisor's own words included."""
        yield from sorted(self.folder.logs.iterdir())
        yield self.output


def aside(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run asynchronous work in a thread of its own: a browser that is driven from this one keeps its event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def wait(condition: Callable[[], Any], seconds: float = 60.0, what: str = "It") -> Any:
    """Return the condition's first true answer; fails when time runs out, which is twice as much for a slow machine."""
    until = time.monotonic() + 2 * seconds
    while not (answer := condition()):
        assert time.monotonic() < until, f"{what} did not come true within {2 * seconds:.0f} seconds."
        time.sleep(0.2)
    return answer


@contextlib.contextmanager
def started(folder: Path, *words: str) -> Iterator[Live]:
    """Run a system without the samples for as long as the block lasts, and stop it as Ctrl-C does.

    It is a throwaway one unless the words (of `throughline up`) name a state folder; its ports are free ones anyway.
    """
    ready, output = folder / "ready.json", folder / "up.log"
    script = "from cli import ports; ports.fixed = ports.free\nfrom cli.main import app; app()"
    run = ["-c", script] if "--state" in words else ["-m", "cli.main"]
    chosen = words if "--state" in words else ("--ephemeral", *words)
    command = [sys.executable, *run, "up", "--no-samples", "--ready-file", str(ready), *chosen]
    # A run's Kafka is lent from system to system, which in earnest are installations that must not take it by mistake.
    given = os.environ | {"THROUGHLINE_BUS_TAKE_OVER": "yes"}
    with (
        output.open("ab") as log,
        subprocess.Popen(command, cwd=REPOSITORY, env=given, stdout=log, stderr=log) as process,
    ):
        try:
            wait(lambda: ready.exists() or process.poll() is not None, START_SECONDS, "The start")
            assert process.poll() is None, output.read_text()
            facts = json.loads(ready.read_text())
            host, port = facts["smtp"]
            root = StateFolder(Path(facts["state"]))
            yield Live(root, facts["services"], facts["provider"], (str(host), int(port)), output, ready, process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(45)
            if process.poll() is None:
                process.kill()


@contextlib.contextmanager
def frozen(live: Live, *services: str) -> Iterator[None]:
    """Stop services in mid-air (SIGSTOP); they go on when the block ends."""
    pids = [live.processes()[name] for name in services]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def mailed(live: Live, message: EmailMessage, timeout: float = 60.0) -> tuple[int, str]:
    """Mail a message to the police's mailbox; return the code and the words that answer its content."""
    with smtplib.SMTP(*live.smtp, timeout=timeout) as mailbox:
        mailbox.ehlo()
        mailbox.mail(str(message["From"]))
        mailbox.rcpt(str(message["To"]))
        code, reply = mailbox.data(message.as_bytes())
    return code, reply.decode("utf-8", "replace")


def mail_aside(live: Live) -> str:
    """Have a machine answer a mail of ours; return the id of its answer, once it waits for a person."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "neighbour@home.example", "police@example.test", "Away"
    message["Auto-Submitted"], message["In-Reply-To"] = "auto-replied", "<a-receipt@notify.throughline.example>"
    message.set_content("SYNTHETIC: I am away.\n")
    assert mailed(live, message)[0] == 250

    def waiting() -> list[dict[str, Any]]:
        return live.of("intake", "SELECT id FROM set_aside WHERE state = 'waiting' LIMIT 1")

    return str(wait(waiting, 60, "A mail set aside")[0]["id"])


@contextlib.contextmanager
def signed_in(live: Live, service: str, person: str) -> Iterator[httpx2.Client]:
    """Yield a browser without scripts in which a member of the demonstration staff is signed in at a service."""
    with httpx2.Client(base_url=live.urls[service], timeout=60, trust_env=False, follow_redirects=True) as client:
        page = client.get("/sign-in")
        assert str(page.url).startswith(live.provider), f"{service} leads to {page.url} to sign in."
        back = client.post(str(page.url), data={"sub": person})
        assert back.is_success, f"{person} cannot sign in at {service}: {back.status_code}."
        yield client
