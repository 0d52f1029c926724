"""What the police say reaches every panel that a case has gone on to, also where it came back, once each."""

from uuid import UUID

import pytest

from chassis import documents
from chassis.actor import Actor
from chassis.ops.erasure import erase_stored
from services.channel.domain import Command
from services.channel.operations import erase_subject
from tests.channel.builders import AREA, CORA, NOW, POLICE_OWNER, corrected, passed, referred, rows
from tests.channel.conftest import Team
from tests.channel.panels_made import EAST, HALTED, RESUMED, WHO, Panels, ThreePanels, taken_back
from tests.channel.transfers_made import NORTH, carry

ROUTES = pytest.mark.parametrize("route", [(AREA, NORTH, EAST), (AREA, NORTH, AREA)], ids=["onward", "back"])


@pytest.fixture
def practices() -> ThreePanels:
    return ThreePanels()


@pytest.fixture
def panels(team: Team) -> Panels:
    return Panels(team)


@ROUTES
class TestAlongEveryPanel:
    async def test_work_waits_and_goes_on(self, panels: Panels, route: tuple[str, ...]) -> None:
        cases = await panels.goes(*route)
        await panels.team.hear(HALTED, cases[0])
        assert await panels.each("halted_at", cases) == [NOW] * 3
        await panels.team.hear(RESUMED, cases[0])
        assert await panels.each("halted_at", cases) == [None] * 3
        assert await panels.lines(Command.HALT, cases) == [1] * 3
        assert await panels.lines(Command.GO_ON, cases) == [1] * 3

    async def test_a_correction_is_marked_once_in_each(self, panels: Panels, route: tuple[str, ...]) -> None:
        cases = await panels.goes(*route)
        await panels.team.hear(corrected(), cases[0])
        for case, area in zip(cases, route, strict=True):
            assert await panels.told(case, WHO[area]) == ["The poster was not his."]

    async def test_a_pack_that_was_taken_back_is_nobodys(self, panels: Panels, route: tuple[str, ...]) -> None:
        cases = await panels.goes(*route)
        await panels.team.hear(taken_back(), cases[0])
        assert await panels.each("state", cases) == ["withdrawn"] * 3
        assert await panels.each("risk_owner", cases) == [POLICE_OWNER] * 3

    async def test_a_section_36_referral_is_the_last_ones_to_hear(self, panels: Panels, route: tuple[str, ...]) -> None:
        cases = await panels.goes(*route)
        await panels.team.hear(referred(risk_owner=CORA.name), cases[0])
        assert await panels.each("state", cases) == ["transferred", "transferred", "referred-to-panel"]
        assert await panels.each("section_36_made", cases) == [True] * 3
        assert await panels.lines(Command.RECEIVE_SECTION_36, cases) == [1] * 3


class TestOnTheWay:
    async def test_a_referral_that_comes_before_the_last_has_answered_is_brought_with_its_acceptance(
        self, panels: Panels
    ) -> None:
        first, second = await panels.goes(AREA, NORTH)
        third = await panels.offer(second, NORTH, EAST)
        await panels.team.hear(referred(risk_owner=CORA.name), first)
        assert await panels.each("section_36_made", (first, second, third)) == [True, True, False]
        await panels.act(third, EAST, Command.ACCEPT)
        await carry(panels.team)
        assert await panels.each("state", (first, second, third)) == ["transferred", "transferred", "referred-to-panel"]
        assert await panels.lines(Command.RECEIVE_SECTION_36, (first, second, third)) == [1] * 3

    async def test_a_panel_that_has_not_answered_is_told_too_and_one_that_refused_is_not(self, panels: Panels) -> None:
        first, second = await panels.goes(AREA, NORTH)
        refused = await panels.offer(second, NORTH, EAST)
        await panels.act(refused, EAST, Command.RETURN, reason="Not ours.")
        await carry(panels.team)
        asked = await panels.offer(second, NORTH, AREA)
        await panels.team.hear(HALTED, first)
        assert await panels.each("halted_at", (first, second, refused, asked)) == [NOW, NOW, None, NOW]

    async def test_a_link_that_a_later_panel_mailed_says_so_where_the_pack_is_taken_back(self, panels: Panels) -> None:
        first, second = await panels.goes(AREA, NORTH)
        offered = await panels.offer(second, NORTH, "southvale")
        await panels.team.hear(taken_back(), first)
        (ended,) = (await panels.team.announced())["channel.ask-ended.v1"]
        assert ended.ask_id == offered  # type: ignore[attr-defined]
        assert await panels.each("state", (first, second)) == ["withdrawn", "withdrawn"]

    async def test_a_pack_that_is_taken_back_twice_stops_no_message(self, panels: Panels) -> None:
        cases = await panels.goes(AREA, NORTH, EAST)
        await panels.team.hear(taken_back(), cases[0])
        await panels.team.hear(passed(), cases[0])
        await panels.team.hear(taken_back(), cases[0])
        assert await panels.lines(Command.WITHDRAW, cases) == [2, 1, 1]


