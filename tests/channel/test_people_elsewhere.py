"""Whose the police hold a case for is told to the panel that it went to as well, under that panel's references."""

from uuid import UUID, uuid4

import pytest

from chassis.actor import Actor
from services.channel import queries
from services.channel.domain import Command, Record
from services.channel.operations import Act, act_on_case
from services.channel.queries import SamePerson
from tests.channel.builders import CORA, NOW, REFERENCE, merged, passed, rows, separated
from tests.channel.conftest import Console, Team
from tests.channel.transfers_made import NORA, NORTH, TwoPanels, carry, offer

OTHER = "KM-3333-3333"


@pytest.fixture
def practices() -> TwoPanels:
    return TwoPanels()


async def here(team: Team, reference: str = REFERENCE) -> UUID:
    """Return a case that was accepted here."""
    subject = await team.open(passed(reference=reference))
    await team.act(subject, Command.ACCEPT)
    return subject


async def there(team: Team, given: str = REFERENCE) -> str:
    """Return the reference that the other panel has a case by."""
    query = """SELECT c.reference FROM transfer_received r JOIN case_file c USING (subject)
        WHERE r.from_reference = :given ORDER BY r.received_at DESC, r.id DESC"""
    return str((await rows(team.runtime, query, given=given))[0]["reference"])


async def told(team: Team, reference: str, actor: Actor) -> SamePerson:
    """Return what an area is told of whose a case is."""
    async with team.runtime.database.transaction(actor) as session:
        return (await queries.same_person(session, [reference])).get(reference, SamePerson())


class TestAfterTheTransfer:
    async def test_a_merge_and_its_end_reach_both_areas(self, team: Team) -> None:
        await offer(team, await here(team))
        await carry(team)
        taken, person = await there(team), uuid4()
        await team.hear(merged(REFERENCE, OTHER), person)
        assert (await told(team, REFERENCE, CORA)).others == (OTHER,)
        assert (await told(team, taken, NORA)).others == (OTHER,)
        await team.hear(separated((REFERENCE,), (OTHER,)), person)
        assert (await told(team, REFERENCE, CORA)).others == ()
        (apart,) = (await told(team, taken, NORA)).apart
        assert (apart.reference, apart.shared) == (OTHER, ("A pack about both was given to Channel",))

    async def test_the_page_of_the_other_area_says_so_and_leads_nowhere(self, team: Team, console: Console) -> None:
        await offer(team, await here(team))
        await carry(team)
        taken = await there(team)
        await team.hear(merged(REFERENCE, OTHER), uuid4())
        client = await console.signed_in(NORA)
        page = await client.get(f"/cases/{taken}")
        assert page.status_code == 200
        assert OTHER in page.text.replace("‑", "-")
        assert f"/cases/{OTHER}" not in page.text

    async def test_both_cases_of_one_person_are_named_by_the_references_of_whoever_reads(self, team: Team) -> None:
        person = uuid4()
        await team.hear(merged(REFERENCE, OTHER), person)
        await offer(team, await here(team))
        await carry(team)
        first = await there(team)
        assert (await told(team, first, NORA)).others == (OTHER,)
        await offer(team, await here(team, OTHER))
        await carry(team)
        second = await there(team, OTHER)
        assert (await told(team, first, NORA)).others == (second,)
        assert (await told(team, second, NORA)).others == (first,)
        assert (await told(team, REFERENCE, CORA)).others == (OTHER,)

    async def test_what_was_separated_before_is_told_with_the_offer(self, team: Team) -> None:
        person = uuid4()
        await team.hear(merged(REFERENCE, OTHER), person)
        await team.hear(separated((REFERENCE,), (OTHER,)), person)
        await offer(team, await here(team))
        await carry(team)
        assert [each.reference for each in (await told(team, await there(team), NORA)).apart] == [OTHER]

    async def test_a_panel_that_refused_is_told_nothing_more(self, team: Team) -> None:
        await offer(team, await here(team))
        await carry(team)
        (case,) = await rows(team.runtime, "SELECT subject FROM case_file WHERE area = :area", area=NORTH)
        async with team.runtime.database.transaction(NORA) as session:
            act = Act(Command.RETURN, NOW, Record(reason="Not ours."))
            await act_on_case(session, case["subject"], act, team.practices.current(NORTH, NOW))
        await team.hear(merged(REFERENCE, OTHER), uuid4())
        assert await told(team, await there(team), NORA) == SamePerson()

    async def test_a_reference_that_becomes_another_persons_does_so_in_both_areas(self, team: Team) -> None:
        await offer(team, await here(team))
        await carry(team)
        await team.hear(merged(REFERENCE, OTHER), uuid4())
        await team.hear(merged(REFERENCE, "KM-4444-4444", days=1), uuid4())
        for reference, actor in ((REFERENCE, CORA), (await there(team), NORA)):
            assert (await told(team, reference, actor)).others == ("KM-4444-4444",)
