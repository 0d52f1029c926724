"""What the police say reaches every panel that a case has gone on to, also where it came back, once each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import documents
from chassis.actor import Actor
from chassis.ops.erasure import erase_stored
from contracts.triage.dovetail import PackWithdrawn, WorkHalted, WorkResumed
from contracts.vocabulary import AskKind
from services.channel import queries
from services.channel.domain import Command, Obligation, PanelElsewhere, PanelPractice, Record
from services.channel.operations import Act, act_on_case, erase_subject, offer_transfer
from tests.channel.builders import (
    AREA,
    CORA,
    NOW,
    POLICE_OWNER,
    REFERENCE,
    coordinator,
    corrected,
    merged,
    passed,
    practice,
    referred,
    rows,
    separated,
)
from tests.channel.conftest import Console, Team, send
from tests.channel.transfers_made import ELSEWHERE, NORA, NORTH, WHY, TwoPanels, answered, carry

EAST = "eastmere"
ESME = coordinator(name="Esme Synthetic", areas=frozenset({EAST}))
WHO = {AREA: CORA, NORTH: NORA, EAST: ESME}
HALTED = WorkHalted(reference=REFERENCE, halted_at=NOW, speak_to="Gita Synthetic")
RESUMED = WorkResumed(reference=REFERENCE, resumed_at=NOW)


class ThreePanels(TwoPanels):
    """The practice of three areas, of which the one in the middle transfers to either side and to one elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        either = {
            AREA: PanelElsewhere(AREA, "Kent and Medway Panel", AREA),
            EAST: PanelElsewhere(EAST, "Eastmere Channel Panel", EAST),
            "southvale": ELSEWHERE["southvale"],
        }
        panel = PanelPractice("Eastmere Channel Panel")
        self.both[NORTH] = replace(self.both[NORTH], elsewhere=either)
        self.both[EAST] = practice(area=EAST, version="2026-03", prefix="EM", panel=panel, force="eastmere")


@pytest.fixture
def practices() -> ThreePanels:
    return ThreePanels()


@dataclass(frozen=True)
class Panels:
    """A case that goes from panel to panel."""

    team: Team

    async def begins(self) -> UUID:
        """Return a case that the police offered and that was accepted here."""
        subject = await self.team.open(passed())
        await self.act(subject, AREA, Command.ACCEPT)
        return subject

    async def act(self, subject: UUID, area: str, command: Command, **record: Any) -> None:
        """Act on a case as the coordinator of its area."""
        async with self.team.runtime.database.transaction(WHO[area]) as session:
            under = self.team.practices.current(area, NOW)
            await act_on_case(session, subject, Act(command, NOW, Record(**record)), under)

    async def offer(self, subject: UUID, area: str, to: str) -> UUID:
        """Offer a case of an area to another panel, and return the case that is opened there."""
        async with self.team.runtime.database.transaction(WHO[area]) as session:
            act, under = Act(Command.TRANSFER, NOW, Record(reason=WHY)), self.team.practices.current(area, NOW)
            offered = await offer_transfer(session, subject, act, under, to)
        await carry(self.team)
        found = await rows(self.team.runtime, "SELECT subject FROM transfer_received WHERE id = :id", id=offered)
        return UUID(str(found[0]["subject"])) if found else offered

    async def goes(self, *areas: str) -> tuple[UUID, ...]:
        """Let a case go along these areas, accepted in each, and return it as each of them has it."""
        cases = [await self.begins()]
        for before, area in pairwise(areas):
            cases.append(await self.offer(cases[-1], before, area))
            await self.act(cases[-1], area, Command.ACCEPT)
            await carry(self.team)
        return tuple(cases)

    async def each(self, column: str, cases: Sequence[UUID]) -> list[Any]:
        """Return a column of each of these cases."""
        found = await rows(self.team.runtime, "SELECT * FROM case_file")
        of = {row["subject"]: row[column] for row in found}
        return [of[case] for case in cases]

    async def lines(self, command: Command, cases: Sequence[UUID]) -> list[int]:
        """Return how often something stands in the history of each of these cases."""
        found = await rows(self.team.runtime, "SELECT subject FROM history WHERE command = :command", command=command)
        return [sum(row["subject"] == case for row in found) for case in cases]

    async def told(self, case: UUID, actor: Actor) -> list[str]:
        """Return the corrections of a case."""
        async with self.team.runtime.database.transaction(actor) as session:
            return [each.words for each in await queries.corrections(session, case)]


@pytest.fixture
def panels(team: Team) -> Panels:
    return Panels(team)


def taken_back() -> PackWithdrawn:
    """Return the event by which the police take their pack back."""
    return PackWithdrawn(
        reference=REFERENCE, offer_id=uuid4(), withdrawn_at=NOW, speak_to="Gita Synthetic", risk_owner=POLICE_OWNER
    )


ROUTES = pytest.mark.parametrize("route", [(AREA, NORTH, EAST), (AREA, NORTH, AREA)], ids=["onward", "back"])


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

    @pytest.fixture
    async def gone(self, panels: Panels) -> UUID:
        """Return a case that a panel elsewhere accepted by the link."""
        subject = await panels.begins()
        offered = await panels.offer(subject, AREA, "southvale")
        await panels.team.hear(answered(offered, accepted=True, taker="Sam Synthetic"), subject)
        return subject

    @pytest.mark.parametrize(("remaining", "apart"), [(REFERENCE, "KM-3333-3333"), ("KM-3333-3333", REFERENCE)])
    async def test_is_told_of_an_end_of_a_merge(self, team: Team, gone: UUID, remaining: str, apart: str) -> None:
        person = uuid4()
        await team.hear(merged(REFERENCE, "KM-3333-3333"), person)
        assert await told_elsewhere(team) == []
        await team.hear(separated((remaining,), (apart,)), person)
        (told,) = await told_elsewhere(team)
        assert told.reference == REFERENCE
        assert "for the same as KM-3333-3333, until 19 November 2026. They are not the same." in told.words
        assert "A pack about both was given to Channel" in told.words
        async with team.runtime.database.transaction(CORA) as session:
            (owed,) = await queries.open_obligations(session, gone)
        assert (owed.kind, owed.owner) == (Obligation.ACTION, "Southvale Channel Panel")
        running = "SELECT name FROM clock WHERE stopped_at IS NULL AND subject = :subject"
        assert [row["name"] for row in await rows(team.runtime, running, subject=gone)] == ["action"]

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

    async def test_that_refused_is_told_nothing_and_a_case_that_stayed_tells_nobody(self, panels: Panels) -> None:
        subject = await panels.begins()
        offered = await panels.offer(subject, AREA, "southvale")
        await panels.team.hear(answered(offered, accepted=False, report="Not ours."), subject)
        for event in (corrected(), HALTED, RESUMED, referred(risk_owner=CORA.name)):
            await panels.team.hear(event, subject)
        assert await told_elsewhere(panels.team) == []
