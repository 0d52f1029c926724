"""What the operations plane answers, taken apart into values; whatever does not fit is refused in one sentence."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import TypeAdapter

from chassis.audit.chain import checkpoint_message
from chassis.errors import Unavailable
from services.monitor.domain import OfferedCheckpoint, OutboxReading, TopicReading

Answer = Mapping[str, Any]
_Value = TypeVar("_Value")


class AnswerUnreadable(Unavailable):
    """A service's operations plane answered in another shape than ours."""

    reason: ClassVar[str] = "answer-unreadable"


@dataclass(frozen=True)
class ParkedMessage:
    """A message that a service put aside, without its sealed body."""

    id: UUID
    topic: str
    type: str
    subject: UUID
    sequence: int
    cause: str
    sentence: str
    tries: int
    parked_at: datetime
    held_behind: int


@dataclass(frozen=True)
class LedgerLine:
    """How far one team's line of a referral has got."""

    team: str
    state: str
    at: datetime | None


@dataclass(frozen=True)
class Ledger:
    """A referral's lines, and the id under which its journey is traced."""

    reference: str
    correlation_id: UUID
    lines: tuple[LedgerLine, ...]


_OUTBOX = TypeAdapter(OutboxReading)
_TOPICS = TypeAdapter(tuple[TopicReading, ...])
_PARKED = TypeAdapter(tuple[ParkedMessage, ...])
_PARKED_ONE = TypeAdapter(ParkedMessage)


def read(shape: Callable[[Answer], _Value], answer: object) -> _Value:
    """Return the answer in a shape; raises AnswerUnreadable, which quotes nothing."""
    try:
        return shape(answer if isinstance(answer, Mapping) else {})
    except (KeyError, TypeError, ValueError, AttributeError):
        raise AnswerUnreadable("The service answers in another form: see whether both run the same version.") from None


def dependencies(answer: Answer) -> dict[str, str]:
    """Return dependency → "ok" or what is wrong with it, from a readiness answer."""
    named = answer["dependencies"]
    return {str(name): _state(state) for name, state in named.items()}


def outbox(answer: Answer) -> OutboxReading:
    """Read /ops/outbox."""
    return _OUTBOX.validate_python(answer)


def topics(answer: Answer) -> tuple[TopicReading, ...]:
    """Read /ops/inbox."""
    return _TOPICS.validate_python(answer["topics"])


def figures(text: str, names: Collection[str]) -> dict[str, float]:
    """Read the wanted figures, which have no labels, from /metrics; what is not there, or no number, is left out."""
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name in names:
            with suppress(ValueError):
                found[name] = float(value)
    return found


def parked(answer: Answer) -> tuple[ParkedMessage, ...]:
    """Read /ops/parked."""
    return _PARKED.validate_python(answer["messages"])


def parked_message(answer: Answer) -> ParkedMessage:
    """Read /ops/parked/{id}."""
    return _PARKED_ONE.validate_python(answer)


def checkpoints(service: str, answer: Answer) -> tuple[OfferedCheckpoint, ...]:
    """Read /ops/audit/checkpoints and check each signature against the key it names."""
    return tuple(_checkpoint(service, each) for each in answer["checkpoints"])


def ledger(answer: Answer) -> Ledger:
    """Read intake's /ops/ledger/{reference}."""
    return Ledger(
        reference=str(answer["reference"]),
        correlation_id=UUID(answer["correlation_id"]),
        lines=tuple(_line(each) for each in answer["lines"]),
    )


def _line(each: Answer) -> LedgerLine:
    state = str(each["state"])
    at = each.get(f"{state}_at")
    return LedgerLine(str(each["team"]), state, datetime.fromisoformat(at) if at else None)


def _checkpoint(service: str, each: Answer) -> OfferedCheckpoint:
    entry_hash, signature, key = (bytes.fromhex(each[name]) for name in ("entry_hash", "signature", "public_key"))
    sequence, signed_at = int(each["sequence"]), datetime.fromisoformat(each["signed_at"])
    message = checkpoint_message(service, sequence, entry_hash, signed_at)
    return OfferedCheckpoint(sequence, entry_hash, signature, key, signed_at, _is_signed(key, signature, message))


def _is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _state(state: object) -> str:
    return "ok" if str(state) == "answers" else str(state)[:80]
