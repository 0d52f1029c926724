"""Words that somebody has begun to write on a page and not recorded: sealed, and only theirs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Session


@dataclass(frozen=True)
class Desk:
    """A page on which somebody writes: whose key seals the words, what it records, and its address."""

    subject: UUID
    area: str
    command: str
    address: str


@dataclass(frozen=True)
class BegunWork:
    """The words of work begun, by the fields of its form."""

    fields: Mapping[str, tuple[str, ...]]
    begun_at: datetime
    saved_at: datetime


async def keep_begun(
    session: Session, table: Table, desk: Desk, fields: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """Keep in a service's table what the actor has written so far on a page."""
    row = {
        "id": uuid4(),
        "officer_id": session.actor.id,
        "officer_name": session.actor.name or session.actor.id,
        "subject": desk.subject,
        "area": desk.area,
        "command": desk.command,
        "address": desk.address,
        "sealed_words": await session.seal(desk.subject, json.dumps({name: list(fields[name]) for name in fields})),
        "begun_at": now,
        "saved_at": now,
    }
    fresh = upsert(table)
    keep = fresh.on_conflict_do_update(
        index_elements=["officer_id", "subject", "address"],
        set_={name: fresh.excluded[name] for name in ("officer_name", "sealed_words", "saved_at")},
    )
    session.write(keep, row)


async def drop_begun(session: Session, table: Table, desk: Desk) -> None:
    """Drop what the actor had written on a page: it is recorded now, or not wanted any more."""
    mine = (table.c.officer_id == session.actor.id) & (table.c.subject == desk.subject)
    await session.execute(delete(table).where(mine, table.c.address == desk.address))


async def begun_work(session: Session, table: Table, subject: UUID, address: str) -> BegunWork | None:
    """Return what the actor has begun to write on the page at an address, None where nothing waits."""
    mine = (table.c.officer_id == session.actor.id) & (table.c.subject == subject) & (table.c.address == address)
    row = await session.first(select(table).where(mine))
    if row is None:
        return None
    fields = json.loads(await session.unseal_text(subject, row.sealed_words))
    return BegunWork({name: tuple(values) for name, values in fields.items()}, row.begun_at, row.saved_at)
