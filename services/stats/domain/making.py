"""What a release holds, made from counts: protected tables of its years, and how long things took."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.stats.domain.disclosure import Protected
from services.stats.domain.institutions import Institutions, shares_of
from services.stats.domain.measures import TOTAL
from services.stats.domain.people import People
from services.stats.domain.periods import Tree, financial_year
from services.stats.domain.releases import Draft
from services.stats.domain.rules import Rules
from services.stats.domain.tables import Change, PublishedTable, ReleaseContent, ReleaseKind, Timing, shown_periods
from services.stats.domain.timings import TIMED, Days, timing


@dataclass(frozen=True)
class Basis:
    """What a draft is computed from: what was counted, as of which releases, and the signed releases before it."""

    people: People
    days: Days
    as_of: Mapping[str, int]
    earlier: tuple[ReleaseContent, ...] = ()
    institutions: Institutions = field(default_factory=dict)

    @property
    def earlier_tables(self) -> tuple[PublishedTable, ...]:
        """Return every table that was published before, oldest release first, as far as it speaks of these years."""
        years = {financial_year(month) for month in self.as_of}
        return tuple(table for content in self.earlier for table in content.tables if table.year in years)


def content_of(
    draft: Draft, rules: Rules, basis: Basis, protected: Protected, kept_back: Collection[str] = ()
) -> ReleaseContent:
    """Return the whole content of a release whose tables have been protected and audited already."""
    return ReleaseContent(
        area=draft.area,
        number=draft.number,
        made_on=draft.made_on,
        kind=draft.kind,
        months=draft.months,
        as_of=basis.as_of,
        suppress_below=rules.suppress_below,
        round_to=rules.round_to,
        districts=rules.districts,
        tables=protected.tables,
        timings=tuple(timings_of(draft, rules, basis, protected.tables)),
        changes=tuple(changes_of(draft, basis, protected.tables)),
        left_out=protected.left_out,
        kept_back=tuple(kept_back),
        shares=shares_of(basis.institutions, basis.as_of, protected.tables, basis.earlier, rules.suppress_below),
    )


def changes_of(draft: Draft, basis: Basis, tables: Sequence[PublishedTable]) -> Iterator[Change]:
    """Return which figures a correction states otherwise than the newest release before it; none for a regular one.

    A figure that was shown and is hidden now has changed by too little to be shown.
    """
    if draft.kind is not ReleaseKind.CORRECTION:
        return
    after = {table.id: table for table in tables}
    newest = {table.id: table for table in basis.earlier_tables}
    for before in newest.values():
        now = after.get(before.id)
        for row in before.rows:
            for period, was in zip(before.periods, row.counts, strict=True):
                # A table of which nothing may be shown any longer is left out.
                stated = now.count(row.category, period) if now else None
                if was != stated:
                    yield Change(before.id, row.category, period, was, stated)


def timings_of(draft: Draft, rules: Rules, basis: Basis, tables: Sequence[PublishedTable]) -> Iterator[Timing]:
    """Return how long things took in every period of the draft's years; given where the number of cases is shown."""
    by_id = {table.id: table for table in tables}
    for year in draft.years:
        tree = Tree(tuple(month for month in basis.as_of if financial_year(month) == year))
        for measure in TIMED:
            shown = shown_periods(by_id.get(f"{measure}/{year}"), TOTAL)
            for period in tree.periods:
                yield timing(measure, period, basis.days, shown, rules.suppress_below)
