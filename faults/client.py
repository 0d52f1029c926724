"""A referrer outside the system: refers by API and by mail, once each, and writes down what it did and was told."""

import asyncio
import hashlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosmtplib
import httpx2

from cli.leash import follow_parent
from samples.send import MAILBOX, REFERENCE, SENDER

SECONDS = 20.0
MAIL_SHARE = 0.25
BURST_EVERY_SECONDS = 20.0
BURST = 15
MOST_AT_ONCE = 80
ASKED_AGAIN = 10
MOST_REMEMBERED = 500
OK, FAIL, UNKNOWN = "ok", "fail", "unknown"
NOBODY_KNOWS = ("outcome-unknown", "is not known")
"""How the API and the mailbox say that the database was lost in the commit: neither a yes nor a no."""
FORMS = tuple(path.read_bytes() for path in sorted((Path(__file__).parents[1] / "samples").glob("*.docx")))
SAMPLES = tuple(
    json.loads(path.read_text("utf-8")) for path in sorted((Path(__file__).parents[1] / "samples").glob("*.json"))
)


@dataclass(frozen=True)
class Task:
    """Where to refer, as which partner, how often a second, from which seed, and where the attempts are written."""

    api: str
    partner: tuple[str, str]
    smtp_port: int
    per_second: float
    seed: int
    record: Path


@dataclass(frozen=True)
class Attempt:
    """One referral that is sent once: its mark (key or Message-ID), its bytes, and the digest they are known by."""

    door: str
    mark: str
    body: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of the original."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What the client knows: ok with a reference, fail (the system said no) or unknown (it said nothing)."""

    outcome: str
    said: str
    reference: str = ""


def made(chance: random.Random) -> Attempt:
    """Return a new referral of a synthetic person: a sample with a mark of its own."""
    mark = UUID(int=chance.getrandbits(128), version=4)
    if chance.random() < MAIL_SHARE:
        return Attempt("mail", f"<{mark}@school.example>", _mail(chance, mark))
    form: dict[str, Any] = json.loads(json.dumps(chance.choice(SAMPLES)))
    form["person"]["forenames"] = f"Synthetic {mark.hex[:12]}"
    return Attempt("api", str(mark), json.dumps(form).encode("utf-8"))


def _mail(chance: random.Random, mark: UUID) -> bytes:
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = SENDER, MAILBOX, "Prevent referral (synthetic)"
    message["Message-ID"] = f"<{mark}@school.example>"
    message.set_content("SYNTHETIC: please find a referral form attached.\n")
    # Incompressible bytes stand for a scan: a document is more than a few pages of text.
    scan = chance.randbytes(chance.choice((2_000, 20_000, 200_000)))
    message.add_attachment(chance.choice(FORMS), maintype="application", subtype="octet-stream", filename="form.docx")
    message.add_attachment(scan, maintype="application", subtype="octet-stream", filename="scan.bin")
    return message.as_bytes()


class Token(httpx2.Auth):
    """A partner's access token, asked for when there is none and again when it counts for nothing."""

    requires_response_body = True

    def __init__(self, task: Task) -> None:
        """Ask as the task's partner."""
        self._url, self._partner = f"{task.api}/api/v1/token", task.partner
        self._held = ""

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Send a request with the token, and once more with a new one where it was refused as unauthorised."""
        for _ in range(2):
            if not self._held:
                asked = yield self._asking()
                if asked.status_code != httpx2.codes.OK:
                    raise httpx2.ConnectError("No token was given.")
                self._held = str(asked.json()["access_token"])
            request.headers["Authorization"] = f"Bearer {self._held}"
            answer = yield request
            if answer.status_code != httpx2.codes.UNAUTHORIZED:
                return
            self._held = ""

    def _asking(self) -> httpx2.Request:
        client_id, secret = self._partner
        asked = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        return httpx2.Request("POST", self._url, data=asked)


async def by_api(client: httpx2.AsyncClient, attempt: Attempt) -> Answer:
    """Refer once; a refused connection is a no, a lost answer is unknown."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": attempt.mark}
    try:
        answer = await client.post("/api/v1/referrals", content=attempt.body, headers=headers)
    except httpx2.ConnectError:
        return Answer(FAIL, "no connection")
    except httpx2.HTTPError as error:
        return Answer(UNKNOWN, type(error).__name__)
    if answer.status_code == httpx2.codes.CREATED:
        return Answer(OK, "201", str(answer.json()["reference"]))
    return _no(f"{answer.status_code} {answer.text}")


