"""What the Home Office published of England and Wales, to set an area's figures beside: each with its source."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from services.stats.domain.shelf import percentage


class SourceStatus(StrEnum):
    """Where a figure was read: in the Home Office's own release, or in what others wrote about it."""

    PUBLISHED = "published"
    REPORTED = "reported"


@dataclass(frozen=True)
class Source:
    """Where figures come from."""

    id: str
    title: str
    address: str
    published_on: date
    status: SourceStatus


@dataclass(frozen=True)
class NationalFigure:
    """One figure of a financial year; `known` is of how many, None where the source does not say."""

    year: str
    measure: str
    count: int
    source: Source
    attribute: str = ""
    category: str = ""
    known: int | None = None


@dataclass(frozen=True)
class National:
    """The national figures, in order of years."""

    publisher: str
    coverage: str
    collection: str
    caution: str
    figures: tuple[NationalFigure, ...]

    @cached_property
    def years(self) -> tuple[str, ...]:
        """Return the years that have a figure, the newest first."""
        return tuple(sorted({figure.year for figure in self.figures}, reverse=True))

    def figure(self, year: str, measure: str, attribute: str = "", category: str = "") -> NationalFigure | None:
        """Return one figure; None where nobody could check one."""
        wanted = (year, measure, attribute, category)
        return next(
            (each for each in self.figures if (each.year, each.measure, each.attribute, each.category) == wanted), None
        )

    def latest(self, measure: str, attribute: str = "", category: str = "") -> NationalFigure | None:
        """Return the newest figure of a measure or category; None where there is none."""
        found = (self.figure(year, measure, attribute, category) for year in self.years)
        return next((each for each in found if each is not None), None)

    def share(self, figure: NationalFigure) -> int | None:
        """Return a figure in per cent of those known, or of the year's referrals; None for the referrals themselves."""
        received = self.figure(figure.year, "received")
        whole = figure.known or (received.count if received and figure.attribute != "ethnicity" else None)
        return percentage(figure.count, whole) if figure.attribute or figure.measure != "received" else None

    def sources(self) -> tuple[Source, ...]:
        """Return the sources of the figures, newest first."""
        return tuple(dict.fromkeys(figure.source for figure in reversed(self.figures)))
