"""What is said in the console to a change of consent: what is offered fits the change, and what is kept says it."""

from uuid import UUID

import httpx2
import pytest

from contracts.channel.notices import AskMade
from contracts.notify.channel import AskAnswered
from contracts.vocabulary import AskKind, ChangeTaken
from services.channel import queries
from services.channel.domain import Command, Obligation
from services.channel.domain.planning import ItemOwner
from tests.channel.builders import CORA, NOW, REFERENCE
from tests.channel.conftest import Console, Team, hidden, send
from tests.channel.owing_made import HAMID, resend, staff
from tests.channel.planning_made import adopted, answered, item, plan, planned, supported
from tests.channel.test_views import text_of

CASE = f"/cases/{REFERENCE}"
MEMBER = ItemOwner("Hamid Health", recipient="health")
STOPPED, GOES_ON, NOTED = "We have stopped", "We go on under another basis.", "there was nothing for us to stop."


async def withdrawn(team: Team, subject: UUID) -> None:
    """Let the consent of a supported case be withdrawn."""
    await answered(team, subject, Command.CONSENT_WITHDRAWN, reason="Wants no more help.", risk=False)


async def told(team: Team, subject: UUID) -> queries.Acknowledgement:
    """Return what the newest change of consent asks of the only one who has the data."""
    async with team.runtime.database.transaction(CORA) as session:
        return (await queries.acknowledgements(session, subject))[0]


async def says(client: httpx2.AsyncClient) -> str:
    """Return what the page of consent says."""
    return text_of(await client.get(f"{CASE}/consent"))


class TestByLink:
    async def test_the_link_knows_whether_consent_ends(self, team: Team) -> None:
        subject = await supported(team)
        await withdrawn(team, subject)
        made = (await team.announced())["channel.ask-made.v1"]
        asked = [each for each in made if isinstance(each, AskMade) and each.kind is AskKind.CONSENT_CHANGE]
        assert [each.stops for each in asked] == [False, True]

    @pytest.mark.parametrize(
        ("taken", "words"),
        [
            (ChangeTaken.STOPPED, "Has stopped"),
            (ChangeTaken.GOES_ON, "Goes on under another basis"),
            (ChangeTaken.NOTED, "Had nothing to stop"),
            (None, "Has answered"),
        ],
    )
    async def test_the_case_says_what_each_has_done(
        self, console: Console, taken: ChangeTaken | None, words: str
    ) -> None:
        subject = await supported(console.team)
        await withdrawn(console.team, subject)
        client = await console.signed_in(CORA)
        assert "Has not stopped yet, as far as we know" in await says(client)
        said = AskAnswered(
            reference=REFERENCE,
            ask_id=(await told(console.team, subject)).told.id,
            kind=AskKind.CONSENT_CHANGE,
            answered_at=NOW,
            answered_by="The head (synthetic)",
            report="Our words.",
            taken=taken,
        )
        await console.team.hear(said, subject)
        assert f"{words} Our words." in await says(client)


class TestByTelephone:
    async def test_what_they_have_done_is_chosen_and_a_basis_is_named(self, console: Console) -> None:
        subject = await supported(console.team)
        await withdrawn(console.team, subject)
        client = await console.signed_in(CORA)
        path = f"{CASE}/information/{(await told(console.team, subject)).told.id}/done"
        page = text_of(await client.get(path))
        assert page.index(STOPPED) < page.index(GOES_ON) < page.index(NOTED)
        lacking = await send(client, path, told_by="The head, by telephone", reason="They have.")
        assert (lacking.status_code, "Select what has been done about the change" in lacking.text) == (422, True)
        lacking = await resend(client, lacking, path, told_by="The head, by telephone", taken="goes-on")
        assert (lacking.status_code, "Enter on which basis the work goes on" in lacking.text) == (422, True)
        said = {"told_by": "The head, by telephone", "taken": "goes-on", "reason": "The school’s duty."}
        done = await resend(client, lacking, path, **said)
        assert done.status_code == 303
        shown = await says(client)
        assert f"Goes on under another basis Told by The head, by telephone. {GOES_ON} The school’s duty." in shown
        assert "Has stopped" not in shown

    async def test_of_consent_that_was_given_nobody_is_asked_to_stop(self, console: Console) -> None:
        subject = await supported(console.team)
        client = await console.signed_in(CORA)
        path = f"{CASE}/information/{(await told(console.team, subject)).told.id}/done"
        page = text_of(await client.get(path))
        assert "We go on as agreed." in page
        assert STOPPED not in page
        wrong = await send(client, path, told_by="The head", taken="stopped")
        assert wrong.status_code == 422
        assert (await resend(client, wrong, path, told_by="The head", taken="noted")).status_code == 303
        assert "Has acknowledged it Told by The head. We have noted it" in await says(client)


class TestInTheConsole:
    async def test_a_member_chooses_what_they_have_done(self, console: Console) -> None:
        team = staff(console).team
        subject = await adopted(team)
        await planned(team, subject, plan(item(owner=MEMBER)))
        await answered(team, subject, Command.CONSENT_GIVEN)
        await withdrawn(team, subject)
        client = await console.signed_in(HAMID)
        path = f"/mine/{(await told(team, subject)).told.id}"
        page = await client.get(path)
        assert STOPPED in page.text
        token = {"csrf_token": hidden(page, "csrf_token")}
        lacking = await client.post(path, data={**token, "reason": "Done."})
        assert (lacking.status_code, "Select what has been done" in lacking.text) == (422, True)
        assert (await client.post(path, data={**token, "taken": "stopped"})).status_code == 303
        found = await told(team, subject)
        assert (found.told.kind, found.told.taken) == (Obligation.CHANGE, ChangeTaken.STOPPED)
        assert found.told.report == "We have stopped what the person no longer agrees to."
