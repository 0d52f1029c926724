"""Two panels of one installation and a third one elsewhere, for the tests of transfers."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.notify.channel import AskAnswered
from contracts.vocabulary import AskKind
from services.channel.domain import AreaVersionUnknown, Command, PanelElsewhere, PanelPractice, Practice, Record
from services.channel.jobs import transfers
from services.channel.operations import Act, offer_transfer
from tests.channel.builders import AREA, CORA, NOW, REFERENCE, GivenPractices, coordinator, practice, rows
from tests.channel.conftest import Team

NORTH = "northmere"
ELSEWHERE = {
    "northmere": PanelElsewhere("northmere", "Northmere Channel Panel", NORTH),
    "southvale": PanelElsewhere("southvale", "Southvale Channel Panel"),
}
NORA = coordinator(name="Nora Synthetic", areas=frozenset({NORTH}))
WHY = "The family has moved to Northmere."


class TwoPanels(GivenPractices):
    """The practice of two areas, each under its own version."""

    def __init__(self) -> None:
        super().__init__(practice(elsewhere=ELSEWHERE, prefix="KM", panel=PanelPractice("Kent and Medway Panel")))
        back = {"kent-and-medway": PanelElsewhere("kent-and-medway", "Kent and Medway Panel", AREA)}
        panel = PanelPractice("Northmere Channel Panel")
        north = practice(area=NORTH, version="2026-02", prefix="NM", elsewhere=back, panel=panel, force="northmere")
        self.both = {AREA: self.given, NORTH: north}

    def under(self, area: str, version: str, district: str, now: datetime) -> Practice:
        """Return the practice of the area."""
        if area not in self.both:
            raise AreaVersionUnknown("No such area.")
        found = self.both[area]
        assert version == found.version
        assert now.tzinfo
        return replace(found, district=district)

    def current(self, area: str, now: datetime) -> Practice:
        """Return the practice of the area."""
        version = self.both[area].version if area in self.both else ""
        return self.under(area, version, "", now)


async def offer(team: Team, subject: UUID, panel: str = "northmere", **record: Any) -> UUID:
    """Offer a case to another panel as the coordinator."""
    words = Record(**{"reason": WHY, **record})
    async with team.runtime.database.transaction(CORA) as session:
        act = Act(Command.TRANSFER, NOW, words)
        return await offer_transfer(session, subject, act, team.practices.given, panel)


async def carry(team: Team, *, days: int = 0) -> None:
    """Let the job carry transfers on."""
    await transfers(replace(team.runtime, clients=team.practices), NOW + timedelta(days=days))


async def taken_case(team: Team) -> dict[str, Any]:
    """Return the case that the other panel has."""
    return dict((await rows(team.runtime, "SELECT * FROM case_file WHERE area = :area", area=NORTH))[0])


async def given_case(team: Team) -> dict[str, Any]:
    """Return the case of the panel that offered it."""
    return dict((await rows(team.runtime, "SELECT * FROM case_file WHERE reference = :given", given=REFERENCE))[0])


def answered(transfer_id: UUID, *, accepted: bool, **given: Any) -> AskAnswered:
    """Return the event that tells what a panel elsewhere answered by the link."""
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "ask_id": transfer_id,
        "kind": AskKind.TRANSFER,
        "answered_at": NOW,
        "answered_by": "Sam Synthetic, Southvale",
        "accepted": accepted,
    }
    return AskAnswered(**{**values, **given})
