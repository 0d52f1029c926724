"""What readers see: published tables of one measure and year, figures beside them, and a release of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from services.stats.domain.periods import Period, financial_year

TIMELINESS = "timeliness"


@dataclass(frozen=True)
class PublishedRow:
    """One category with a count for each period of the table; None is hidden."""

    category: str
    counts: tuple[int | None, ...]


@dataclass(frozen=True)
class PublishedTable:
    """A measure of one financial year, split by an attribute, or its totals alone (`attribute` empty, one row).

    `periods` are ids of months, quarters and the year. `totals` are the denominators, `known` those without the unknown
    category; None where hidden. In a table of totals all three say the same.
    """

    measure: str
    attribute: str
    year: str
    periods: tuple[str, ...]
    rows: tuple[PublishedRow, ...]
    totals: tuple[int | None, ...]
    known: tuple[int | None, ...]

    @property
    def id(self) -> str:
        """Return the name that no other table of a release has."""
        return "/".join(filter(None, (self.measure, self.attribute, self.year)))

    def count(self, category: str, period: str) -> int | None:
        """Return one count; None where it is hidden, or is no cell of the table."""
        column = self.periods.index(period) if period in self.periods else None
        found = next((row for row in self.rows if row.category == category), None)
        return None if found is None or column is None else found.counts[column]

    def total(self, period: str) -> int | None:
        """Return the denominator of a period; None where it is hidden or not there."""
        return self.totals[self.periods.index(period)] if period in self.periods else None


@dataclass(frozen=True)
class Timing:
    """How long something took in a period: the number of cases, and the median and 90th percentile in whole days.

    None where too few cases stand behind them.
    """

    id: str
    period: str
    cases: int | None
    median: int | None
    percentile_90: int | None

    @property
    def values(self) -> Mapping[str, int | None]:
        """Return its three figures by name, as changes name them."""
        return {"cases": self.cases, "median": self.median, "percentile_90": self.percentile_90}


@dataclass(frozen=True)
class InstitutionShare:
    """Which share of the referrals of a financial year an institution of the area's list made, in whole per cent."""

    institution: str
    year: str
    percent: int


class ReleaseKind(StrEnum):
    """Whether a release brings new months, or states released ones again."""

    REGULAR = "regular"
    CORRECTION = "correction"


@dataclass(frozen=True)
class Change:
    """What a correction changed: one figure, as it was and as it is; None is hidden."""

    table: str
    category: str
    period: str
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Revised:
    """A figure that a correction has changed: its marker stays with it in every later release of its year."""

    table: str
    category: str
    period: str


@dataclass(frozen=True)
class ReleaseContent:
    """A release as it was frozen: its tables, and the rules that they were made under.

    `months` are those that it brings or states again. `as_of` says for every month of its years how many releases had
    been made when the facts behind its figures had arrived, so that anybody with the log can compute it again.
    `revised` are the figures that earlier corrections of its years changed. `kept_back` are tables of which the audit
    found out a hidden figure; they are among those left out.
    """

    area: str
    number: int
    made_on: date
    kind: ReleaseKind
    months: tuple[str, ...]
    as_of: Mapping[str, int]
    suppress_below: int
    round_to: int
    districts: tuple[str, ...]
    tables: tuple[PublishedTable, ...]
    timings: tuple[Timing, ...] = ()
    changes: tuple[Change, ...] = ()
    revised: tuple[Revised, ...] = ()
    left_out: tuple[str, ...] = field(default=())
    kept_back: tuple[str, ...] = ()
    shares: tuple[InstitutionShare, ...] = ()

    def table(self, measure: str, attribute: str, year: str) -> PublishedTable | None:
        """Return one of its tables, None where it has none."""
        wanted = (measure, attribute, year)
        return next((each for each in self.tables if (each.measure, each.attribute, each.year) == wanted), None)

    def years(self) -> frozenset[str]:
        """Return the financial years that it speaks of."""
        return frozenset(financial_year(month) for month in self.as_of)

    def revised_in(self, table: str) -> frozenset[tuple[str, str]]:
        """Return the category and period of each figure of a table that it or an earlier correction changed."""
        found: tuple[Change | Revised, ...] = (*self.changes, *self.revised)
        return frozenset((each.category, each.period) for each in found if each.table == table)


def timings_id(name: str, year: str) -> str:
    """Return how changes name the timings of a financial year: "timeliness/decided/2026"."""
    return f"{TIMELINESS}/{name}/{year}"


def shown_periods(table: PublishedTable | None, category: str) -> frozenset[Period]:
    """Return the periods in which a category of a table is shown; tables below it speak of no other."""
    if table is None:
        return frozenset()
    return frozenset(Period(each) for each in table.periods if table.count(category, each) is not None)
