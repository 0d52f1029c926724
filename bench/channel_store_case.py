"""What one synthetic case of Channel is made from, and how its words are sealed while it is written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from pydantic import BaseModel

from bench.triage_store import AREA, OFFICERS, Rows
from chassis.crypto import SubjectKeys
from services.channel.domain import ClockName, State

OWNER = OFFICERS[1][1]
HEARD = frozenset(
    {
        State.ENDED,
        State.CLOSED,
        State.SUPPORTED,
        State.PLANNED,
        State.ADOPTED,
        State.NO_CONSENT,
        State.NOT_ADOPTED,
        State.TRANSFERRED,
    }
)
"""The panel has decided on these."""
OVER = frozenset({State.ENDED, State.CLOSED})
WITH_PLAN = HEARD - {State.ADOPTED, State.NOT_ADOPTED}
TO_PANEL = timedelta(days=30)
TO_REVIEW = timedelta(days=110)
TO_CLOSURE = timedelta(days=140)


@dataclass(frozen=True)
class Case:
    """A case while it is written; `words` are sealed under its key once, and stand in every column of words."""

    subject: UUID
    reference: str
    state: State
    opened_at: datetime
    words: bytes

    @property
    def closed_at(self) -> datetime:
        """Return when it was closed, where it was."""
        return self.opened_at + TO_CLOSURE


@dataclass(frozen=True)
class Desk:
    """Where everything about cases is written: rows to be copied, the keys, what the time is, and the lot."""

    rows: Rows
    keys: SubjectKeys
    now: datetime
    lot: Random

    async def sealed(self, subject: UUID, words: str | BaseModel) -> bytes:
        """Return words, or a model, sealed under a subject's key."""
        text = words if isinstance(words, str) else words.model_dump_json()
        return await self.keys.seal(subject, text.encode())

    def clock(self, subject: UUID, name: ClockName, about: UUID, due_at: datetime | None = None) -> None:
        """Add a clock that runs, out within the next weeks or a little late unless it is said when."""
        due_at = due_at or self.now + timedelta(days=self.lot.uniform(-5, 60))
        self.rows.add(
            "clock", subject=subject, name=name.value, about=about, area=AREA, started_at=self.now - timedelta(days=9),
            due_at=due_at, times_extended=0, escalations=0, escalate_at=due_at,
        )  # fmt: skip
