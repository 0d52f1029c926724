"""The pages on which a case is offered to another panel, called back, and read by the panel that it was offered to."""

import pytest

from contracts.vocabulary import Role
from services.channel.domain import Command
from tests.channel.builders import CORA, REFERENCE, coordinator, parts, passed, rows
from tests.channel.conftest import Console, hidden, send
from tests.channel.transfers_made import NORA, WHY, TwoPanels, carry, given_case, offer, taken_case

PATH = f"/cases/{REFERENCE}/transfer"


@pytest.fixture
def practices() -> TwoPanels:
    return TwoPanels()


async def held_here(console: Console) -> None:
    """Accept a case with a complete pack."""
    subject = await console.team.open(passed(**parts()))
    await console.team.act(subject, Command.ACCEPT)


class TestTransfer:
    async def test_a_case_is_offered_seen_there_accepted_and_kept_here_to_be_read(self, console: Console) -> None:
        await held_here(console)
        client = await console.signed_in(CORA)
        page = await client.get(PATH)
        assert page.status_code == 200
        for words in ("Northmere Channel Panel", "Southvale Channel Panel", "What goes with the case", "1 answer"):
            assert words in page.text
        done = await send(client, PATH, panel="northmere", reason=WHY)
        assert done.status_code == 303
        await carry(console.team)
        shown = await client.get(PATH)
        assert "Call the transfer to Northmere Channel Panel back" in shown.text
        there = await console.signed_in(NORA)
        reference = (await taken_case(console.team))["reference"]
        case = await there.get(f"/cases/{reference}")
        assert case.status_code == 200
        for words in ("From another panel", WHY, "Consent as it stood", f"its reference is {REFERENCE}"):
            assert words in case.text.replace("‑", "-")
        assert (await there.get(f"/cases/{REFERENCE}")).status_code == 404
        accepted = await send(there, f"/cases/{reference}/actions/accept")
        assert accepted.status_code == 303
        told = await there.get(f"/cases/{reference}")
        assert "until the police have" not in told.text
        assert "Kent and Medway Panel" in told.text
        await carry(console.team)
        client = await console.signed_in(CORA)
        gone = await client.get(PATH)
        assert "The case is Northmere Channel Panel’s now." in gone.text
        assert "Nora Synthetic" in gone.text

    async def test_says_what_is_missing_beside_the_field_and_keeps_the_words(self, console: Console) -> None:
        await held_here(console)
        client = await console.signed_in(CORA)
        wanting = await send(client, PATH, panel="", reason=WHY)
        assert wanting.status_code == 422
        assert "Choose the panel that the case is offered to" in wanting.text
        assert WHY in wanting.text
        unsaid = await send(client, f"{PATH}?go-on=1", panel="northmere", reason=" ")
        assert unsaid.status_code == 422
        assert "Enter the reason" in unsaid.text
        nothing = await send(client, f"{PATH}?go-on=1", panel="", reason="")
        assert nothing.status_code == 422
        assert 'href="#panel"' in nothing.text
        assert 'href="#reason"' in nothing.text
        strange = await send(client, f"{PATH}?go-on=1", panel="<b>nowhere</b>", reason=WHY)
        assert strange.status_code == 422
        assert "<b>nowhere" not in strange.text

    async def test_an_offer_is_called_back_once(self, console: Console) -> None:
        await held_here(console)
        client = await console.signed_in(CORA)
        await send(client, PATH, panel="southvale", reason=WHY)
        back = await send(client, f"{PATH}/back", reason="They stay.")
        assert back.status_code == 303
        assert (await given_case(console.team))["state"] == "accepted"
        again = await client.get(f"{PATH}/back")
        assert "This cannot be done now." in again.text

    async def test_two_people_at_once_do_not_offer_it_twice(self, console: Console) -> None:
        await held_here(console)
        client = await console.signed_in(CORA)
        page = await client.get(PATH)
        case = await given_case(console.team)
        await offer(console.team, case["subject"])
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        late = await client.post(PATH, data={**sent, "panel": "southvale", "reason": WHY})
        assert late.status_code == 409
        assert WHY in late.text
        assert len(await rows(console.team.runtime, "SELECT 1 FROM transfer")) == 1

    @pytest.mark.parametrize("role", [Role.PANEL_MEMBER, Role.PANEL_CHAIR, Role.BUSINESS_SUPPORT_OFFICER])
    async def test_is_the_team_s_alone(self, console: Console, role: Role) -> None:
        await held_here(console)
        client = await console.signed_in(coordinator(role, name="Petra Synthetic"))
        assert (await client.get(PATH)).status_code == 403
