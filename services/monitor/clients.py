"""The operations plane of the other services: the protocol, the real client, and a twin that works from memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol
from urllib.parse import quote
from uuid import UUID

import httpx2

from chassis import telemetry
from chassis.errors import Conflict, Missing, Rejected, ThroughlineError, Unavailable
from services.monitor import readers
from services.monitor.domain import (
    NAMES,
    HealthState,
    OfferedCheckpoint,
    OutboxReading,
    Repair,
    ServiceUnknown,
    TopicReading,
)
from services.monitor.readers import Ledger, ParkedMessage

PATIENCE_SECONDS = 5.0
_OK = 200


class ServiceUnreachable(Unavailable):
    """A service's operations plane does not answer."""

    reason: ClassVar[str] = "service-unreachable"


class OperationRefused(Conflict):
    """A service's operations plane would not do what was asked."""

    reason: ClassVar[str] = "operation-refused"


class OperationInvalid(Rejected):
    """A service's operations plane could not make sense of what was asked."""

    reason: ClassVar[str] = "operation-invalid"


class OperationsClosed(Unavailable):
    """A service's operations plane does not let monitor in."""

    reason: ClassVar[str] = "operations-closed"


class NothingThere(Missing):
    """A service does not know what was asked for."""

    reason: ClassVar[str] = "not-there"


@dataclass(frozen=True)
class RepairAnswer:
    """What a retry or discard did, or with dry_run would do, in the service's own words."""

    sentence: str
    done: bool


class OpsClient(Protocol):
    """What monitor asks of the other services; every method may raise ServiceUnknown and ServiceUnreachable."""

    @property
    def services(self) -> tuple[str, ...]:
        """The services there are, in the order of the pathway."""

    async def health(self, service: str) -> tuple[HealthState, Mapping[str, str]]:
        """Ask whether a service is ready, and how each of its dependencies is; UNREACHABLE rather than an error."""

    async def outbox(self, service: str) -> OutboxReading:
        """Ask what waits to be published."""

    async def inbox(self, service: str) -> tuple[TopicReading, ...]:
        """Ask how far the service has got with each topic."""

    async def figures(self, service: str) -> Mapping[str, float]:
        """Ask for the figures that call for a person; works while the service's database is away."""

    async def parked(self, service: str, operator: str) -> tuple[ParkedMessage, ...]:
        """List the messages put aside."""

    async def parked_message(self, service: str, message_id: UUID, operator: str) -> ParkedMessage:
        """Show one message put aside; raises NothingThere."""

    async def repair(self, asked: "RepairAsked") -> RepairAnswer:
        """Retry or discard a message; raises OperationRefused with the service's own sentence."""

    async def checkpoints(self, service: str, after: int) -> tuple[OfferedCheckpoint, ...]:
        """Ask for the signed checkpoints above a sequence, signatures checked."""

    async def ledger(self, reference: str, operator: str) -> Ledger:
        """Ask intake for a referral's ledger; raises NothingThere."""

    async def stop(self) -> None:
        """Close what is open."""


@dataclass(frozen=True)
class RepairAsked:
    """Who wants what done with which parked message, and why."""

    service: str
    message_id: UUID
    repair: Repair
    reason: str
    operator: str
    dry_run: bool


@dataclass(frozen=True)
class OpsKeys:
    """What monitor shows at the operations plane: its own machine credential, and the operators' token."""

    machine_credential: str = field(repr=False)
    operator_token: str = field(repr=False)


