"""Who has a case: taken by an officer, or given to one by a supervisor; and a note beside it."""

import pytest

from contracts.vocabulary import Role
from services.channel.domain import Command, Obligation
from tests.channel.builders import CORA, coordinator, rows
from tests.channel.conftest import Console, send
from tests.channel.owing_made import CHIDI, ONE, keep, owing, resend, staff, text_of


@pytest.fixture
def staffed(console: Console) -> Console:
    """Return the console of an area with partners, members, and a service."""
    return staff(console)


class TestAllocate:
    async def test_moves_the_case_and_its_risk_and_nothing_else(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        await staffed.team.act(subject, Command.ACCEPT)
        await keep(staffed.team, subject, owing(Obligation.ACTION, owner="Cora Synthetic", owner_id=CORA.id))
        carl = coordinator(name="Carl Synthetic")
        await (await staffed.signed_in(carl)).get("/")
        client = await staffed.signed_in(CHIDI)
        assert "Has no case at present" in (await client.get(f"{ONE}/allocate")).text
        wrong = await send(client, f"{ONE}/allocate", officer="nobody")
        assert wrong.status_code == 422
        done = await resend(client, wrong, f"{ONE}/allocate", officer=carl.id, reason="Nearer to the school.")
        assert done.headers["location"] == ONE
        (row,) = await rows(staffed.team.runtime, "SELECT risk_owner, coordinator_id, coordinator FROM case_file")
        assert row == {
            "risk_owner": "Carl Synthetic",
            "coordinator_id": "carl-synthetic",
            "coordinator": "Carl Synthetic",
        }
        assert (await rows(staffed.team.runtime, "SELECT owner_id FROM obligation"))[0]["owner_id"] == CORA.id
        assert "To Carl Synthetic. Nearer to the school." in text_of(await client.get(ONE))
        again = await send(client, f"{ONE}/allocate", officer=carl.id)
        assert (again.status_code, "has this case already" in again.text) == (422, True)

    async def test_a_chair_who_looks_at_their_work_cannot_be_given_a_case(self, staffed: Console) -> None:
        await staffed.team.act(await staffed.team.open(), Command.ACCEPT)
        chair = coordinator(Role.PANEL_CHAIR, name="Petra Synthetic")
        assert (await (await staffed.signed_in(chair)).get("/work")).status_code == 200
        client = await staffed.signed_in(CHIDI)
        assert "Petra Synthetic" not in (await client.get(f"{ONE}/allocate")).text

    async def test_is_for_supervisors(self, staffed: Console) -> None:
        await staffed.team.act(await staffed.team.open(), Command.ACCEPT)
        assert (await (await staffed.signed_in(CORA)).get(f"{ONE}/allocate")).status_code == 403

    async def test_taking_moves_both_too(self, staffed: Console) -> None:
        await staffed.team.act(await staffed.team.open(), Command.ACCEPT)
        client = await staffed.signed_in(coordinator(name="Carl Synthetic"))
        assert (await send(client, f"{ONE}/actions/take")).status_code == 303
        page = text_of(await client.get(ONE))
        assert "The case is yours now, and so is its risk." in page
        (row,) = await rows(staffed.team.runtime, "SELECT risk_owner, coordinator_id FROM case_file")
        assert row == {"risk_owner": "Carl Synthetic", "coordinator_id": "carl-synthetic"}

    async def test_a_note_stands_in_the_timeline(self, staffed: Console) -> None:
        await staffed.team.open()
        client = await staffed.signed_in(CORA)
        assert (await send(client, f"{ONE}/actions/add-note", reason="Rang the school.")).status_code == 303
        assert "Rang the school." in text_of(await client.get(ONE))
