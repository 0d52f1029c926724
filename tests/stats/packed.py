"""A pack put together from synthetic published figures, and a twin of what writes its files."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from services.stats.clients.packs import Report
from services.stats.domain.pack import Pack, PackFiles, PackNotMade, PackSection
from services.stats.domain.pack_days import DayState
from services.stats.domain.pack_sections import PackAsked, pack_of
from services.stats.domain.pack_tables import Told
from services.stats.domain.shelf import Shelf, SignedRelease
from services.stats.domain.tables import InstitutionShare, ReleaseContent
from services.stats.readers import national
from tests.stats.published_made import AREA, content

QUARTER = "2026-Q2"
SCHOOL = "Sample Grammar School (synthetic)"
INSTITUTIONS = (("school", SCHOOL), ("college", "Example College (synthetic)"))
SHARE = 37


class NoPacker:
    """Writes nothing and says which packs it was asked for; raises where it is to fail."""

    def __init__(self, *, fails: bool = False) -> None:
        """Remember what was asked for."""
        self.asked: list[Pack] = []
        self.fails = fails

    async def files(self, pack: Pack, report: Report) -> PackFiles:
        """Return three files that say what they are."""
        self.asked.append(pack)
        await report("Setting the pages of the document", 75)
        if self.fails:
            raise PackNotMade("The files of the pack could not be written; ask for it once more in a while.")
        return PackFiles(b"%PDF-", b"PK ods", b"PK csv")


@cache
def released(years: tuple[str, ...] = ("2024", "2025", "2026")) -> tuple[ReleaseContent, ...]:
    """Return a release for each year, with the share of an institution."""
    return tuple(
        replace(content(number, year), shares=(InstitutionShare("school", year, SHARE),))
        for number, year in enumerate(years, 1)
    )


def shelf_of(made: Sequence[ReleaseContent]) -> Shelf:
    """Return what is published where there are these releases."""
    signed = {
        each.months[0][:4]: SignedRelease(each, f"{each.number:064x}", "Arno Analyst (synthetic)", each.made_on)
        for each in made
    }
    return Shelf(AREA, made[-1].number, signed)


def asked(
    made: Sequence[ReleaseContent] | None = None, *, quarter: str = QUARTER, name: str = "Kent and Medway"
) -> PackAsked:
    """Return what a pack is made of; two days of the quarter are open."""
    days = tuple(
        DayState(date(2026, 7, 1) + timedelta(number), "open" if number in {3, 40} else "agrees")
        for number in range(92)
    )
    told = Told(shelf_of(made or released()), quarter, percentages=False, nation=national())
    return PackAsked(told, name, INSTITUTIONS, days)


def made_of(wanted: PackAsked | None = None) -> Pack:
    """Return a pack."""
    return _usual() if wanted is None else pack_of(wanted)


@cache
def _usual() -> Pack:
    return pack_of(asked())


def section(pack: Pack, wanted: str) -> PackSection:
    """Return one section of a pack."""
    return next(each for each in pack.sections if each.id == wanted)