def _no(said: str) -> Answer:
    return Answer(UNKNOWN if any(words in said for words in NOBODY_KNOWS) else FAIL, said[:200])


async def by_mail(task: Task, attempt: Attempt) -> Answer:
    """Mail once; only 250 to the content is a yes, and an answer of the 400s or 500s a no."""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=task.smtp_port, timeout=SECONDS, use_tls=False, start_tls=False)
    try:
        await client.connect()
        _, said = await client.sendmail(SENDER, [MAILBOX], attempt.body)
    except aiosmtplib.SMTPConnectTimeoutError as error:
        return Answer(UNKNOWN, type(error).__name__)
    except aiosmtplib.SMTPConnectError as error:
        refused = isinstance(error.__cause__, ConnectionRefusedError)
        return Answer(FAIL if refused else UNKNOWN, type(error).__name__)
    except aiosmtplib.SMTPRecipientsRefused as error:
        return Answer(FAIL, str(error.recipients[0].code))
    except aiosmtplib.SMTPResponseException as error:
        return _no(f"{error.code} {error.message}") if error.code > 0 else Answer(UNKNOWN, error.message)
    except (aiosmtplib.SMTPException, OSError) as error:
        return Answer(UNKNOWN, type(error).__name__)
    finally:
        client.close()
    return Answer(OK, "250", REFERENCE.findall(said)[0])


class Referrer:
    """Sends at a steady pace with bursts until told to stop."""

    def __init__(self, task: Task) -> None:
        """Append to the task's record."""
        self._task = task
        self._chance = random.Random(task.seed)
        self._record = os.open(task.record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._number = 0
        self._answered: list[tuple[int, Attempt, Answer]] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop, and wait for the last answers."""
        burst_at = time.monotonic() + BURST_EVERY_SECONDS
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=5)
        async with httpx2.AsyncClient(
            base_url=self._task.api, auth=Token(self._task), timeout=SECONDS, trust_env=False, limits=limits
        ) as client:
            while not stop.is_set():
                await asyncio.sleep(self._chance.expovariate(self._task.per_second))
                many = BURST if time.monotonic() > burst_at else 1
                burst_at += BURST_EVERY_SECONDS if many > 1 else 0.0
                for _ in range(min(many, MOST_AT_ONCE - len(self._sending))):
                    one = asyncio.create_task(self._send(client, made(self._chance)))
                    self._sending.add(one)
                    one.add_done_callback(self._sending.discard)
            await asyncio.gather(*self._sending)
            await self._ask_again(client)

    async def _ask_again(self, client: httpx2.AsyncClient) -> None:
        """Send some of the last ones again under their keys: those with an answer must get the same one."""
        for outcome in (OK, UNKNOWN):
            those = [each for each in self._answered if each[2].outcome == outcome and each[1].door == "api"]
            for number, attempt, _ in those[-ASKED_AGAIN:]:
                answer = await by_api(client, attempt)
                self._write({"n": number, "again": answer.reference or answer.said})

    async def _send(self, client: httpx2.AsyncClient, attempt: Attempt) -> None:
        self._number += 1
        number = self._number
        # Before the first byte leaves: whatever happens to this process, nothing was sent that is not written down.
        self._write({"n": number, "door": attempt.door, "mark": attempt.mark, "digest": attempt.digest})
        answer = await (by_mail(self._task, attempt) if attempt.door == "mail" else by_api(client, attempt))
        told = {"outcome": answer.outcome, "said": answer.said, "reference": answer.reference}
        self._write({"n": number, **told})
        self._answered = [*self._answered[-MOST_REMEMBERED:], (number, attempt, answer)]

    def _write(self, facts: Mapping[str, object]) -> None:
        os.write(self._record, json.dumps(dict(facts) | {"at": time.time()}).encode("utf-8") + b"\n")


async def run(task: Task) -> None:
    """Refer until SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Referrer(task).run(stop)


if __name__ == "__main__":
    follow_parent(signal.SIGTERM, os.getppid())
    given = json.loads(sys.argv[1])
    asyncio.run(run(Task(**given | {"record": Path(given["record"]), "partner": tuple(given["partner"])})))
