"""What triage reads from its environment, and local practice read from the area files."""

from datetime import datetime, timedelta

import areas
from areas import Area, Areas
from chassis.clock import LONDON, due_at, is_working_day
from chassis.settings import ServiceSettings
from contracts.vocabulary import Team
from services.triage.domain import (
    AreaVersionUnknown,
    Body,
    ClockName,
    Practice,
    SignpostTo,
)


class AreaPractices:
    """Turns area files into the values that triage works with."""

    def __init__(self, known: Areas) -> None:
        """Use these area files."""
        self._areas = known

    def under(self, area: str, version: str, now: datetime) -> Practice:
        """Return the practice of one version as from `now`; AreaVersionUnknown where its file is not here."""
        found = self._areas.version(area, version)
        if found is None:
            raise AreaVersionUnknown(
                f"Version {version} of area {area} is not here yet: put its file into the areas folder."
            )
        return practice(found, now)


def practice(area: Area, now: datetime) -> Practice:
    """Return what triage needs of an area at a moment (aware), with every clock's deadline if it started then."""
    local = now.astimezone(LONDON)
    closes = area.clocks.closes_at.strftime("%H:%M")
    days = {
        ClockName.DECONFLICTION: area.clocks.deconfliction,
        ClockName.ASSESSMENT: area.clocks.gateway_assessment,
        ClockName.ACCEPTANCE: area.clocks.pack_answer,
    }

    def later(name: ClockName, due: datetime) -> datetime:
        return due_at(due, max(1, days[name]), closes)

    duty = area.duty_officer(local.time(), working_day=is_working_day(local.date()))
    return Practice(
        area=area.area,
        version=area.version,
        gathers=Body(area.gathers),
        decides=Body(area.decides_section_36),
        duty_officer=f"{duty.name}, {duty.organisation}",
        due={name: due_at(now, allowed, closes) for name, allowed in days.items()},
        later=later,
        urgent_within=_urgent_within(area),
        services={
            each.id: SignpostTo(each.name, due_at(now, each.acknowledged_within_working_days, closes))
            for each in area.signpost_services
        },
    )


def _urgent_within(area: Area) -> timedelta:
    """Return how soon the Gateway must answer to immediate danger: as its ledger line says, or within the hour."""
    minutes = (each.urgent_within_minutes for each in area.recipients if each.team == Team.GATEWAY)
    return timedelta(minutes=next(minutes, None) or 60)


class TriageSettings(ServiceSettings):
    """Environment of triage."""

    @property
    def practices(self) -> AreaPractices:
        """Local practice, read from the area files; AreaFileError says what is wrong with them."""
        return AreaPractices(areas.load(self.areas_directory))
