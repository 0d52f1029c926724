"""What the quarterly pack holds, in plain values: whoever writes it as a PDF, a spreadsheet or CSV adds nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from chassis.errors import Conflict, Missing, Rejected
from services.stats.domain.charting import Chart
from services.stats.domain.periods import Grain, Period
from services.stats.domain.shelf import Shelf

Cell = str | int


class PackState(StrEnum):
    """How far a pack is."""

    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


class PackKind(StrEnum):
    """The files of a pack."""

    PDF = "pdf"
    ODS = "ods"
    CSV = "csv"


class PackAbsent(Missing):
    """No pack was asked for of that quarter and release in an area that the reader may see, or it is not made yet."""

    reason: ClassVar[str] = "pack-absent"


class QuarterNotReleased(Rejected):
    """A pack was asked for of something that is no quarter whose months are all released."""

    reason: ClassVar[str] = "quarter-not-released"


class PackNotMade(Conflict):
    """What writes the files of a pack gave no answer."""

    reason: ClassVar[str] = "pack-not-made"


@dataclass(frozen=True)
class PackOf:
    """Which pack: of an area, as of one of its releases, of a quarter ("2026-Q2")."""

    area: str
    release: int
    quarter: str


@dataclass(frozen=True)
class PackTable:
    """A table: `id` is its name in files; the columns from `numeric` on hold numbers or their markers."""

    id: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: int = 1
    note: str = ""


@dataclass(frozen=True)
class PackBlock:
    """A part of a section: a heading of its own, sentences, a chart, a table, in this order; each may be missing."""

    heading: str = ""
    words: tuple[str, ...] = ()
    chart: Chart | None = None
    table: PackTable | None = None


@dataclass(frozen=True)
class PackSection:
    """A section of the document; `band` says over its pages whether it may be minuted, empty where nothing is said."""

    id: str
    title: str
    blocks: tuple[PackBlock, ...]
    band: str = ""


@dataclass(frozen=True)
class Pack:
    """The pack of a quarter: the document's sections, and the sheets that spreadsheet and CSV have.

    `dated` is the day of the newest release in it (ISO date): the files carry no other date, so that the same figures
    always give the same bytes. `notice` stands on every page of a demonstration.
    """

    title: str
    area: str
    area_name: str
    quarter: str
    quarter_name: str
    release: int
    dated: str
    byline: str
    notice: str
    sections: tuple[PackSection, ...]
    sheets: tuple[PackTable, ...]


@dataclass(frozen=True)
class PackFiles:
    """The three files of a pack as bytes: PDF, OpenDocument spreadsheet, and a ZIP archive of CSV files."""

    pdf: bytes
    ods: bytes
    csv: bytes


def quarters_of(shelf: Shelf) -> tuple[str, ...]:
    """Return the quarters of which every month is released, the newest first."""
    found = [period for period in shelf.periods if Period(period).grain is Grain.QUARTER]
    return tuple(sorted(found, reverse=True))


def check_quarter(shelf: Shelf | None, quarter: str) -> Shelf:
    """Return the shelf where a pack of the quarter can be made of it; raises QuarterNotReleased."""
    if shelf is None or quarter not in quarters_of(shelf):
        raise QuarterNotReleased("A pack is made of a quarter whose three months are released; choose one of the list.")
    return shelf
