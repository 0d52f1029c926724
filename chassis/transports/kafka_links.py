"""The connections of one Kafka transport: made when needed, thrown away when one fails, never waited for long."""

import asyncio
import contextlib
import logging
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
)

from chassis.errors import Unavailable
from chassis.transports import MOST_BYTES, BusRefused, BusUnavailable, MessageTooLarge

REQUEST_SECONDS = 15.0
OPEN_SECONDS = 20.0
CLOSE_SECONDS = 1.0
SELDOM_SECONDS = 60.0
METADATA_SECONDS = 5.0
MOST_BATCH_BYTES = 1024 * 1024
LOST = (KafkaError, OSError, TimeoutError)
"""What the client raises when the bus, or the way to it, is down."""

_REFUSED = (TopicAuthorizationFailedError, GroupAuthorizationFailedError, ClusterAuthorizationFailedError)
_SCHEMES = {"kafka": False, "kafka+ssl": True}
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})")
_PORTS = range(1, 65536)
_NOISY = (
    "aiokafka",
    "aiokafka.conn",
    "aiokafka.client",
    "aiokafka.cluster",
    "aiokafka.producer.producer",
    "aiokafka.producer.sender",
    "aiokafka.consumer.consumer",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "aiokafka.consumer.subscription_state",
)


class BusAddressUnreadable(Unavailable):
    """The address of a Kafka bus does not have the form that it needs."""

    reason = "bus-address-unreadable"


@dataclass(frozen=True)
class KafkaAddress:
    """Where the brokers are, who signs in, and whether TLS protects the way."""

    servers: tuple[str, ...]
    user: str
    password: str = field(repr=False)
    tls: bool = False


def address_of(url: str) -> KafkaAddress:
    """Read kafka://name:password@host:port[,host:port], or kafka+ssl://; raises BusAddressUnreadable.

    The sentence of the error never holds the password.
    """
    message = "The bus's address cannot be read: write kafka://name:password@host:port, or kafka+ssl:// for TLS."
    try:
        parts = urlsplit(url)
    except ValueError:  # its words may hold a part of the address
        raise BusAddressUnreadable(message) from None
    who, _, hosts = parts.netloc.rpartition("@")
    user, _, password = who.partition(":")
    servers = tuple(hosts.split(","))
    if parts.scheme not in _SCHEMES or not all(map(_is_server, servers)) or parts.path.strip("/"):
        raise BusAddressUnreadable(message)
    if not user or not password:
        message = "The bus's address says nobody's name and password: write kafka://name:password@host:port."
        raise BusAddressUnreadable(message)
    return KafkaAddress(servers, unquote(user), unquote(password), _SCHEMES[parts.scheme])


def _is_server(text: str) -> bool:
    found = _SERVER.fullmatch(text)
    return found is not None and int(found[2]) in _PORTS


def client_settings(address: KafkaAddress) -> dict[str, Any]:
    """Return what every aiokafka client is told; nothing that matters is left to a default."""
    return {
        "bootstrap_servers": list(address.servers),
        "client_id": f"throughline-{address.user}",
        "request_timeout_ms": int(REQUEST_SECONDS * 1000),
        "retry_backoff_ms": 200,
        "metadata_max_age_ms": int(METADATA_SECONDS * 1000),
        "connections_max_idle_ms": 540_000,
        "security_protocol": "SASL_SSL" if address.tls else "SASL_PLAINTEXT",
        "ssl_context": ssl.create_default_context() if address.tls else None,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": address.user,
        "sasl_plain_password": address.password,
    }