class TestAnOriginalThatIsErased:
    """It is a mail that tells of somebody else too, who was erased; the case that it brought stands."""

    @pytest.fixture
    async def brought(self, panels: Panels) -> tuple[tuple[UUID, ...], UUID]:
        """Return a case with its original and a letter, gone from panel to panel, and the id of the original."""
        first = await panels.begins()
        kept = []
        async with panels.team.runtime.database.transaction(CORA) as session:
            for name in ("mail.eml", "letter.txt"):
                given = documents.NewDocument(
                    subject=first, area=AREA, name=name, media_type="text/plain", body=name.encode(), now=NOW
                )
                kept.append(await documents.store(session, **given))
        second = await panels.offer(first, AREA, NORTH)
        await panels.act(second, NORTH, Command.ACCEPT)
        await carry(panels.team)
        refused = await panels.offer(second, NORTH, AREA)
        await panels.act(refused, AREA, Command.RETURN, reason="Not ours.")
        await carry(panels.team)
        return (first, second, refused, await panels.offer(second, NORTH, EAST)), kept[0].id

    async def erase(self, team: Team, document: UUID, subject: UUID) -> int:
        """Erase a document alone, and return how many went."""
        async with team.runtime.database.transaction(Actor.operator("tester")) as session:
            receipt = await erase_stored(session, subject, erase_subject, reason="right 7", now=NOW, document=document)
        assert receipt.copies == ()
        return receipt.documents

    async def left(self, team: Team) -> dict[UUID, frozenset[str]]:
        """Return the names of the documents that each case has still."""
        found: dict[UUID, frozenset[str]] = {}
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            for row in await rows(team.runtime, "SELECT DISTINCT subject FROM document"):
                listed = await documents.listed(session, row["subject"])
                found[row["subject"]] = frozenset(each.name for each in listed)
        return found

    async def test_goes_with_every_copy_and_the_rest_of_each_case_stands(
        self, panels: Panels, brought: tuple[tuple[UUID, ...], UUID]
    ) -> None:
        cases, original = brought
        assert await self.left(panels.team) == dict.fromkeys(cases, frozenset({"mail.eml", "letter.txt"}))
        assert await self.erase(panels.team, original, cases[0]) == 4
        assert await self.left(panels.team) == dict.fromkeys(cases, frozenset({"letter.txt"}))
        sealed = await rows(panels.team.runtime, "SELECT 1 FROM case_file WHERE sealed_summary IS NULL")
        assert not sealed
        audited = "SELECT subject FROM audit_entry WHERE action = 'document.erase'"
        assert {row["subject"] for row in await rows(panels.team.runtime, audited)} == set(cases)

    async def test_sent_again_or_for_a_case_offered_later_nothing_is_left_to_go(
        self, panels: Panels, brought: tuple[tuple[UUID, ...], UUID]
    ) -> None:
        cases, original = brought
        await self.erase(panels.team, original, cases[0])
        assert await self.erase(panels.team, original, cases[0]) == 0
        await panels.act(cases[3], EAST, Command.RETURN, reason="Not ours.")
        await carry(panels.team)
        later = await panels.offer(cases[1], NORTH, EAST)
        assert (await self.left(panels.team))[later] == {"letter.txt"}

    async def test_a_copy_that_is_erased_leaves_the_case_that_it_was_made_from(
        self, panels: Panels, brought: tuple[tuple[UUID, ...], UUID]
    ) -> None:
        cases, original = brought
        async with panels.team.runtime.database.transaction(Actor.service("channel")) as session:
            (copy, *_) = await documents.same_as(session, original, cases[1])
        assert await self.erase(panels.team, copy, cases[1]) == 3
        assert (await self.left(panels.team))[cases[0]] == {"mail.eml", "letter.txt"}
