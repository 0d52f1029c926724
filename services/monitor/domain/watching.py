"""The rules of watching: what counts as trouble, and when a checkpoint contradicts another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from chassis.errors import Missing
from contracts.vocabulary import Role

VIEW_OPERATIONS = "view-operations"
REPAIR_MESSAGES = "repair-messages"

PERMISSIONS: Mapping[str, frozenset[Role]] = {
    VIEW_OPERATIONS: frozenset({Role.OPS_ENGINEER, Role.DATA_PROTECTION_OFFICER}),
    REPAIR_MESSAGES: frozenset({Role.OPS_ENGINEER}),
}

SPANS_KEPT = timedelta(days=7)
JOURNEY_SPANS_KEPT = timedelta(days=400)
ASK_AGAIN = timedelta(seconds=15)

# Beyond these a person should look.
OUTBOX_WAITS_SECONDS = 30.0
UNSTORED_SECONDS = 60.0
HELD_SECONDS = 30.0
LAG_MESSAGES = 1_000


class ServiceUnknown(Missing):
    """There is no service of that name."""

    reason: ClassVar[str] = "service-unknown"


class HealthState(StrEnum):
    """What a service answered when it was last asked."""

    READY = "ready"
    NOT_READY = "not-ready"
    UNREACHABLE = "unreachable"


class Repair(StrEnum):
    """What may be done with a parked message."""

    RETRY = "retry"
    DISCARD = "discard"


class Trouble(StrEnum):
    """The reasons of alarms; each has a runbook."""

    SERVICE_UNREACHABLE = "service-unreachable"
    SERVICE_NOT_READY = "service-not-ready"
    OUTBOX_BEHIND = "outbox-behind"
    EVENTS_NOT_STORED = "events-not-stored"
    CONSUMER_BEHIND = "consumer-behind"
    MESSAGES_HELD = "messages-held"
    MESSAGES_PARKED = "messages-parked"
    DATABASE_UNAVAILABLE = "database-unavailable"
    SPOOL_ENTRY_STUCK = "spool-entry-stuck"
    SPOOL_FULL = "spool-full"
    DESK_OVERDUE = "desk-overdue"
    REFERRAL_UNACKNOWLEDGED = "referral-unacknowledged"
    TEAM_NOT_TOLD = "team-not-told"
    NOTICES_WAITING = "notices-waiting"
    FRONT_DOOR_SILENT = "front-door-silent"
    DUTY_OFFICER_UNREACHED = "duty-officer-unreached"
    NOTICES_UNDELIVERED = "notices-undelivered"
    BOUNCES_UNREADABLE = "bounces-unreadable"
    RELEASE_DIFFERS = "release-differs"
    RECONCILIATION_DIFFERENT = "reconciliation-different"
    IMAP_UNREACHABLE = "imap-unreachable"
    CHECKPOINT_CONTRADICTS = "checkpoint-contradicts"
    CHECKPOINT_SIGNATURE_BROKEN = "checkpoint-signature-broken"
    AUDIT_CHAIN_SHORTENED = "audit-chain-shortened"
    AUDIT_KEY_CHANGED = "audit-key-changed"


# A rewritten audit does not mend itself by looking right again later.
LASTING = frozenset(
    {
        Trouble.CHECKPOINT_CONTRADICTS,
        Trouble.CHECKPOINT_SIGNATURE_BROKEN,
        Trouble.AUDIT_CHAIN_SHORTENED,
        Trouble.AUDIT_KEY_CHANGED,
    }
)


QUEUES = frozenset(
    {
        Trouble.OUTBOX_BEHIND,
        Trouble.EVENTS_NOT_STORED,
        Trouble.CONSUMER_BEHIND,
        Trouble.MESSAGES_HELD,
        Trouble.MESSAGES_PARKED,
    }
)


@dataclass(frozen=True)
class Finding:
    """One trouble seen now: at which service, where there, and what to do about it in one sentence."""

    service: str
    reason: Trouble
    place: str
    sentence: str


@dataclass(frozen=True)
class OutboxReading:
    """What waits in a service to be published, and what is published and a recipient has not stored."""

    unnumbered: int
    unpublished: int
    oldest_unpublished_seconds: float
    unstored: int
    oldest_unstored_seconds: float
    bus_id: str
    epoch: int


@dataclass(frozen=True)
class TopicReading:
    """How far a service has got with one topic it listens to; `lag` is None while the bus does not answer it."""

    topic: str
    lag: int | None
    held: int
    parked: int
    oldest_held_seconds: float


@dataclass(frozen=True)
class ServiceReading:
    """Everything a service told about itself at one moment; `outbox` and `figures` are None when it did not tell.

    `figures` are those that call for a person (domain/figures.py); they are not kept.
    """

    service: str
    state: HealthState
    dependencies: Mapping[str, str]
    outbox: OutboxReading | None
    topics: tuple[TopicReading, ...]
    read_at: datetime
    figures: Mapping[str, float] | None = None


@dataclass(frozen=True)
class OfferedCheckpoint:
    """A checkpoint as a service told it; `signed` says whether its signature fits its key."""

    sequence: int
    entry_hash: bytes
    signature: bytes
    public_key: bytes
    signed_at: datetime
    signed: bool


def is_due(last: ServiceReading | None, now: datetime) -> bool:
    """Say whether a service should be asked again: each time while it is not ready, otherwise every 15 seconds."""
    # The distance both ways: a demonstration's clock may be moved back.
    return last is None or last.state is not HealthState.READY or abs(now - last.read_at) >= ASK_AGAIN


def findings(reading: ServiceReading, before: HealthState | None) -> tuple[Finding, ...]:
    """Return the troubles that one reading shows; `before` is the state read last, None for the first time.

    Silence counts from the second time on: a service that is being started or replaced is silent for a moment.
    """
    if reading.state is HealthState.UNREACHABLE and before is not HealthState.UNREACHABLE:
        return ()
    if reading.state is HealthState.UNREACHABLE:
        sentence = f"{reading.service} does not answer: see whether its process runs."
        return (Finding(reading.service, Trouble.SERVICE_UNREACHABLE, "", sentence),)
    found: list[Finding] = []
    if reading.state is HealthState.NOT_READY:
        lacking = ", ".join(name for name, state in reading.dependencies.items() if state != "ok") or "a dependency"
        sentence = f"{reading.service} is not ready: {lacking} does not answer it."
        found.append(Finding(reading.service, Trouble.SERVICE_NOT_READY, "", sentence))
    found += _outbox_findings(reading)
    for topic in reading.topics:
        found += _topic_findings(reading.service, topic)
    return tuple(found)


def checkpoint_findings(
    service: str, known: Sequence[OfferedCheckpoint], offered: Sequence[OfferedCheckpoint]
) -> tuple[Finding, ...]:
    """Compare what a service offers with what was kept: `known` in order of sequence, `offered` from its last one on.

    An empty `known` trusts the first key seen.
    """
    found = [
        _audit_finding(service, Trouble.CHECKPOINT_SIGNATURE_BROKEN, one.sequence)
        for one in offered
        if not one.signed
    ]  # fmt: skip
    if not known:
        return tuple(found)
    kept = {one.sequence: one.entry_hash for one in known}
    for one in offered:
        if kept.get(one.sequence, one.entry_hash) != one.entry_hash:
            found.append(_audit_finding(service, Trouble.CHECKPOINT_CONTRADICTS, one.sequence))
        if one.public_key != known[0].public_key:
            found.append(_audit_finding(service, Trouble.AUDIT_KEY_CHANGED, one.sequence))
    if known[-1].sequence not in {one.sequence for one in offered}:
        found.append(_audit_finding(service, Trouble.AUDIT_CHAIN_SHORTENED, known[-1].sequence))
    return tuple(found)


def counted(number: int, noun: str, several: str = "") -> str:
    """Return "1 message" or "2 messages"; `several` is the plural that a mere s does not make."""
    return f"{number} {noun}" if number == 1 else f"{number} {several or noun + 's'}"


def _outbox_findings(reading: ServiceReading) -> list[Finding]:
    outbox = reading.outbox
    if outbox is None:
        return []
    found: list[Finding] = []
    if outbox.oldest_unpublished_seconds > OUTBOX_WAITS_SECONDS:
        sentence = (
            f"{reading.service} has {counted(outbox.unpublished, 'event')} to publish, the oldest waiting for "
            f"{outbox.oldest_unpublished_seconds:.0f} seconds: see whether the bus takes them."
        )
        found.append(Finding(reading.service, Trouble.OUTBOX_BEHIND, "", sentence))
    if outbox.oldest_unstored_seconds > UNSTORED_SECONDS:
        sentence = (
            f"{reading.service} has no receipt for {counted(outbox.unstored, 'delivery', 'deliveries')}, the oldest "
            f"announced {outbox.oldest_unstored_seconds:.0f} seconds ago: see which service is behind, holds or parked."
        )
        found.append(Finding(reading.service, Trouble.EVENTS_NOT_STORED, "", sentence))
    return found


def _topic_findings(service: str, topic: TopicReading) -> list[Finding]:
    found: list[Finding] = []
    if topic.lag is not None and topic.lag > LAG_MESSAGES:
        sentence = f"{service} is {counted(topic.lag, 'message')} behind on {topic.topic}: see whether it is working."
        found.append(Finding(service, Trouble.CONSUMER_BEHIND, topic.topic, sentence))
    if topic.held and topic.oldest_held_seconds > HELD_SECONDS:
        sentence = (
            f"{service} holds {counted(topic.held, 'message')} of {topic.topic}, the oldest for "
            f"{topic.oldest_held_seconds:.0f} seconds: an earlier message is missing."
        )
        found.append(Finding(service, Trouble.MESSAGES_HELD, topic.topic, sentence))
    if topic.parked:
        sentence = f"{service} has parked {counted(topic.parked, 'message')} of {topic.topic}: retry or discard."
        found.append(Finding(service, Trouble.MESSAGES_PARKED, topic.topic, sentence))
    return found


_AUDIT_SENTENCES: Mapping[Trouble, str] = {
    Trouble.CHECKPOINT_SIGNATURE_BROKEN: "The checkpoint of {service} at {sequence} is not signed by the key it names",
    Trouble.CHECKPOINT_CONTRADICTS: "{service} now tells another hash for audit entry {sequence} than before",
    Trouble.AUDIT_KEY_CHANGED: "The checkpoint of {service} at {sequence} is signed with another key than the first",
    Trouble.AUDIT_CHAIN_SHORTENED: "{service} no longer has the audit checkpoint at {sequence} that it gave before",
}


def _audit_finding(service: str, reason: Trouble, sequence: int) -> Finding:
    sentence = _AUDIT_SENTENCES[reason].format(service=service, sequence=sequence)
    return Finding(service, reason, str(sequence), f"{sentence}: keep the database as it is and tell the auditor.")
