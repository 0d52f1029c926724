"""Notices as the delivery desk finds them, and who looks."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update

from chassis.actor import Actor
from chassis.app import Runtime
from services.notify import models
from tests.notify.made import DESK, NOW, concern, handle

SECOND_AT_DESK = replace(DESK, id="ezra", name="Ezra Desk (synthetic)")
"""Another person of the same desk."""


async def noticed(runtime: Runtime, event: Any = None, *, subject: UUID | None = None, **values: Any) -> UUID:
    """Take an event in (a concern for the Kent front door, unless given) and return the id of its notice."""
    subject = subject or uuid4()
    event_id = await handle(runtime, event or concern(), subject=subject)
    found = await notice_of(runtime, event_id)
    if values:
        await alter(runtime, found.id, **values)
    return UUID(str(found.id))


async def notice_of(runtime: Runtime, event_id: UUID) -> Any:
    """Return the row of the notice that an event called for."""
    async with runtime.database.transaction(Actor.service("notify")) as session:
        return await session.first(select(models.notice).where(models.notice.c.event_id == event_id))


async def kept(runtime: Runtime, notice_id: UUID) -> Any:
    """Return the row of a notice."""
    async with runtime.database.transaction(Actor.service("notify")) as session:
        return await session.first(select(models.notice).where(models.notice.c.id == notice_id))


async def alter(runtime: Runtime, notice_id: UUID, **values: Any) -> None:
    """Write over columns of a notice."""
    async with runtime.database.transaction(Actor.service("notify")) as session:
        await session.execute(update(models.notice).where(models.notice.c.id == notice_id).values(values))


async def copies(runtime: Runtime, notice_id: UUID, number: int, *, at: datetime = NOW) -> None:
    """Write a notice again, so many times, all at one moment."""
    row = await kept(runtime, notice_id)
    async with runtime.database.transaction(Actor.service("notify")) as session:
        for _ in range(number):
            values = dict(row._mapping) | {"id": uuid4(), "created_at": at}
            await session.execute(models.notice.insert().values(values))
