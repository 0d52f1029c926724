"""Institutions are counted once, under a key that is kept nowhere, and are gone with the person."""

from typing import Any

import pytest

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.vocabulary import ReferralForm
from services.intake import operations
from services.intake.app import service
from tests.conftest import RuntimeOf
from tests.intake.builders import form, rows
from tests.intake.test_operations import practice, take_in


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    """Intake's runtime without background work."""
    return await runtime_of(service())


def at_school(name: str) -> ReferralForm:
    """Return a form that an institution sends."""
    given = form()
    return given.model_copy(update={"referrer": given.referrer.model_copy(update={"organisation": name})})


class TestInstitution:
    async def of(self, runtime: Runtime) -> list[Any]:
        return list(await rows(runtime, "SELECT * FROM outbox WHERE type = 'intake.institution-counted.v1'"))

    async def test_is_counted_once_under_a_key_that_is_kept_nowhere_else(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), at_school(" example high SCHOOL"))
        (counted,) = await self.of(runtime)
        assert counted.subject not in {row.id, row.statistics_key, row.correlation_id}
        assert (counted.correlation_id, counted.causation_id, counted.traceparent) == (None, None, "")
        for table in ("referral", "ledger_line", "referral_version", "arrival_key"):
            kept = await rows(runtime, f"SELECT row_to_json({table})::text AS said FROM {table}")
            assert not [each for each in kept if str(counted.subject) in each.said]

    async def test_that_is_not_on_the_list_is_not_counted(self, runtime: Runtime) -> None:
        await take_in(runtime, practice(runtime), at_school("Another School (synthetic)"))
        await take_in(runtime, practice(runtime), None)
        assert await self.of(runtime) == []

    async def test_erasing_leaves_nothing_of_it_beside_what_is_left_of_the_referral(self, runtime: Runtime) -> None:
        institution = "type = 'intake.institution-counted.v1'"
        _, row = await take_in(runtime, practice(runtime), at_school("Example High School"))
        _, other = await take_in(runtime, practice(runtime), at_school("Sample Grammar School"))
        for table in ("outbox", "dispatch"):
            assert len(await rows(runtime, f"SELECT 1 FROM {table} WHERE {institution}")) == 2
        async with runtime.database.transaction(Actor.operator("tester")) as session:
            await operations.erase_subject(session, row.id)
        for table in ("outbox", "dispatch"):
            (left,) = await rows(runtime, f"SELECT recorded_at FROM {table} WHERE {institution}")
            theirs = await rows(runtime, f"SELECT recorded_at FROM {table} WHERE subject = :id", id=other.id)
            assert left.recorded_at in {each.recorded_at for each in theirs}
