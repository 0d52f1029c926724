"""A case that goes from panel to panel: three areas of this installation, and a panel elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from contracts.triage.dovetail import PackWithdrawn, WorkHalted, WorkResumed
from services.channel import queries
from services.channel.domain import Command, PanelElsewhere, PanelPractice, Record
from services.channel.operations import Act, act_on_case, offer_transfer
from tests.channel.builders import AREA, CORA, NOW, POLICE_OWNER, REFERENCE, coordinator, passed, practice, rows
from tests.channel.conftest import Team
from tests.channel.transfers_made import ELSEWHERE, NORA, NORTH, WHY, TwoPanels, carry

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


def taken_back() -> PackWithdrawn:
    """Return the event by which the police take their pack back."""
    return PackWithdrawn(
        reference=REFERENCE, offer_id=uuid4(), withdrawn_at=NOW, speak_to="Gita Synthetic", risk_owner=POLICE_OWNER
    )
