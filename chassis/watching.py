"""What becomes of a service's clocks that have run out: an alarm for each, then people are told of it by name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from logging import Logger
from typing import Any

from chassis import telemetry
from chassis.actor import Actor
from chassis.database import Session
from chassis.errors import ThroughlineError
from chassis.jobs import Job
from chassis.runtime import Runtime
from chassis.telemetry.metrics import Counter
from chassis.ticking import ClockKey

_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Overdue:
    """A clock that ran out."""

    reference: str
    name: str


@dataclass(frozen=True)
class Escalated:
    """A clock of which the person of a step was told; `step` counts from 1."""

    reference: str
    name: str
    step: int


@dataclass(frozen=True)
class Watch:
    """How the clocks of a service are looked at.

    `alarm` marks those that have run out and returns them, `waiting` finds those of which somebody is to be told, and
    `escalate` tells them, given what the service keeps as its clients. `overdue` counts alarms, `escalated`
    how often people were told.
    """

    service: str
    alarm: Callable[[Session, datetime], Awaitable[tuple[Overdue, ...]]]
    waiting: Callable[[Session, datetime], Awaitable[tuple[ClockKey, ...]]]
    escalate: Callable[[Session, ClockKey, Any, datetime], Awaitable[tuple[Escalated, ...]]]
    overdue: Counter
    escalated: Counter

    def jobs(self) -> tuple[Job, ...]:
        """Return the two jobs."""
        return Job("deadlines", _EVERY, self.deadlines), Job("escalations", _EVERY, self.escalations)

    async def deadlines(self, runtime: Runtime, now: datetime) -> None:
        """Raise an alarm for every clock that has run out and has not been answered."""
        async with runtime.database.transaction(Actor.job(self.service, "deadlines")) as session:
            late = await self.alarm(session, now)
        for clock in late:
            self.overdue.add(1, kind=clock.name)
            facts = {"kind": clock.name, "reference": clock.reference}
            self._log.warning("A clock ran out.", extra={"facts": facts})

    async def escalations(self, runtime: Runtime, now: datetime) -> None:
        """Tell the people whom the area names of every clock that ran out, each in a transaction of its own."""
        async with runtime.database.transaction(Actor.job(self.service, "escalations")) as session:
            waiting = await self.waiting(session, now)
        for key in waiting:
            try:
                await self._escalate(runtime, key, now)
            except ThroughlineError as refusal:
                # One that cannot be escalated must not keep the others from it; the next turn tries again.
                facts = {"kind": key.name, "subject": str(key.subject), "reason": refusal.reason}
                self._log.warning("A clock could not be escalated.", extra={"facts": facts})

    async def _escalate(self, runtime: Runtime, key: ClockKey, now: datetime) -> None:
        async with runtime.database.transaction(Actor.job(self.service, "escalations")) as session:
            steps = await self.escalate(session, key, runtime.clients, now)
        for each in steps:
            self.escalated.add(1, kind=each.name)
            facts = {"kind": each.name, "reference": each.reference, "count": each.step}
            self._log.warning("A person was told of a clock that ran out.", extra={"facts": facts})

    @cached_property
    def _log(self) -> Logger:
        return telemetry.logger(f"{self.service}.jobs")