class HttpOpsClient:
    """Asks over HTTP: by itself with monitor's machine credential, for a person with the operator token and the name.

    What it asks by itself is not audited by the services; what a person asks always is.
    """

    def __init__(
        self, urls: Mapping[str, str], keys: OpsKeys, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._urls = dict(urls)
        self._keys = keys
        self._http = httpx2.AsyncClient(timeout=PATIENCE_SECONDS, transport=transport, trust_env=False)

    @property
    def services(self) -> tuple[str, ...]:
        """The services whose addresses are set."""
        return tuple(self._urls)

    async def stop(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def health(self, service: str) -> tuple[HealthState, Mapping[str, str]]:
        """GET /health/ready."""
        try:
            response = await self._send(service, "GET", "/health/ready")
            told = readers.read(readers.dependencies, response.json())
        except (Unavailable, ValueError):
            return HealthState.UNREACHABLE, {}
        return (HealthState.READY if response.status_code == _OK else HealthState.NOT_READY), told

    async def outbox(self, service: str) -> OutboxReading:
        """GET /ops/outbox."""
        return readers.read(readers.outbox, await self._get(service, "/ops/outbox"))

    async def inbox(self, service: str) -> tuple[TopicReading, ...]:
        """GET /ops/inbox."""
        return readers.read(readers.topics, await self._get(service, "/ops/inbox"))

    async def figures(self, service: str) -> Mapping[str, float]:
        """GET /metrics."""
        response = await self._send(service, "GET", "/metrics")
        if not response.is_success:
            raise OperationsClosed(f"{service} does not offer its figures: see whether both run the same version.")
        return readers.figures(response.text, NAMES)

    async def parked(self, service: str, operator: str) -> tuple[ParkedMessage, ...]:
        """GET /ops/parked."""
        return readers.read(readers.parked, await self._get(service, "/ops/parked", operator))

    async def parked_message(self, service: str, message_id: UUID, operator: str) -> ParkedMessage:
        """GET /ops/parked/{id}."""
        return readers.read(readers.parked_message, await self._get(service, f"/ops/parked/{message_id}", operator))

    async def repair(self, asked: RepairAsked) -> RepairAnswer:
        """POST /ops/parked/{id}/retry or /discard."""
        path = f"/ops/parked/{asked.message_id}/{asked.repair}"
        body = {"reason": asked.reason, "dry_run": asked.dry_run}
        answer = _checked(await self._send(asked.service, "POST", path, asked.operator, body))
        return RepairAnswer(str(answer.get("would", "")), bool(answer.get("done", False)))

    async def checkpoints(self, service: str, after: int) -> tuple[OfferedCheckpoint, ...]:
        """GET /ops/audit/checkpoints?after=N."""
        answer = await self._get(service, f"/ops/audit/checkpoints?after={after}")
        return readers.read(lambda given: readers.checkpoints(service, given), answer)

    async def ledger(self, reference: str, operator: str) -> Ledger:
        """GET /ops/ledger/{reference} of intake."""
        path = f"/ops/ledger/{quote(reference, safe='')}"
        return readers.read(readers.ledger, await self._get("intake", path, operator))

    async def _get(self, service: str, path: str, operator: str = "") -> dict[str, Any]:
        return _checked(await self._send(service, "GET", path, operator))

    async def _send(
        self, service: str, method: str, path: str, operator: str = "", body: Mapping[str, object] | None = None
    ) -> httpx2.Response:
        if service not in self._urls:
            raise ServiceUnknown("There is no service of that name: choose one from the overview.")
        if operator:
            headers = {"authorization": f"Bearer {self._keys.operator_token}", "x-operator": operator}
        else:
            headers = {"authorization": f"Bearer {self._keys.machine_credential}"}
        if telemetry.traceparent():
            headers["traceparent"] = telemetry.traceparent()
        url = self._urls[service].rstrip("/") + path
        try:
            return await self._http.request(method, url, headers=headers, json=body)
        except httpx2.HTTPError:
            sentence = f"{service} does not answer: see whether its process runs, then try again."
            raise ServiceUnreachable(sentence) from None


@dataclass
class ConsoleOpsClient:
    """The twin without a network: answers from what it was given and remembers the repairs it was asked for."""

    states: dict[str, HealthState] = field(default_factory=dict)
    outboxes: dict[str, OutboxReading] = field(default_factory=dict)
    inboxes: dict[str, tuple[TopicReading, ...]] = field(default_factory=dict)
    told: dict[str, dict[str, float]] = field(default_factory=dict)
    messages: dict[str, tuple[ParkedMessage, ...]] = field(default_factory=dict)
    offered: dict[str, tuple[OfferedCheckpoint, ...]] = field(default_factory=dict)
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    repairs: list[RepairAsked] = field(default_factory=list)

    @property
    def services(self) -> tuple[str, ...]:
        """The services it was given."""
        return tuple(self.states)

    async def health(self, service: str) -> tuple[HealthState, Mapping[str, str]]:
        """Answer with the state it was given."""
        self._reach(service, ask=False)
        return self.states[service], {"database": "ok"} if self.states[service] is HealthState.READY else {}

    async def outbox(self, service: str) -> OutboxReading:
        """Answer with the reading it was given, or an empty outbox."""
        self._reach(service)
        return self.outboxes.get(service, OutboxReading(0, 0, 0.0, 0, 0.0, "console", 1))

    async def inbox(self, service: str) -> tuple[TopicReading, ...]:
        """Answer with the readings it was given."""
        self._reach(service)
        return self.inboxes.get(service, ())

    async def figures(self, service: str) -> Mapping[str, float]:
        """Answer with the figures it was given."""
        self._reach(service)
        return self.told.get(service, {})

    async def parked(self, service: str, operator: str) -> tuple[ParkedMessage, ...]:  # noqa: ARG002 - the protocol's
        """Answer with the messages it was given."""
        self._reach(service)
        return self.messages.get(service, ())

    async def parked_message(self, service: str, message_id: UUID, operator: str) -> ParkedMessage:
        """Answer with one of the messages it was given."""
        for message in await self.parked(service, operator):
            if message.id == message_id:
                return message
        raise NothingThere("No such parked message: it may have been retried or discarded meanwhile.")

    async def repair(self, asked: RepairAsked) -> RepairAnswer:
        """Remember what was asked; without dry_run the message is gone."""
        message = await self.parked_message(asked.service, asked.message_id, asked.operator)
        self.repairs.append(asked)
        if not asked.dry_run:
            kept = (one for one in self.messages[asked.service] if one.id != asked.message_id)
            self.messages[asked.service] = tuple(kept)
        what = "tried again" if asked.repair is Repair.RETRY else "given up"
        return RepairAnswer(f"{message.type} number {message.sequence} is {what}.", not asked.dry_run)

    async def checkpoints(self, service: str, after: int) -> tuple[OfferedCheckpoint, ...]:
        """Answer with the checkpoints it was given."""
        self._reach(service)
        return tuple(one for one in self.offered.get(service, ()) if one.sequence > after)

    async def ledger(self, reference: str, operator: str) -> Ledger:  # noqa: ARG002 - the protocol's
        """Answer with the ledger it was given."""
        if reference not in self.ledgers:
            raise NothingThere("No referral has that reference: check each letter and digit.")
        return self.ledgers[reference]

    async def stop(self) -> None:
        """Nothing is open."""

    def _reach(self, service: str, *, ask: bool = True) -> None:
        if service not in self.states:
            raise ServiceUnknown("There is no service of that name: choose one from the overview.")
        if ask and self.states[service] is HealthState.UNREACHABLE:
            raise ServiceUnreachable(f"{service} does not answer: see whether its process runs, then try again.")


_REFUSALS: Mapping[int, type[ThroughlineError]] = {
    401: OperationsClosed,
    403: OperationsClosed,
    404: NothingThere,
    409: OperationRefused,
}


def _checked(response: httpx2.Response) -> dict[str, Any]:
    answer = _json(response)
    if response.is_success:
        return answer
    sentence = str(answer.get("detail", "")) or "The service would not answer: see its log."
    if response.status_code in _REFUSALS:
        raise _REFUSALS[response.status_code](sentence)
    raise (OperationInvalid if response.is_client_error else ServiceUnreachable)(sentence)


def _json(response: httpx2.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
