"""Who gets what, at the desk with values, and on the operations plane without any."""

from typing import Any, cast

import pytest
from lxml import html

from chassis import clock
from chassis.actor import Actor
from chassis.ops.erasure import erase_stored
from contracts.catalogue import EVENT_BY_TYPE, published_by
from contracts.vocabulary.nrf import QUESTIONS
from services.intake.app import service
from services.intake.operations import erase_subject
from services.intake.web import naming
from services.intake.web.routing import label_of
from tests.conftest import Installation, Running, RunningOf
from tests.intake.builders import rows
from tests.intake.test_web_desk import as_officer
from tests.intake.test_web_ledgers import asked, referral


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, and a desk officer signed in."""
    made = await running_of(service(), doors=False)
    await as_officer(made)
    return made


def fields(page: str, audience: str) -> dict[str, tuple[str, str]]:
    """Return (fate, value or why) of each field in one audience's table."""
    root: Any = html.fromstring(page)
    found = cast("list[Any]", root.xpath(f"//*[@aria-label='Fields for {audience}']//tbody/tr"))
    told = {}
    for row in found:
        name = row.xpath("./th/span")[0].text_content()
        fate, why = (" ".join(cell.text_content().split()) for cell in row.xpath("./td"))
        told[name] = (fate, why)
    return told


class TestNames:
    def test_everything_that_intake_sends_has_a_name_for_people(self) -> None:
        sent = published_by("intake")
        assert {EVENT_BY_TYPE[name] for name in naming.MESSAGES} == {event for topic in sent for event in topic.events}
        assert naming.TOPICS.keys() == {topic.name for topic in sent}
        assert naming.SERVICES.keys() == {consumer for topic in sent for consumer in topic.consumers}

    async def test_pages_say_them_with_the_name_on_the_wire_beside_them(self, intake: Running) -> None:
        reference = await referral(intake)
        for path in ("/desk/routing", f"/desk/routing/{reference}", f"/desk/ledger/{reference}"):
            page: Any = html.fromstring((await intake.client.get(path)).text)
            said = " ".join(page.xpath("//main")[0].text_content().split())
            assert "The referral as it came in" in said
            assert "Police triage" in said
            assert "intake.referral-received.v1" in [each.text for each in page.xpath("//main//span")]


class TestArea:
    async def test_shows_what_a_full_form_would_send_to_whom(self, intake: Running) -> None:
        page = (await intake.client.get("/desk/routing")).text
        assert fields(page, "police")["form.person.nationality"] == ("Sent", "")
        fate, why = fields(page, "police")["form.equality.religion"]
        assert (fate, why.partition(": ")[0]) == ("Withheld", "The area’s rule")
        assert fields(page, "awareness")["form.person.surname"] == (
            "Withheld",
            "The audience’s contract has no such field",
        )

    async def test_says_that_statistics_are_told_of_institutions_of_the_list_beside_the_fields(
        self, intake: Running
    ) -> None:
        page: Any = html.fromstring((await intake.client.get("/desk/routing")).text)
        assert "intake.institution-counted.v1" in [each.text for each in page.xpath("//main//span")]
        said = " ".join(page.xpath("//main")[0].text_content().split())
        assert "That an institution of the area’s list made a referral, and in which month" in said

    async def test_shows_another_area_and_ignores_one_that_is_none(self, intake: Running) -> None:
        page = (await intake.client.get("/desk/routing?area=northmere")).text
        fate, why = fields(page, "police")["form.person.immigration_status"]
        assert (fate, why.partition("/")[0]) == ("Withheld", "The area’s rule: northmere")
        assert fields(page, "awareness") == {}
        assert fields((await intake.client.get("/desk/routing?area=atlantis")).text, "awareness") != {}


class TestReferral:
    async def test_that_was_erased_goes_to_nobody_and_its_pages_say_so(self, intake: Running) -> None:
        reference = await referral(intake, surname="Canary-Zebedee-7732")
        [row] = await rows(intake.runtime, "SELECT id FROM referral WHERE reference = :r", r=reference)
        await intake.runtime.database.keys.erase(row.id)
        async with intake.runtime.database.transaction(Actor.operator("eraser")) as session:
            await erase_stored(session, row.id, erase_subject, reason="asked-for", now=clock.now())
        answer = await intake.client.get(f"/desk/routing/{reference}")
        assert answer.status_code == 410
        assert "This referral was erased" in answer.text
        desk = await intake.client.get(f"/desk/referrals/{reference}")
        assert desk.status_code == 200
        assert "This referral was erased." in desk.text

    async def test_shows_the_values_that_each_team_gets_and_records_the_look(self, intake: Running) -> None:
        reference = await referral(intake, surname="Canary-Zebedee-7731", nationality="Canary-nation")
        page = (await intake.client.get(f"/desk/routing/{reference}")).text
        assert fields(page, "police")["form.person.nationality"] == ("Sent", "Canary-nation")
        assert fields(page, "social care")["form.person.surname"] == ("Sent", "Canary-Zebedee-7731")
        assert fields(page, "social care")["form.person.nationality"][0] == "Withheld"
        assert fields(page, "police")["form.person.family"] == ("Empty", "Nobody has answered it")
        assert "Canary-Zebedee-7731" not in str(fields(page, "awareness"))
        [read] = await rows(intake.runtime, "SELECT * FROM audit_entry WHERE reason = 'intake-desk-routing'")
        [row] = await rows(intake.runtime, "SELECT id FROM referral")
        assert read.subject == row.id
        assert (await intake.client.get("/desk/routing/KM-7F3K-92QM")).status_code == 404

    async def test_is_answered_to_operators_without_a_value(self, intake: Running, clean: Installation) -> None:
        reference = await referral(intake, surname="Canary-Zebedee-7731")
        answer = await asked(intake, clean, f"routing/{reference}")
        assert "Canary" not in answer.text
        audiences = {each["audience"]: each for each in answer.json()["audiences"]}
        [surname] = [each for each in audiences["police"]["fields"] if each["field"] == "form.person.surname"]
        assert (surname["fate"], surname["sent_as"]) == ("sent", "form.person.surname")
        assert audiences["social-care"]["teams"] == ["front-door"]
        assert audiences["statistics"]["beside"] == ["intake.institution-counted.v1"]
        assert audiences["police"]["beside"] == []
        reads = await rows(intake.runtime, "SELECT * FROM audit_entry WHERE reason = 'operations-routing'")
        assert len(reads) == 1

    async def test_is_for_officers_only(self, intake: Running) -> None:
        reference = await referral(intake)
        intake.client.cookies.clear()
        assert (await intake.client.get(f"/desk/routing/{reference}")).status_code in {303, 403}
        assert (await intake.client.get(f"/ops/routing/{reference}")).status_code == 401


class TestLabel:
    def test_is_the_forms_own(self) -> None:
        assert label_of("form.person.surname") == QUESTIONS["person.surname"].label
        assert label_of("form.person.addresses.postcode") == QUESTIONS["person.addresses.*.postcode"].label
        assert label_of("possibly_same_as") == "Possibly same as"
        assert " or " in label_of("form.person.date_of_birth or form.person.approximate_age")
