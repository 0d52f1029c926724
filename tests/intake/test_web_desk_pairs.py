"""Why two referrals are put beside each other at the desk: said in words, without opening what is not looked at."""

from dataclasses import replace
from typing import Any

import pytest

from chassis import clock
from chassis.actor import Actor
from contracts.vocabulary import ReferralForm
from services.intake import operations
from services.intake.app import service
from services.intake.domain import Found, Outcome
from services.intake.queries import likeness_key
from tests.conftest import Running, RunningOf
from tests.intake.builders import form, rows
from tests.intake.test_operations import KEY, arriving, practice, take_in
from tests.intake.test_operations_linking import STORY, telling
from tests.intake.test_web_desk import as_officer
from tests.intake.test_web_desk_work import words

BOTH = "Both names and the date of birth are the same."
ONE = "One of the names and the date of birth are the same."
SOUND = "The names sound alike, and the year of birth is the same."
TOLD = "The concern is told in nearly the same words."
OLDER = {"date_of_birth": "1990-01-02"}


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox and its clock."""
    return await running_of(service(), doors=False)


async def came(intake: Running, filled: ReferralForm) -> str:
    """Take a referral in, marked under intake's own key; return its reference."""
    original = replace(arriving(practice(intake.runtime), filled), likeness_key=likeness_key(intake.runtime))
    async with intake.runtime.database.transaction(Actor.public()) as session:
        return (await operations.receive(session, original, now=clock.now())).reference


class TestWhy:
    @pytest.mark.parametrize(
        ("one", "other", "said"),
        [
            (form(), form(), {BOTH}),
            (form(), form(surname="Married"), {ONE}),
            (
                form(forenames="Mohammed Sample", surname="Hussain", date_of_birth="2009-04-27"),
                form(forenames="Muhamad", surname="Hussein", date_of_birth="2009-07-24"),
                {SOUND},
            ),
            (telling(STORY), telling(STORY, forenames="Alex", surname="Different", **OLDER), {TOLD}),
            (telling(STORY), telling(STORY, forenames="Sampel"), {ONE, SOUND, TOLD}),
        ],
    )
    async def test_is_said_in_words_at_the_pair_and_at_either_referral(
        self, intake: Running, one: ReferralForm, other: ReferralForm, said: set[str]
    ) -> None:
        earlier, later = await came(intake, one), await came(intake, other)
        await as_officer(intake)
        for page in (
            f"/desk/pairs/{later}/{earlier}",
            f"/desk/pairs/{earlier}/{later}",
            f"/desk/referrals/{earlier}",
            f"/desk/referrals/{later}",
        ):
            shown = words((await intake.client.get(page)).text)
            assert {each for each in (BOTH, ONE, SOUND, TOLD) if each in shown} == said, page

    async def test_is_asked_at_a_referral_without_reading_the_other(self, intake: Running) -> None:
        earlier, later = await came(intake, form()), await came(intake, form())
        await as_officer(intake)
        await intake.client.get(f"/desk/referrals/{later}")
        read: list[Any] = await rows(
            intake.runtime,
            "SELECT reference FROM audit_entry JOIN referral ON referral.id = subject WHERE action LIKE '%read%'",
        )
        assert {each.reference for each in read} == {later}
        assert earlier != later

    async def test_is_that_a_mail_names_the_other_or_that_nothing_agrees_any_more(self, intake: Running) -> None:
        known = await came(intake, form())
        receipt, row = await take_in(intake.runtime, practice(intake.runtime), None)
        async with intake.runtime.database.transaction(Actor.job("intake", "reading")) as session:
            local, outcome = practice(intake.runtime), Outcome(None, "No form.", Found(named=(known,)))
            await operations.record_reading(session, row.id, outcome, local, likeness_key=KEY, now=clock.now())
        await as_officer(intake)
        path = f"/desk/pairs/{receipt.reference}/{known}"
        assert f"The mail of {receipt.reference} names {known}." in words((await intake.client.get(path)).text)
        await rows(intake.runtime, "UPDATE referral_version SET found = NULL RETURNING 1")
        assert "No answer of theirs agrees now" in words((await intake.client.get(path)).text)
        other = await came(intake, form(forenames="Alex", surname="Different", **OLDER))
        assert "agrees now" not in words((await intake.client.get(f"/desk/pairs/{other}/{known}")).text)
