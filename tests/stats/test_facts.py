"""Facts in the log and of institutions, the order in which they lie, and what the database refuses to change."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from asyncpg import PostgresError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.channel.statistics import CaseCounted
from contracts.intake.statistics import InstitutionCounted, ReferralCounted
from contracts.triage.statistics import DecisionCounted
from contracts.vocabulary import AgeBand, ConcernType, Door, Ethnicity, Gender, Outcome, Sector
from services.stats import jobs, operations
from services.stats.domain import MonthMalformed
from services.stats.handlers import (
    on_case_counted,
    on_decision_counted,
    on_institution_counted,
    on_referral_counted,
)
from services.stats.jobs.mixing import mix
from tests.stats.counted_made import DECEMBER, KENT, many, put, received
from tests.triage.builders import message

REFUSED = r"only added to|permission denied"
SERVICE = Actor.service("stats")
REFERRAL = ReferralCounted(
    month="2026-11",
    version=1,
    door=Door.WEB,
    sector=Sector.EDUCATION,
    age_band=AgeBand.FROM_11,
    gender=Gender.MALE,
    district="Thanet",
    ethnicity=Ethnicity.ASIAN,
)


async def rows(stats: Runtime, statement: str, **asked: Any) -> Sequence[Any]:
    """Return what a statement reads in the service's own database."""
    async with stats.database.transaction(SERVICE) as session:
        return (await session.execute(text(statement), asked)).mappings().all()


class TestHandlers:
    async def test_every_stage_brings_what_it_knows(self, stats: Runtime) -> None:
        key = uuid4()
        decided = DecisionCounted(
            month="2026-11",
            version=1,
            outcome=Outcome.PLP,
            days_since_receipt=3,
            concern=ConcernType.INCEL,
            met=2,
            missed=1,
        )
        counted = CaseCounted(
            month="2026-12",
            version=1,
            outcome=Outcome.REVIEWED,
            days_since_receipt=40,
            met=3,
            missed=0,
            on_time=1,
            late=1,
        )
        async with stats.database.transaction(SERVICE) as session:
            await on_referral_counted(session, REFERRAL, message(REFERRAL, key))
            await on_decision_counted(session, decided, message(decided, key))
            await on_case_counted(session, counted, message(counted, key))
        found = {row["stage"]: row for row in await rows(stats, "SELECT * FROM fact_log")}
        assert found["intake"]["ethnicity"] == "asian"
        assert (found["triage"]["concern"], found["triage"]["met"], found["triage"]["missed"]) == ("incel", 2, 1)
        assert (found["channel"]["on_time"], found["channel"]["late"]) == (1, 1)
        assert {row["key"] for row in found.values()} == {key}

    async def test_an_institution_is_kept_without_any_key(self, stats: Runtime) -> None:
        event, key = InstitutionCounted(month="2026-11", institution="sample-grammar-school"), uuid4()
        async with stats.database.transaction(SERVICE) as session:
            await on_institution_counted(session, event, message(event, key))
        (row,) = await rows(stats, "SELECT * FROM institution_fact")
        assert (row["area"], row["month"], row["institution"], row["generation"]) == (
            *(KENT, "2026-11", "sample-grammar-school", 0),
        )
        assert key not in row.values()

    async def test_a_month_of_an_institution_says_no_day(self, stats: Runtime) -> None:
        event = InstitutionCounted(month="2026-11-03", institution="sample-grammar-school")
        with pytest.raises(MonthMalformed):
            async with stats.database.transaction(SERVICE) as session:
                await on_institution_counted(session, event, message(event, uuid4()))


class TestOnlyAdded:
    @pytest.mark.parametrize("change", ["UPDATE {} SET month = '2026-01'", "DELETE FROM {}"])
    @pytest.mark.parametrize("table", ["fact_log", "institution_fact"])
    async def test_the_database_refuses_what_would_change_it(self, stats: Runtime, table: str, change: str) -> None:
        await put(stats, received())
        async with stats.database.transaction(SERVICE) as session:
            await operations.count_institution(session, KENT, "2026-11", "sample-grammar-school", now=DECEMBER)
        before = await rows(stats, f"SELECT * FROM {table}")
        with pytest.raises((DBAPIError, PostgresError), match=REFUSED):
            await rows(stats, change.format(table))
        assert await rows(stats, f"SELECT * FROM {table}") == before


class TestMix:
    async def test_nothing_lies_in_the_order_in_which_it_came(self, stats: Runtime) -> None:
        facts = many(60, received())
        await put(stats, *facts)
        async with stats.database.transaction(SERVICE) as session:
            for number in range(60):
                await operations.count_institution(session, KENT, "2026-11", f"school-{number}", now=DECEMBER)
        came = [fact.key for fact in facts]
        assert [row["key"] for row in await rows(stats, "SELECT key FROM fact_log ORDER BY ctid")] == came
        await mix(stats, DECEMBER)
        after = [row["key"] for row in await rows(stats, "SELECT key FROM fact_log ORDER BY ctid")]
        assert sorted(after) == sorted(came)
        # Of sixty in a random order about one stays at its place; twenty would be no accident.
        assert sum(one == other for one, other in zip(came, after, strict=True)) < 20
        ids = [row["id"] for row in await rows(stats, "SELECT id FROM fact_log ORDER BY ctid")]
        assert ids == sorted(ids)
        schools = [
            row["institution"] for row in await rows(stats, "SELECT institution FROM institution_fact ORDER BY ctid")
        ]
        assert schools != [f"school-{number}" for number in range(60)]

    async def test_facts_are_still_taken_and_still_only_added_to_afterwards(self, stats: Runtime) -> None:
        await put(stats, received())
        await mix(stats, DECEMBER)
        await put(stats, received())
        assert len(await rows(stats, "SELECT 1 FROM fact_log")) == 2
        with pytest.raises((DBAPIError, PostgresError), match=REFUSED):
            await rows(stats, "DELETE FROM fact_log")

    def test_the_clock_does_so_each_day(self) -> None:
        assert [job.daily for job in jobs.JOBS if job.name == "mix-facts"] == [True]
