"""Synthetic facts of every stage, and the means to put them into the log."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.vocabulary import Stage
from services.stats import operations
from services.stats.operations import Fact

KENT, NORTHMERE = "kent-and-medway", "northmere"
DISTRICTS = ("Ashford", "Thanet")
DECEMBER = datetime(2026, 12, 10, 9, tzinfo=UTC)
JOB = Actor.job("stats", "drafts")


def received(month: str = "2026-11", *, key: UUID | None = None, version: int = 1, **given: str) -> Fact:
    """Return a synthetic fact of a referral received."""
    fact = Fact(
        key=key or uuid4(), stage=Stage.INTAKE, area=KENT, version=version, month=month, door="web",
        sector="education", age_band="11-15", gender="male", district="Thanet", ethnicity="white",
    )  # fmt: skip
    return replace(fact, **given)  # type: ignore[arg-type]


def decided(
    outcome: str, month: str = "2026-11", *, key: UUID | None = None, version: int = 1, days: int = 3, **given: object
) -> Fact:
    """Return a synthetic fact of a decision of the Gateway."""
    fact = Fact(
        key=key or uuid4(), stage=Stage.TRIAGE, area=KENT, version=version, month=month, outcome=outcome,
        days_since_receipt=days, concern="islamist",
    )  # fmt: skip
    return replace(fact, **given)  # type: ignore[arg-type]


def in_channel(
    outcome: str, month: str = "2026-11", *, key: UUID | None = None, version: int = 1, days: int = 30, **given: object
) -> Fact:
    """Return a synthetic fact of what became of a case of Channel."""
    given = {"concern": None, **given}
    return replace(decided(outcome, month, key=key, version=version, days=days, **given), stage=Stage.CHANNEL)


def many(number: int, fact: Fact) -> list[Fact]:
    """Return so many of the same, each of another referral."""
    return [replace(fact, key=uuid4()) for _ in range(number)]


async def put(stats: Runtime, *facts: Fact) -> None:
    """Put facts into the log as the handlers do."""
    async with stats.database.transaction(Actor.service("stats")) as session:
        for one in facts:
            await operations.count(session, one, now=DECEMBER)
