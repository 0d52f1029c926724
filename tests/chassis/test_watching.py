"""Clocks that have run out: an alarm each, and people told by name, one owner's fault keeping no other from it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from chassis import telemetry
from chassis.actor import Actor
from chassis.database import Session
from chassis.errors import NotYet
from chassis.runtime import Runtime
from chassis.ticking import ClockKey
from chassis.watching import Escalated, Overdue, Watch

OVERDUE = telemetry.counter("sample.clock.overdue", "{clock}", "Clocks that ran out")
ESCALATED = telemetry.counter("sample.clock.escalated", "{clock}", "Times that a person was told of a clock")
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BROKEN, SOUND = ClockKey(uuid4(), "plan"), ClockKey(uuid4(), "panel-decision")


class Told:
    """A service whose first clock cannot be told of; it keeps who was told, and as whom transactions were made."""

    def __init__(self) -> None:
        self.told: list[tuple[UUID, object]] = []
        self.actors: list[str] = []

    @property
    def runtime(self) -> Runtime:
        """Return a runtime with nothing but transactions and clients."""

        @asynccontextmanager
        async def transaction(actor: Actor) -> AsyncIterator[None]:
            self.actors.append(actor.id)
            yield

        return cast("Runtime", SimpleNamespace(database=SimpleNamespace(transaction=transaction), clients="practices"))

    @property
    def watch(self) -> Watch:
        """Return how its clocks are looked at."""
        return Watch("sample", self.alarm, self.waiting, self.escalate, overdue=OVERDUE, escalated=ESCALATED)

    async def alarm(self, _: Session, __: datetime) -> tuple[Overdue, ...]:
        """Return one clock that ran out."""
        return (Overdue("KM-7F3K-92QM", "plan"),)

    async def waiting(self, _: Session, __: datetime) -> tuple[ClockKey, ...]:
        """Return the two clocks."""
        return BROKEN, SOUND

    async def escalate(self, _: Session, key: ClockKey, practices: Any, __: datetime) -> tuple[Escalated, ...]:
        """Tell of a clock."""
        if key is BROKEN:
            raise NotYet("The file of the area is not here yet.")
        self.told.append((key.subject, practices))
        return (Escalated("KM-7F3K-92QM", key.name, 1),)


class TestWatch:
    async def test_a_clock_that_cannot_be_told_of_keeps_no_other_from_it(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        service = Told()
        with caplog.at_level(logging.WARNING, logger="sample.jobs"):
            await service.watch.escalations(service.runtime, NOW)
        assert service.told == [(SOUND.subject, "practices")]
        assert len(service.actors) == 3
        assert [each.getMessage() for each in caplog.records] == [
            "A clock could not be escalated.",
            "A person was told of a clock that ran out.",
        ]

    async def test_every_clock_that_ran_out_is_an_alarm(self, caplog: pytest.LogCaptureFixture) -> None:
        service = Told()
        with caplog.at_level(logging.WARNING, logger="sample.jobs"):
            await service.watch.deadlines(service.runtime, NOW)
        (line,) = caplog.records
        assert (line.getMessage(), vars(line)["facts"]) == (
            "A clock ran out.", {"kind": "plan", "reference": "KM-7F3K-92QM"},
        )  # fmt: skip

    def test_has_one_job_for_each(self) -> None:
        assert [each.name for each in Told().watch.jobs()] == ["deadlines", "escalations"]
