"""In an area with front doors by age a concern is announced to the door for the age at receipt, and stays there."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import areas
from chassis.actor import Actor
from chassis.app import Runtime
from contracts.vocabulary import ReferralForm
from services.intake import operations
from services.intake.app import service
from services.intake.domain import Addition, Practice
from services.intake.settings import practice
from tests.areas.test_reaching import BY_AGE, written
from tests.conftest import RuntimeOf
from tests.intake.builders import form
from tests.intake.test_operations import KEY, NOW, take_in
from tests.intake.test_operations_correcting import told

ADULTS, CHILDREN = "medway-adults", "medway-front-door"
EIGHTEEN_TOMORROW = date(2008, 11, 22)
"""Born so that NOW (21 November 2026) is the last day before the eighteenth birthday."""


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    """Intake's runtime without background work."""
    return await runtime_of(service())


@pytest.fixture
def by_age(tmp_path: Path) -> Practice:
    """The practice of Medway in an area where children and adults have a front door each."""
    area = written(tmp_path, BY_AGE)
    return practice(areas.load(tmp_path), area, "Medway")


def aged(born: date | None, age: int | None = None) -> ReferralForm:
    return form(date_of_birth=born and born.isoformat(), approximate_age=age)


async def doors(runtime: Runtime, referral_id: Any) -> list[str]:
    """Return to which front door each version was announced, oldest first."""
    return [each["front_door"] for each in await told(runtime, referral_id, "intake.social-care.v1")]


@pytest.mark.parametrize(
    ("filled", "door"),
    [
        (aged(date(1986, 5, 4)), ADULTS),
        (aged(date(2014, 5, 4)), CHILDREN),
        (aged(None, 40), ADULTS),
        (aged(None, 12), CHILDREN),
        (aged(date(2008, 11, 21)), ADULTS),
        (aged(EIGHTEEN_TOMORROW), CHILDREN),
        (None, CHILDREN),
    ],
    ids=["born 40 years ago", "born 12 years ago", "about 40", "about 12", "18 today", "18 tomorrow", "unread"],
)
async def test_a_concern_goes_to_the_door_for_the_persons_age(
    runtime: Runtime, by_age: Practice, filled: ReferralForm | None, door: str
) -> None:
    _, row = await take_in(runtime, by_age, filled)
    assert await doors(runtime, row.id) == [door]


async def add(runtime: Runtime, referral_id: Any, local: Practice, addition: Addition) -> None:
    """Let the referrer add something a year after the referral came."""
    async with runtime.database.transaction(Actor.public()) as session:
        later = NOW + timedelta(days=365)
        await operations.add_version_by_referrer(session, referral_id, addition, local, likeness_key=KEY, now=later)


async def test_a_birthday_after_receipt_moves_nothing(runtime: Runtime, by_age: Practice) -> None:
    _, row = await take_in(runtime, by_age, aged(EIGHTEEN_TOMORROW))
    await add(runtime, row.id, by_age, Addition(words="Seen again (synthetic)."))
    assert await doors(runtime, row.id) == [CHILDREN, CHILDREN]


async def test_a_date_of_birth_that_was_corrected_moves_the_concern(runtime: Runtime, by_age: Practice) -> None:
    _, row = await take_in(runtime, by_age, aged(EIGHTEEN_TOMORROW))
    await add(runtime, row.id, by_age, Addition(form=aged(date(1986, 5, 4))))
    assert await doors(runtime, row.id) == [CHILDREN, ADULTS]
