"""The pages of a meeting while it runs, and of its cases."""

import httpx2

from contracts.vocabulary import Role
from services.channel.domain import State
from tests.channel.builders import CORA, coordinator
from tests.channel.conftest import Console, hidden
from tests.channel.panel_made import BELLA, MEMBERS, OTTO, PETRA, POLLY, Made, made, reference
from tests.channel.test_views import text_of

GROUNDS = "The assessment shows grievance and contact with a recruiter."


def slot_of(panel: Made, number: int = 0) -> str:
    """Return the address of a case in its slot."""
    return f"/cases/{reference(number)}/slots/{panel.slots[number]}"


async def press(client: httpx2.AsyncClient, path: str, **fields: object) -> httpx2.Response:
    """Open a page and send its form as a browser does; fields given win over the form's hidden ones."""
    page = await client.get(path)
    assert page.status_code == 200, (path, text_of(page)[-600:])
    names = ("csrf_token", "seen", "row_version")
    sent = {name: hidden(page, name) for name in names if f'name="{name}"' in page.text.partition("<main")[2]}
    return await client.post(path, data={**sent, **fields})


async def opened(panel: Made, console: Console) -> None:
    """Begin the meeting and let everybody in for the first case, on the pages."""
    client = await console.signed_in(BELLA)
    assert (await press(client, f"/meetings/{panel.meeting_id}/room", do="begin")).status_code == 303
    assert (await press(client, slot_of(panel), do="open")).status_code == 303
    seats = await panel.seats(0)
    answer = await press(client, f"{slot_of(panel)}/room", inside=[str(each.id) for each in seats.values()])
    assert answer.status_code == 303


class TestTheWholeWay:
    async def test_from_the_beginning_to_a_decision(self, console: Console) -> None:
        panel = await made(console.team)
        await opened(panel, console)
        client = await console.signed_in(PETRA)
        shown = text_of(await client.get(slot_of(panel)))
        assert "The panel can decide" in shown
        answer = await press(client, f"{slot_of(panel)}/decisions/panel-adopt", grounds=GROUNDS, agreed="all")
        assert answer.headers["location"] == slot_of(panel)
        assert (await panel.held(0)).situation.state is State.ADOPTED
        shown = text_of(await client.get(slot_of(panel)))
        assert "Everybody agreed (12 for, 0 against)" in shown
        assert GROUNDS in shown
