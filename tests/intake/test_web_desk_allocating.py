"""An officer allocates a referral to a colleague, who sees by whom and why."""

from typing import Any

import pytest
from lxml import html

from services.intake.app import service
from tests.conftest import Running, RunningOf
from tests.intake.builders import rows
from tests.intake.test_web_desk import as_officer, hidden, problems, unread_mail
from tests.intake.test_web_desk_work import words

WHY = "Second knows this school (synthetic)."


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake, with two officers who have been at its desk; the first is signed in."""
    made = await running_of(service(), doors=False)
    for name, number in (("Second Officer (synthetic)", 2), ("Sample Officer (synthetic)", 1)):
        await as_officer(made, name, number)
        # As it goes after signing in: the home page leads on to the desk.
        assert (await made.client.get("/")).headers["location"] == "/desk"
        assert (await made.client.get("/desk")).status_code == 200
    return made


async def allocate(intake: Running, reference: str, officer: str = "desk-2", why: str = WHY) -> Any:
    """Allocate a referral as its page offers it."""
    page = await intake.client.get(f"/desk/referrals/{reference}")
    fields = {"officer": officer, "why": why, **hidden(page.text)}
    return await intake.client.post(f"/desk/referrals/{reference}/allocation", data=fields)


def offered(page: str) -> list[str]:
    """Return the colleagues that can be chosen."""
    root: Any = html.fromstring(page)
    return [str(each.get("value")) for each in root.xpath("//select[@name='officer']/option[@value!='']")]


class TestAllocation:
    async def test_is_offered_to_whoever_else_has_been_at_the_desk_lately(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        path = f"/desk/referrals/{reference}"
        assert offered((await intake.client.get(path)).text) == ["desk-2"]
        await rows(intake.runtime, "UPDATE desk_officer SET seen_at = seen_at - interval '31 days' RETURNING 1")
        page = (await intake.client.get(path)).text
        assert offered(page) == []
        assert "Nobody else has opened this desk in the last 30 days." in words(page)
        gone = await allocate(intake, reference)
        assert (gone.status_code, "officer-not-here" in gone.text) == (422, True)

    async def test_is_seen_by_the_colleague_with_who_and_why(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        assert (await allocate(intake, reference)).headers["location"] == "/desk"
        assert "Allocated by Sample Officer (synthetic)" in words((await intake.client.get("/desk")).text)
        await as_officer(intake, "Second Officer (synthetic)", 2)
        own = words((await intake.client.get("/desk?list=mine")).text)
        assert "Yours (1)" in own
        assert f"{reference}" in own
        page = words((await intake.client.get(f"/desk/referrals/{reference}")).text)
        assert "Second Officer (synthetic), allocated by Sample Officer (synthetic), since" in page
        assert WHY in page
        assert "Complete and send on" in page

    async def test_is_audited_and_sealed_and_once(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await allocate(intake, reference)
        await allocate(intake, reference)
        [audited] = await rows(
            intake.runtime, "SELECT actor_id, facts FROM audit_entry WHERE action = 'referral.allocated'"
        )
        assert (audited.actor_id, dict(audited.facts)) == ("desk-1", {"from": "", "to": "desk-2"})
        [held] = await rows(intake.runtime, "SELECT * FROM desk_claim")
        assert (held.officer_id, held.allocated_by) == ("desk-2", "Sample Officer (synthetic)")
        assert WHY.encode() not in held.sealed_reason

    async def test_needs_a_colleague_and_a_reason(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        lacking = await allocate(intake, reference, officer="", why=" ")
        assert (lacking.status_code, problems(lacking.text)) == (
            422,
            ["Select a colleague", "Enter why you allocate it"],
        )
        root: Any = html.fromstring(lacking.text)
        assert root.xpath("//details[.//select[@name='officer']]/@open")

    async def test_gives_on_what_a_colleague_has(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await allocate(intake, reference)
        await as_officer(intake, "Third Officer (synthetic)", 3)
        await intake.client.get("/desk")
        assert offered((await intake.client.get(f"/desk/referrals/{reference}")).text) == ["desk-1"]
        await allocate(intake, reference, "desk-1")
        held = await rows(intake.runtime, "SELECT officer_id FROM desk_claim WHERE ended_at IS NULL")
        assert [each.officer_id for each in held] == ["desk-1"]

    async def test_reaches_nobody_of_another_area(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await rows(intake.runtime, "UPDATE desk_officer SET area = 'northmere' RETURNING 1")
        assert offered((await intake.client.get(f"/desk/referrals/{reference}")).text) == []
