"""Signed webhooks as Standard Webhooks has them: to a recipient's own system, without personal data."""

import asyncio
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from chassis import telemetry
from services.notify.clients.carrier import Delivery, Message
from services.notify.domain import Result

MOST_READ = 4096
"""So many bytes of an answer are read; whatever else it holds is left."""
LONGEST_WAIT = timedelta(hours=24)
TYPE = "throughline."
MAY_HAVE_BEEN_TAKEN = 500
_BUSY = frozenset({408, 425, 429})
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,200}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SecretsOf = Callable[[str], Sequence[str]]
"""Returns the secrets of a recipient (area/id), the newest first; none where there are none."""

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Outward:
    """Where webhooks may go: to the networks named, besides public addresses; `patience` (seconds) bounds one.

    `certificates` are those that are trusted, the machine's own where there are none.
    """

    secrets_of: SecretsOf
    networks: tuple[Network, ...] = ()
    patience: float = 15.0
    certificates: ssl.SSLContext | None = None


class _NotAllowed(Exception):
    """The address leads where no webhook may go."""


class WebhookClient:
    """Posts a signed message to a recipient's address; follows no redirect, and reads only a little of the answer."""

    def __init__(self, outward: Outward) -> None:
        """Keep whom it may reach; nothing connects yet."""
        self.outward = outward
        self._client: httpx2.AsyncClient | None = None

    async def send(self, message: Message) -> Delivery:
        """Post one message, signed with every secret of the recipient that is in force."""
        try:
            signers = [Webhook(secret) for secret in self.outward.secrets_of(message.recipient)]
        except (ValueError, EmptyWebhookSecretError):
            log.warning("The secret of a webhook is none; make another as docs/webhooks.md says.")
            signers = []
        if not signers:
            return Delivery(Result.NOT_SET_UP)
        progress = _Progress()
        try:
            async with asyncio.timeout(self.outward.patience):
                return await self._post(message, signers, progress)
        except _NotAllowed:
            log.warning("A webhook leads to an address that none may go to; see its entry in the area file.")
            return Delivery(Result.REFUSED)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.InvalidURL, OSError) as error:
            taken = isinstance(error, TimeoutError) and progress.begun
            return progress.answered or Delivery(Result.UNKNOWN if taken else Result.DEFERRED)
        except httpx2.HTTPError:
            return progress.answered or Delivery(Result.UNKNOWN if progress.begun else Result.DEFERRED)

    def written(self, message: Message) -> bytes:
        """Return the body: what kind of notice, of which reference, where to read it, and whether it is urgent."""
        facts = message.facts
        data = {"id": str(message.id), "reference": facts.reference, "urgent": facts.urgent}
        if facts.link:
            data["link"] = facts.link
        body = {"type": f"{TYPE}{facts.kind}", "timestamp": facts.at.astimezone(UTC).isoformat(), "data": data}
        return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()

    async def hang_up(self) -> None:
        """End the client; the next message makes another."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _post(self, message: Message, signers: Sequence[Webhook], progress: "_Progress") -> Delivery:
        url = httpx2.URL(message.address)
        address = await self._resolved(url)
        body = self.written(message)
        request = self._kept().build_request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers=_headers(message, body, signers) | {"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host, "trace": progress.trace},
        )
        answer = await self._kept().send(request, stream=True, follow_redirects=False)
        try:
            progress.answered = _delivery(answer)
            if progress.answered.result != Result.ACCEPTED:
                return progress.answered
            return Delivery(Result.ACCEPTED, answer.status_code, acknowledged_by=await _acknowledged_by(answer))
        finally:
            await answer.aclose()

    def _kept(self) -> httpx2.AsyncClient:
        """Return the client; no connection serves two messages: each is checked against the name of its own host."""
        if self._client is None:
            self._client = httpx2.AsyncClient(
                verify=self.outward.certificates or True,
                timeout=httpx2.Timeout(self.outward.patience, connect=5.0),
                limits=httpx2.Limits(max_keepalive_connections=0),
                trust_env=False,
            )
        return self._client

    async def _resolved(self, url: httpx2.URL) -> str:
        """Return the address behind a name, looked up once and used as it is: a second look might say another."""
        if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
            raise _NotAllowed
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        for each in addresses:
            sealed = url.scheme == "https" or each.is_loopback
            if not sealed or not (each.is_global or any(each in network for network in self.outward.networks)):
                raise _NotAllowed
        return str(addresses[0])


@dataclass
class _Progress:
    begun: bool = False
    answered: Delivery | None = None

    async def trace(self, name: str, _about: object) -> None:
        """Note that the request has begun to leave: from then on it may have been taken."""
        if name.endswith("send_request_headers.started"):
            self.begun = True


def _headers(message: Message, body: bytes, signers: Sequence[Webhook]) -> dict[str, str]:
    at = datetime.now(UTC)  # what a receiver compares with its own clock, so that nobody repeats an old message
    signed = " ".join(signer.sign(str(message.id), at, body.decode("ascii")) for signer in signers)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Throughline",
        "Accept-Encoding": "identity",
        "webhook-id": str(message.id),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signed,
    }


def _delivery(answer: httpx2.Response) -> Delivery:
    code = answer.status_code
    if 200 <= code < 300:  # noqa: PLR2004  every answer of this hundred says that it was taken
        return Delivery(Result.ACCEPTED, code)
    if code >= MAY_HAVE_BEEN_TAKEN or code in _BUSY:
        return Delivery(Result.DEFERRED, code, wait=_wait(answer.headers.get("Retry-After", "")))
    return Delivery(Result.REFUSED, code)


def _wait(asked: str) -> timedelta | None:
    """Return how long a Retry-After asks to wait: seconds, or a moment; None for anything else."""
    try:
        wait = timedelta(seconds=int(asked)) if asked.isdecimal() else parsedate_to_datetime(asked) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)


async def _acknowledged_by(answer: httpx2.Response) -> str:
    """Return who acknowledges in the answer, {"acknowledged_by": "…"}; "" for any other answer, however odd or long."""
    read = b""
    try:
        async for part in answer.aiter_raw(MOST_READ):
            read += part
            if len(read) > MOST_READ:
                return ""
        told = json.loads(read)
    except (httpx2.HTTPError, ValueError, RecursionError):
        return ""
    name = told.get("acknowledged_by") if isinstance(told, dict) else None
    return name.strip() if isinstance(name, str) and _NAME.fullmatch(name.strip()) else ""


class ConsoleWebhookClient:
    """The twin for a terminal: says that a message would go out, and keeps nothing of it.

    `answers` gives the code for an address, so that refusals can be tried too.
    """

    def __init__(self, answers: dict[str, int] | None = None) -> None:
        """Answer every address with 204 but those that are named."""
        self._answers = answers or {}

    async def send(self, message: Message) -> Delivery:
        """Take one message; the log line holds its id, never an address."""
        code = self._answers.get(message.address, 204)
        log.info("A webhook went to the console.", extra={"facts": {"message_id": str(message.id)}})
        return _delivery(httpx2.Response(code))

    def written(self, message: Message) -> bytes:
        """Return the body as the real client has it."""
        return WebhookClient(Outward(lambda _: ())).written(message)

    async def hang_up(self) -> None:
        """End nothing: no line leads anywhere."""
