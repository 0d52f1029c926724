"""What the police say reaches a panel elsewhere, which has a case by a link and no console here."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from chassis.actor import Actor
from chassis.ops.erasure import erase_stored
from contracts.vocabulary import AskKind
from services.channel import queries
from services.channel.domain import Obligation
from services.channel.operations import erase_subject
from tests.channel.builders import AREA, CORA, NOW, REFERENCE, corrected, merged, referred, rows, separated
from tests.channel.conftest import Console, Team, send
from tests.channel.panels_made import HALTED, RESUMED, Panels, ThreePanels, taken_back
from tests.channel.transfers_made import NORTH, answered


@pytest.fixture
def practices() -> ThreePanels:
    return ThreePanels()


@pytest.fixture
def panels(team: Team) -> Panels:
    return Panels(team)


@dataclass(frozen=True)
class Told:
    """What a panel elsewhere is asked by a link: under which reference, in which words."""

    reference: str
    words: str


async def told_elsewhere(team: Team) -> list[Told]:
    """Return what the panel elsewhere was told by links since it was offered a case."""
    found = (await team.announced())["channel.ask-made.v1"]
    assert {each.recipient for each in found} == {"southvale"}  # type: ignore[attr-defined]
    actions = [each for each in found if each.kind is AskKind.ACTION]  # type: ignore[attr-defined]
    return [Told(each.reference, each.shown[-1].words) for each in actions]  # type: ignore[attr-defined]


class TestAPanelElsewhere:
    """It has the case by a link, and no console here in which it would see what the police say afterwards."""

    async def goes(self, panels: Panels) -> UUID:
        """Return a case that a panel elsewhere accepted by the link."""
        subject = await panels.begins()
        offered = await panels.offer(subject, AREA, "southvale")
        await panels.team.hear(answered(offered, accepted=True, taker="Sam Synthetic"), subject)
        return subject

    @pytest.fixture
    async def gone(self, panels: Panels) -> UUID:
        return await self.goes(panels)

    async def runs(self, team: Team, subject: UUID) -> list[str]:
        """Return the clocks of a case that run."""
        running = "SELECT name FROM clock WHERE stopped_at IS NULL AND subject = :subject"
        return [row["name"] for row in await rows(team.runtime, running, subject=subject)]

    @pytest.mark.parametrize(("remaining", "apart"), [(REFERENCE, "KM-3333-3333"), ("KM-3333-3333", REFERENCE)])
    async def test_is_told_of_an_end_of_a_merge(self, panels: Panels, remaining: str, apart: str) -> None:
        team, person = panels.team, uuid4()
        await team.hear(merged(REFERENCE, "KM-3333-3333"), person)
        gone = await self.goes(panels)
        assert await told_elsewhere(team) == []
        await team.hear(separated((remaining,), (apart,)), person)
        (told,) = await told_elsewhere(team)
        assert told.reference == REFERENCE
        assert "for somebody else as well, until 19 November 2026. They are not the same." in told.words
        assert "KM-3333-3333" not in told.words
        assert "A pack about both was given to Channel" in told.words
        async with team.runtime.database.transaction(CORA) as session:
            (owed,) = await queries.open_obligations(session, gone)
        assert (owed.kind, owed.owner) == (Obligation.ACTION, "Southvale Channel Panel")
        assert await self.runs(team, gone) == ["action"]

    async def test_hears_nothing_of_a_merge_made_after_it_was_offered_the_case(self, team: Team, gone: UUID) -> None:
        person = uuid4()
        await team.hear(merged(REFERENCE, "KM-3333-3333", days=1), person)
        await team.hear(separated((REFERENCE,), ("KM-3333-3333",), days=2), person)
        assert await told_elsewhere(team) == []

    async def test_a_case_that_was_erased_stops_no_message(self, team: Team, gone: UUID) -> None:
        person = uuid4()
        await team.hear(merged(REFERENCE, "KM-3333-3333"), person)
        async with team.runtime.database.transaction(Actor.operator("tester")) as session:
            await erase_stored(session, gone, erase_subject, reason="right 7", now=NOW)
        await team.runtime.database.keys.erase(gone)
        await team.hear(separated((REFERENCE,), ("KM-3333-3333",)), person)
        apart = "SELECT reference FROM same_person WHERE separated_at IS NOT NULL"
        assert [row["reference"] for row in await rows(team.runtime, apart)] == ["KM-3333-3333"]

    async def test_is_told_of_everything_else_that_the_police_say(self, team: Team, gone: UUID) -> None:
        for event in (corrected(), HALTED, RESUMED, referred(risk_owner=CORA.name), taken_back()):
            await team.hear(event, gone)
        told = [each.words for each in await told_elsewhere(team)]
        for words, part in zip(
            told,
            (
                "mistaken in what you were shown of this case: The poster was not his.",
                "do not act in it. Speak to Gita Synthetic.",
                "may go on",
                "under section 36. Their grounds: ",
                "do not act on it. Speak to Gita Synthetic.",
            ),
            strict=True,
        ):
            assert part in words
        notes = await rows(team.runtime, "SELECT 1 FROM history WHERE command = 'add-note' AND subject = :id", id=gone)
        assert len(notes) == 5

    async def test_reports_back_what_it_has_done(self, team: Team, gone: UUID) -> None:
        await team.hear(corrected(), gone)
        async with team.runtime.database.transaction(CORA) as session:
            (owed,) = await queries.open_obligations(session, gone)
        done = answered(owed.id, accepted=True, kind=AskKind.ACTION, report="Marked in our record.")
        await team.hear(done, gone)
        async with team.runtime.database.transaction(CORA) as session:
            assert not await queries.open_obligations(session, gone)

    async def test_is_waited_for_on_the_pages_of_the_panel_that_offered_the_case(self, console: Console) -> None:
        panels = Panels(console.team)
        subject = await panels.begins()
        offered = await panels.offer(subject, AREA, "southvale")
        await panels.team.hear(answered(offered, accepted=True, taker="Sam Synthetic"), subject)
        await panels.team.hear(corrected(), subject)
        client = await console.signed_in(CORA)
        assert "Southvale Channel Panel" in (await client.get("/owed")).text
        page = await client.get(f"/cases/{REFERENCE}/information")
        assert "The police were mistaken in what you were shown of this case" in page.text
        async with panels.team.runtime.database.transaction(CORA) as session:
            (owed,) = await queries.open_obligations(session, subject)
        done = f"/cases/{REFERENCE}/information/{owed.id}/done"
        assert (await send(client, done, reason="They rang: it is marked.")).status_code == 303
        async with panels.team.runtime.database.transaction(CORA) as session:
            assert not await queries.open_obligations(session, subject)

    async def test_that_has_it_from_another_panel_is_told_under_that_panels_reference(self, panels: Panels) -> None:
        first, second = await panels.goes(AREA, NORTH)
        await panels.offer(second, NORTH, "southvale")
        await panels.team.hear(corrected(), first)
        await panels.team.hear(merged(REFERENCE, "KM-3333-3333"), person := uuid4())
        await panels.team.hear(separated((REFERENCE,), ("KM-3333-3333",)), person)
        told = await told_elsewhere(panels.team)
        assert [each.reference for each in told] == await panels.each("reference", (second, second))

    async def test_that_was_told_before_it_answered_still_owes_it_once_it_has_accepted(self, panels: Panels) -> None:
        subject = await panels.begins()
        offered = await panels.offer(subject, AREA, "southvale")
        await panels.team.hear(corrected(), subject)
        await panels.team.hear(answered(offered, accepted=True, taker="Sam Synthetic"), subject)
        async with panels.team.runtime.database.transaction(CORA) as session:
            (owed,) = await queries.open_obligations(session, subject)
        assert owed.owner == "Southvale Channel Panel"
        assert await self.runs(panels.team, subject) == ["action"]

    async def test_is_waited_for_once_the_police_have_taken_the_pack_back(self, team: Team, gone: UUID) -> None:
        await team.hear(corrected(), gone)
        await team.hear(taken_back(), gone)
        assert await self.runs(team, gone) == ["action", "action"]
        async with team.runtime.database.transaction(CORA) as session:
            assert len(await queries.owed_to(session, CORA.id)) == 2

    async def test_that_refused_is_told_nothing_and_a_case_that_stayed_tells_nobody(self, panels: Panels) -> None:
        subject = await panels.begins()
        offered = await panels.offer(subject, AREA, "southvale")
        await panels.team.hear(answered(offered, accepted=False, report="Not ours."), subject)
        for event in (corrected(), HALTED, RESUMED, referred(risk_owner=CORA.name)):
            await panels.team.hear(event, subject)
        assert await told_elsewhere(panels.team) == []
