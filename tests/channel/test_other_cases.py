"""The other cases of the same person: named with a link to the team that works cases, and to nobody else."""

from uuid import uuid4

from contracts.vocabulary import Role
from services.channel.domain import Command
from tests.channel.builders import CORA, REFERENCE, coordinator, merged, passed, rows, separated
from tests.channel.conftest import Console

OTHER = "KM-3333-3333"


async def two_cases(console: Console) -> None:
    """Open two cases of which the police say that they are one person's."""
    await console.team.open(passed())
    other = await console.team.open(passed(reference=OTHER))
    await console.team.act(other, Command.ACCEPT)
    await console.team.hear(merged(REFERENCE, OTHER), uuid4())


class TestOtherCases:
    async def test_are_named_with_state_coordinator_and_owner(self, console: Console) -> None:
        await two_cases(console)
        client = await console.signed_in(CORA)
        page = (await client.get(f"/cases/{REFERENCE}")).text
        assert f'href="/cases/{OTHER}"' in page
        assert "Accepted, information being gathered. Coordinator: Cora Synthetic." in page

    async def test_are_not_named_to_a_chair(self, console: Console) -> None:
        await two_cases(console)
        client = await console.signed_in(coordinator(Role.PANEL_CHAIR, name="Petra Synthetic"))
        page = (await client.get(f"/cases/{REFERENCE}")).text
        assert f'href="/cases/{OTHER}"' not in page

    async def test_a_case_of_another_area_is_not_led_to(self, console: Console) -> None:
        await two_cases(console)
        elsewhere = "UPDATE case_file SET area = 'northmere' WHERE reference = :other RETURNING 1"
        assert len(await rows(console.team.runtime, elsewhere, other=OTHER)) == 1
        client = await console.signed_in(CORA)
        answer = await client.get(f"/cases/{REFERENCE}")
        assert (answer.status_code, f'href="/cases/{OTHER}"' in answer.text) == (200, False)

    async def test_after_the_separation_what_went_wrong_stays_marked_and_the_link_goes(self, console: Console) -> None:
        await console.team.open(passed())
        await console.team.open(passed(reference=OTHER))
        person = uuid4()
        await console.team.hear(merged(REFERENCE, OTHER), person)
        await console.team.hear(separated((REFERENCE,), (OTHER,)), person)
        client = await console.signed_in(CORA)
        page = (await client.get(f"/cases/{REFERENCE}")).text
        assert f'href="/cases/{OTHER}"' not in page
        assert "A pack about both was given to Channel" in page