class Links:
    """One producer, one reader and one admin client, each opened when it is first needed."""

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._open: dict[str, Any] = {}
        self._opening = {kind: asyncio.Lock() for kind in ("producer", "reader", "admin")}
        self._closing: set[asyncio.Task[None]] = set()
        quieten()

    async def producer(self) -> AIOKafkaProducer:
        """Return the producer: idempotent, every replica confirms; raises what LOST names."""
        return await self._get("producer", self._make_producer)

    async def reader(self) -> AIOKafkaConsumer:
        """Return a consumer without a group, which reads positions and the marker; raises what LOST names."""
        return await self._get("reader", self._make_reader)

    async def admin(self) -> AIOKafkaAdminClient:
        """Return the client that reads what a group has confirmed; raises what LOST names."""
        return await self._get("admin", self._make_admin)

    async def _get(self, kind: str, make: Callable[[], Any]) -> Any:
        async with self._opening[kind]:
            if kind not in self._open:
                link = make()
                # Nobody cancels a start: aiokafka forgets the connection that it has just then.
                starting = asyncio.ensure_future(link.start())
                try:
                    async with asyncio.timeout(OPEN_SECONDS):
                        await asyncio.shield(starting)
                except BaseException:
                    self._close_later(link, starting)
                    raise
                self._open[kind] = link
            return self._open[kind]

    def _make_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **client_settings(self._address),
            acks="all",
            enable_idempotence=True,
            compression_type=None,
            linger_ms=0,
            max_batch_size=MOST_BATCH_BYTES,
            max_request_size=2 * MOST_BYTES,
        )

    def _make_reader(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **client_settings(self._address),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=20,
        )

    def _make_admin(self) -> AIOKafkaAdminClient:
        return AIOKafkaAdminClient(**client_settings(self._address))

    def discard(self, *links: Any) -> None:
        """Throw connections away, by kind or one by one, or all; the next use opens new ones."""
        for kind, link in list(self._open.items()):
            if not links or kind in links or link in links:
                del self._open[kind]
                self._close_later(link)

    def _close_later(self, link: Any, starting: "asyncio.Future[Any] | None" = None) -> None:
        task = asyncio.create_task(_ended(link, starting))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close everything; takes a few seconds at most, whatever the bus does."""
        self.discard()
        if self._closing:
            await asyncio.wait(set(self._closing))


async def _ended(link: Any, starting: "asyncio.Future[Any] | None") -> None:
    """Close a link, once its start has ended where it is under way."""
    if starting is not None:
        await bounded(lambda: starting)
    await close(link)


async def close(link: Any, stop: Callable[[], Awaitable[object]] | None = None) -> None:
    """Close a producer, consumer or admin client, politely at first, then part by part, each within a second.

    aiokafka waits for the bus while it closes, in an outage for ever; what it would leave behind are its own tasks.
    """
    if await bounded(stop or getattr(link, "stop", None) or link.close):
        await asyncio.sleep(0)  # sockets that are closed say so in the next turn
        return
    parts = ("_sender", "_fetcher", "_coordinator", "client", "_client")
    for part in filter(None, (getattr(link, name, None) for name in parts)):
        for task in _tasks_of(part):
            task.cancel()
        await bounded(part.close)


def _tasks_of(part: Any) -> Iterator["asyncio.Task[Any]"]:
    names = ("_coordination_task", "_heartbeat_task", "_commit_refresh_task", "_sender_task", "_sync_task")
    for task in (getattr(part, name, None) for name in names):
        if isinstance(task, asyncio.Task):
            yield task


async def bounded(action: Callable[[], Awaitable[object]], seconds: float = CLOSE_SECONDS) -> bool:
    """Await something for so long at most; return whether it ended by itself and without an error."""
    task = asyncio.ensure_future(action())
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        await asyncio.wait({task}, timeout=CLOSE_SECONDS)
        return False
    return not task.cancelled() and task.exception() is None


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Raise BusUnavailable where the bus is down, and BusRefused or MessageTooLarge where it says no for good."""
    try:
        yield
    except MessageSizeTooLargeError as error:
        message = "The bus refused a message as too large; raise max.message.bytes of its topic."
        raise MessageTooLarge(message) from error
    except _REFUSED as error:
        message = "The bus refused what this service may not do there: provision the bus again."
        raise BusRefused(message) from error
    except LOST as error:
        raise down() from error


def down() -> BusUnavailable:
    """Return the error that says: later."""
    return BusUnavailable("The bus does not answer; what was accepted stays in the outbox and is sent later.")


class _Seldom(logging.Filter):
    """Lets each line of the client's code speak once a minute: in an outage it repeats itself ten times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        place, moment = (record.name, record.lineno), time.monotonic()
        if moment - self._last.get(place, -SELDOM_SECONDS) < SELDOM_SECONDS:
            return False
        self._last[place] = moment
        return True


_SELDOM = _Seldom()


def quieten() -> None:
    """Keep the client's own log to warnings, each once a minute; below that level it would print keys and bodies."""
    for name in _NOISY:
        noisy = logging.getLogger(name)
        noisy.setLevel(logging.WARNING)
        noisy.addFilter(_SELDOM)
