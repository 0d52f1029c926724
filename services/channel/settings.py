"""What Channel reads from its environment, and local practice read from the area files."""

from datetime import datetime

import areas
from areas import Area, Areas
from chassis.clock import due_at
from chassis.settings import ServiceSettings
from services.channel.domain import AreaVersionUnknown, Body, ClockName, Practice


class AreaPractices:
    """Turns area files into the values that Channel works with."""

    def __init__(self, known: Areas) -> None:
        """Use these area files."""
        self._areas = known

    def under(self, area: str, version: str, district: str, now: datetime) -> Practice:
        """Return the practice of one version for a district; AreaVersionUnknown where its file is not here."""
        found = self._areas.version(area, version)
        if found is None:
            raise AreaVersionUnknown(
                f"Version {version} of area {area} is not here yet: put its file into the areas folder."
            )
        return practice(found, district, now)


def practice(area: Area, district: str, now: datetime) -> Practice:
    """Return what Channel needs of an area for a district at a moment (aware), with its clocks' deadlines from then."""
    closes = area.clocks.closes_at.strftime("%H:%M")
    days = {
        ClockName.ANSWER: area.clocks.pack_answer,
        ClockName.INFORMATION_GATHERING: area.clocks.information_gathering,
        ClockName.DECISION: area.clocks.section_36_decision,
    }
    return Practice(
        area=area.area,
        version=area.version,
        decides=Body(area.decides_section_36),
        front_door=area.front_door_for(district).id,
        due={name: due_at(now, allowed, closes) for name, allowed in days.items()},
    )


class ChannelSettings(ServiceSettings):
    """Environment of Channel."""

    @property
    def practices(self) -> AreaPractices:
        """Local practice, read from the area files; AreaFileError says what is wrong with them."""
        return AreaPractices(areas.load(self.areas_directory))
