"""The audit trail: writing one row inside the transaction it tells of, and reading the chain back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import Row, insert, select

from chassis import telemetry
from chassis.audit.chain import AuditEntry, Checkpoint
from chassis.database import Session
from chassis.tables import audit_checkpoint, audit_entry

_INSERT = insert(audit_entry)
READ = "record.read"
"""The action of every read of a person's record."""


class Details(TypedDict, total=False):
    """What `record` may be told beside the action; none of it may hold a personal class: the chain is never erased.

    `reason` is why it was done, `area` whose practice applied, `facts` are counts, states and ids.
    """

    reason: str
    area: str
    facts: Mapping[str, str | int] | None


async def record(
    session: Session, action: str, *, subject: UUID | None, now: datetime, **details: Unpack[Details]
) -> None:
    """Write one row that says who (the session's actor) did what ("<noun>.<verb>"), in the transaction of it."""
    values = {
        "at": now,
        "actor_kind": str(session.actor.kind),
        "actor_id": session.actor.id,
        "action": action,
        "subject": subject,
        "area": details.get("area", ""),
        "reason": details.get("reason", ""),
        "trace_id": telemetry.trace_id(),
        "facts": dict(details.get("facts") or {}),
    }
    session.write(_INSERT, values)


async def record_read(session: Session, *, subject: UUID | None, now: datetime, reason: str) -> None:
    """Insert the row that says the session's actor has read this person's record, and why."""
    await record(session, READ, subject=subject, now=now, reason=reason)


async def entries(session: Session, *, after: int, limit: int) -> tuple[AuditEntry, ...]:
    """Return at most `limit` sealed entries whose sequence is above `after`, in chain order."""
    statement = select(audit_entry).where(audit_entry.c.sequence > after).order_by(audit_entry.c.sequence).limit(limit)
    return tuple(as_entry(session.service, row) for row in await session.rows(statement))


async def checkpoints(session: Session, *, after: int, limit: int = 1000) -> tuple[Checkpoint, ...]:
    """Return at most `limit` signed checkpoints whose sequence is above `after`, oldest first."""
    statement = (
        select(audit_checkpoint)
        .where(audit_checkpoint.c.sequence > after)
        .order_by(audit_checkpoint.c.sequence)
        .limit(limit)
    )
    return tuple(as_checkpoint(session.service, row) for row in await session.rows(statement))


def as_entry(service: str, row: Row[Any]) -> AuditEntry:
    """Return a row of `audit_entry` as the value that is hashed; unsealed rows get sequence 0 and empty hashes."""
    return AuditEntry(
        service=service,
        sequence=row.sequence or 0,
        id=row.id,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        action=row.action,
        subject=row.subject,
        area=row.area,
        reason=row.reason,
        trace_id=row.trace_id,
        facts=row.facts,
        previous_hash=row.previous_hash or b"",
        entry_hash=row.entry_hash or b"",
    )


def as_checkpoint(service: str, row: Row[Any]) -> Checkpoint:
    """Return a row of `audit_checkpoint` as a value."""
    return Checkpoint(
        service=service,
        sequence=row.sequence,
        entry_hash=row.entry_hash,
        signed_at=row.signed_at,
        signature=row.signature,
    )
