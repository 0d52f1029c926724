"""How many answers the desk's page says are missing: what it lists, and what sending would refuse."""

from typing import Any, cast

import pytest
from lxml import html

from chassis import clock
from chassis.web import FormData
from services.intake.app import service
from services.intake.domain import Found
from services.intake.web import keying
from tests.conftest import Running, RunningOf
from tests.intake.test_web_desk import as_officer, keyed, post, unread_mail


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox and its clock."""
    return await running_of(service(), doors=False)


def counted(page: str) -> tuple[str, int]:
    """Return what the page says of how many answers are missing, and how many it leads to."""
    [nav] = cast("list[Any]", html.fromstring(page).xpath("//nav[@aria-labelledby='first']"))
    return " ".join(nav.xpath("./h2")[0].text_content().split()), len(nav.xpath(".//a"))


class TestCount:
    def test_counts_what_must_be_answered_and_nothing_that_a_person_has_answered(self) -> None:
        nothing = {each.field.name for each in keying.form(Found()).waiting}
        [*refused] = dict(keying.read(FormData(), Found(), clock.now().date()))
        assert nothing == {*refused, *keying.MAY_BE_NOT_KNOWN}
        doubtful = Found(
            {"person.date_of_birth": "3/7/11", "concerns.aspects.0": "[x] this [x] that"},
            ("referrer.surname", "person.surname", "sharing_acknowledged"),
            ("person.date_of_birth", "concerns.aspects.0"),
        )
        tags = {each.field.name: each.tag for each in keying.form(doubtful).waiting}
        assert (tags["person.date_of_birth"], tags["concerns.aspects"]) == ("doubtful", "doubtful")
        sent = {
            **keyed(),
            "referrer.surname": "",
            "person.surname": "",
            "concerns.aspects": "phone-internet-or-social-media",
        }
        again = keying.form(doubtful, FormData({name: (value,) for name, value in sent.items()}))
        assert [each.field.name for each in again.waiting] == ["person.surname"]

    async def test_says_the_number_of_what_it_lists_before_and_after_sending(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        path = f"/desk/referrals/{reference}"
        assert counted((await intake.client.get(path)).text) == ("6 answers are missing or doubtful", 6)
        answer = await post(intake, path, keyed() | {"person.surname": " "})
        assert counted(answer.text) == ("1 answer is missing or doubtful", 1)


def test_a_question_called_as_its_section_is_named_once() -> None:
    said = keying.in_plain_words("these could not be understood: concerns.complex_needs, person.surname.")
    assert said == "these could not be understood: “Complex needs”, “The person: last name”."
