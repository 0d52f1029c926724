"""The audit chain: how entries are hashed, checkpoints signed, and an export checked offline."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chassis.errors import Rejected

GENESIS = bytes(32)
"""What the first entry of a chain names as its previous hash."""


class AuditExportUnreadable(Rejected):
    """A line of an audit export is not an entry or a checkpoint."""

    reason: ClassVar[str] = "audit-export-unreadable"


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One sealed row: what was done, by whom, to what, and its place in the chain."""

    service: str
    sequence: int
    id: int
    at: datetime
    actor_kind: str
    actor_id: str
    action: str
    subject: UUID | None
    area: str
    reason: str
    trace_id: str
    facts: Mapping[str, str | int]
    previous_hash: bytes
    entry_hash: bytes


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A signed statement that the chain of a service stood at this hash at this sequence."""

    service: str
    sequence: int
    entry_hash: bytes
    signed_at: datetime
    signature: bytes


@dataclass(frozen=True)
class Verification:
    """What an offline check found; `vouched_to` is the last sequence that a good checkpoint covers."""

    ok: bool
    problems: tuple[str, ...]
    entries: int
    last_sequence: int
    vouched_to: int


def hash_entry(entry: AuditEntry) -> bytes:
    """Return the SHA-256 of the previous hash followed by the canonical JSON of the row (`entry_hash` is not read)."""
    return hashlib.sha256(entry.previous_hash + _canonical(_content(entry))).digest()


def checkpoint_message(service: str, sequence: int, entry_hash: bytes, signed_at: datetime) -> bytes:
    """Return the bytes that a checkpoint signs."""
    return _canonical(
        {"service": service, "sequence": sequence, "entry_hash": entry_hash.hex(), "signed_at": _moment(signed_at)},
    )


def sign_checkpoint(key: Ed25519PrivateKey, entry: AuditEntry, signed_at: datetime) -> Checkpoint:
    """Return a checkpoint at this entry, signed with the service's key."""
    message = checkpoint_message(entry.service, entry.sequence, entry.entry_hash, signed_at)
    return Checkpoint(
        service=entry.service,
        sequence=entry.sequence,
        entry_hash=entry.entry_hash,
        signed_at=signed_at,
        signature=key.sign(message),
    )


def verify(entries: Sequence[AuditEntry], checkpoints: Sequence[Checkpoint], public_key: bytes) -> Verification:
    """Check an export against the checkpoints that somebody else kept; needs no database and no network.

    `entries` are consecutive entries of one service in chain order, `checkpoints` those kept elsewhere (by monitor),
    `public_key` the service's raw Ed25519 key of 32 bytes, known from elsewhere. Finds changed, missing and reordered
    rows, a tail cut off or a chain rewritten after a checkpoint, and checkpoints that the key did not sign.
    """
    problems = _chain_problems(entries)
    good, refused = _sort_checkpoints(checkpoints, public_key)
    problems += refused
    problems += _checkpoint_problems(entries, good)
    last = max((entry.sequence for entry in entries), default=0)
    vouched = max((checkpoint.sequence for checkpoint in good if checkpoint.sequence <= last), default=0)
    return Verification(not problems, tuple(problems), len(entries), last, vouched)


def entry_line(entry: AuditEntry) -> str:
    """Return one line of an NDJSON export."""
    values = {**_content(entry), "previous_hash": entry.previous_hash.hex(), "entry_hash": entry.entry_hash.hex()}
    return _canonical(values).decode()


def checkpoint_values(checkpoint: Checkpoint, public_key: bytes) -> dict[str, str | int]:
    """Return one checkpoint as the JSON object that /ops/audit/checkpoints answers with and exports keep.

    The key is told for convenience; whoever verifies takes it from what monitor noted first.
    """
    return {
        "service": checkpoint.service,
        "sequence": checkpoint.sequence,
        "entry_hash": checkpoint.entry_hash.hex(),
        "signed_at": _moment(checkpoint.signed_at),
        "signature": checkpoint.signature.hex(),
        "public_key": public_key.hex(),
    }


def read_entries(lines: Iterable[str]) -> tuple[AuditEntry, ...]:
    """Read the entries of an NDJSON export; AuditExportUnreadable names the first bad line."""
    return tuple(_read_entry(number, line) for number, line in enumerate(lines, start=1) if line.strip())


