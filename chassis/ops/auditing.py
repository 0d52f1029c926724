"""Each call of an operator leaves an audit row, refused ones too."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Unpack
from uuid import UUID

from fastapi import Request

from chassis import audit, clock
from chassis.actor import Actor, ActorKind
from chassis.database import Session
from chassis.errors import Conflict, Missing, Rejected


@asynccontextmanager
async def audited(
    request: Request, operator: Actor, action: str, *, subject: UUID | None = None, **details: Unpack[audit.Details]
) -> AsyncIterator[Session]:
    """Open a transaction as the operator with the call's audit row in it; a service that watches leaves none.

    The row is written when the block ends: the block may complete the mapping that it gave as `facts`.
    A refusal (Rejected, Missing, Conflict) inside the block undoes it and is told in a row of its own.
    """
    database = request.app.state.runtime.database
    if operator.kind is ActorKind.SERVICE:
        async with database.transaction(operator) as session:
            yield session
        return
    try:
        async with database.transaction(operator) as session:
            yield session
            await audit.record(session, action, subject=subject, now=clock.now(), **details)
    except (Rejected, Missing, Conflict) as error:
        # The refusal undid the row together with the deed; that it was tried is told in a row of its own.
        refused = details | {"facts": dict(details.get("facts") or {}) | {"refused": error.reason}}
        async with database.transaction(operator) as session:
            await audit.record(session, action, subject=subject, now=clock.now(), **refused)
        raise
