"""The other cases of the same person, as far as the reader's areas have them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from chassis.database import Session
from services.channel import models
from services.channel.domain import State


@dataclass(frozen=True)
class OtherCase:
    """Another case that the police hold for the same person's: where it stands, and whose it is."""

    reference: str
    state: State
    coordinator: str
    risk_owner: str


async def other_cases(session: Session, references: Sequence[str]) -> tuple[OtherCase, ...]:
    """Return those of the references that have a case here, in the order of their references."""
    if not references:
        return ()
    table = models.case_file
    named = (table.c.reference, table.c.state, table.c.coordinator, table.c.risk_owner)
    rows = await session.rows(select(*named).where(table.c.reference.in_(references)).order_by(table.c.reference))
    return tuple(OtherCase(row.reference, State(row.state), row.coordinator or "", row.risk_owner) for row in rows)