def read_checkpoints(lines: Iterable[str]) -> tuple[Checkpoint, ...]:
    """Read the checkpoints of an NDJSON export; AuditExportUnreadable names the first bad line."""
    return tuple(_read_checkpoint(number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _chain_problems(entries: Sequence[AuditEntry]) -> list[str]:
    problems = []
    previous: AuditEntry | None = None
    for entry in entries:
        if previous is not None:
            problems += _link_problems(previous, entry)
        elif entry.sequence == 1 and entry.previous_hash != GENESIS:
            problems.append("Entry 1 does not start a chain: entries before it were removed.")
        if hash_entry(entry) != entry.entry_hash:
            problems.append(f"Entry {entry.sequence} was changed after it was sealed.")
        previous = entry
    return problems


def _link_problems(previous: AuditEntry, entry: AuditEntry) -> list[str]:
    if entry.service != previous.service:
        return [f"Entry {entry.sequence} belongs to {entry.service}, the one before it to {previous.service}."]
    if entry.sequence <= previous.sequence:
        return [f"Entry {entry.sequence} stands after entry {previous.sequence}: the order was changed."]
    if entry.sequence > previous.sequence + 1:
        return [f"Entries {previous.sequence + 1} to {entry.sequence - 1} are missing."]
    if entry.previous_hash != previous.entry_hash:
        return [f"Entry {entry.sequence} does not follow from entry {previous.sequence}: one of them was replaced."]
    return []


def _sort_checkpoints(checkpoints: Sequence[Checkpoint], public_key: bytes) -> tuple[list[Checkpoint], list[str]]:
    good, problems = [], []
    for checkpoint in checkpoints:
        if _is_signed(checkpoint, public_key):
            good.append(checkpoint)
        else:
            problems.append(f"The checkpoint at {checkpoint.sequence} was not signed with the key given.")
    return good, problems


def _is_signed(checkpoint: Checkpoint, public_key: bytes) -> bool:
    message = checkpoint_message(checkpoint.service, checkpoint.sequence, checkpoint.entry_hash, checkpoint.signed_at)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(checkpoint.signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _checkpoint_problems(entries: Sequence[AuditEntry], checkpoints: Sequence[Checkpoint]) -> list[str]:
    problems = _contradictions(checkpoints)
    known = {entry.sequence: entry.entry_hash for entry in entries}
    if not known:
        return problems + [f"Entries up to {c.sequence} were checkpointed but are missing." for c in checkpoints[-1:]]
    first, last = min(known), max(known)
    service = entries[0].service
    before = {c.sequence: c.entry_hash for c in checkpoints}.get(first - 1)
    if first > 1 and before is None:
        problems.append(f"The export starts at {first} and no checkpoint vouches for entry {first - 1}: export from 1.")
    elif first > 1 and before != entries[0].previous_hash:
        problems.append(f"Entry {first} does not follow from the checkpoint at {first - 1}: the chain was rewritten.")
    if not any(first <= c.sequence <= last for c in checkpoints):
        problems.append("No checkpoint vouches for any of these entries: give the checkpoints that monitor keeps.")
    for checkpoint in checkpoints:
        problems += _compare(checkpoint, service, known, last)
    return problems


def _compare(checkpoint: Checkpoint, service: str, known: Mapping[int, bytes], last: int) -> list[str]:
    if checkpoint.service != service:
        return [f"The checkpoint at {checkpoint.sequence} belongs to {checkpoint.service}, the entries to {service}."]
    if checkpoint.sequence > last:
        return [f"The chain ends at {last} but was checkpointed at {checkpoint.sequence}: its tail was cut off."]
    found = known.get(checkpoint.sequence)
    if found is not None and found != checkpoint.entry_hash:
        return [f"Entry {checkpoint.sequence} is not the one that was checkpointed: the chain was rewritten."]
    return []


def _contradictions(checkpoints: Sequence[Checkpoint]) -> list[str]:
    seen: dict[int, bytes] = {}
    return [
        f"Two checkpoints at {checkpoint.sequence} disagree: the chain was rewritten."
        for checkpoint in checkpoints
        if seen.setdefault(checkpoint.sequence, checkpoint.entry_hash) != checkpoint.entry_hash
    ]


def _content(entry: AuditEntry) -> dict[str, object]:
    return {
        "service": entry.service,
        "sequence": entry.sequence,
        "id": entry.id,
        "at": _moment(entry.at),
        "actor_kind": entry.actor_kind,
        "actor_id": entry.actor_id,
        "action": entry.action,
        "subject": str(entry.subject) if entry.subject else None,
        "area": entry.area,
        "reason": entry.reason,
        "trace_id": entry.trace_id,
        "facts": dict(entry.facts),
    }


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _canonical(values: Mapping[str, object]) -> bytes:
    return _CANONICAL.encode(values).encode()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _read_entry(number: int, line: str) -> AuditEntry:
    try:
        values = json.loads(line)
        return AuditEntry(
            **{
                **values,
                "at": datetime.fromisoformat(values["at"]),
                "subject": UUID(values["subject"]) if values["subject"] else None,
                "previous_hash": bytes.fromhex(values["previous_hash"]),
                "entry_hash": bytes.fromhex(values["entry_hash"]),
            }
        )
    except (ValueError, TypeError, KeyError) as error:
        sentence = f"Line {number} of the export is not an audit entry: export again with `throughline audit verify`."
        raise AuditExportUnreadable(sentence) from error


def _read_checkpoint(number: int, line: str) -> Checkpoint:
    try:
        values = json.loads(line)
        return Checkpoint(
            service=str(values["service"]),
            sequence=int(values["sequence"]),
            entry_hash=bytes.fromhex(values["entry_hash"]),
            signed_at=datetime.fromisoformat(values["signed_at"]),
            signature=bytes.fromhex(values["signature"]),
        )
    except (ValueError, TypeError, KeyError) as error:
        sentence = f"Line {number} of the export is not a checkpoint: ask monitor for its checkpoints again."
        raise AuditExportUnreadable(sentence) from error
