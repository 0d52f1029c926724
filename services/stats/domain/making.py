"""What a release holds, made from counts: protected tables of its years, and how long things took."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.stats.domain.disclosure import Protected
from services.stats.domain.institutions import Institutions, shares_of
from services.stats.domain.measures import TOTAL
from services.stats.domain.people import People
from services.stats.domain.periods import Period, Tree, financial_year
from services.stats.domain.releases import Draft, RulesDiffer
from services.stats.domain.rules import Rules
from services.stats.domain.tables import (
    Change,
    PublishedTable,
    ReleaseContent,
    ReleaseKind,
    Revised,
    Timing,
    shown_periods,
    timings_id,
)
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
    timings = tuple(timings_of(draft, rules, basis, protected.tables))
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
        timings=timings,
        changes=(*changes_of(draft, basis, protected.tables), *timings_changed(draft, basis, timings)),
        revised=revised_of(draft, basis),
        left_out=protected.left_out,
        kept_back=tuple(kept_back),
        shares=shares_of(basis.institutions, basis.as_of, protected.tables, basis.earlier, rules.suppress_below),
    )


def changes_of(draft: Draft, basis: Basis, tables: Sequence[PublishedTable]) -> Iterator[Change]:
    """Return which figures a correction states otherwise than the newest release before it; none for a regular one.

    A figure that was shown and is hidden now has changed by too little to be shown. A table of which nothing may be
    shown is left out, before as now: each of its figures is hidden.
    """
    if draft.kind is not ReleaseKind.CORRECTION:
        return
    now = {table.id: table for table in tables}
    before = {table.id: table for year in draft.years for table in newest_of(year, basis.earlier) if table.year == year}
    for name in dict.fromkeys((*before, *now)):
        yield from _changes(name, before.get(name), now.get(name))


def _changes(name: str, before: PublishedTable | None, now: PublishedTable | None) -> Iterator[Change]:
    tables = [table for table in (before, now) if table]
    cells = dict.fromkeys((row.category, period) for each in tables for row in each.rows for period in each.periods)
    for category, period in cells:
        was = before.count(category, period) if before else None
        states = now.count(category, period) if now else None
        if was != states:
            yield Change(name, category, period, was, states)


def timings_changed(draft: Draft, basis: Basis, now: Sequence[Timing]) -> Iterator[Change]:
    """Return which times a correction states otherwise than the newest release before it; none for a regular one."""
    if draft.kind is not ReleaseKind.CORRECTION:
        return
    newest = {year: _newest(year, basis.earlier) for year in draft.years}
    before = {
        (each.id, each.period): each.values
        for year, content in newest.items()
        if content
        for each in content.timings
        if Period(each.period).year == year
    }
    for each in now:
        was = before.get((each.id, each.period), {})
        for figure, states in each.values.items():
            if was.get(figure) != states:
                name = timings_id(each.id, Period(each.period).year)
                yield Change(name, figure, each.period, was.get(figure), states)


def newest_of(year: str, earlier: Sequence[ReleaseContent]) -> tuple[PublishedTable, ...]:
    """Return the tables of the newest release that spoke of a financial year."""
    found = _newest(year, earlier)
    return found.tables if found else ()


def _newest(year: str, earlier: Sequence[ReleaseContent]) -> ReleaseContent | None:
    return next((content for content in reversed(earlier) if year in content.years()), None)


def revised_of(draft: Draft, basis: Basis) -> tuple[Revised, ...]:
    """Return the figures of the draft's years that corrections before it have changed, in order."""
    found = {
        Revised(each.table, each.category, each.period)
        for content in basis.earlier
        for each in content.changes
        if each.table.rpartition("/")[2] in draft.years
    }
    return tuple(sorted(found, key=lambda each: (each.table, each.category, each.period)))


def rules_in_force(now: Rules, earlier: Sequence[ReleaseContent], years: Collection[str]) -> Rules:
    """Return the rules of a release of these years: those of the first release that spoke of the oldest one of them.

    Within a year figures of one rounding and of the same districts stand beside each other; were either changed under
    way, the two could be subtracted. The threshold may rise under way and never falls.
    """
    spoke = [content for year in sorted(years) for content in earlier if year in content.years()]
    if not spoke:
        return now
    strictest = max(now.suppress_below, *(content.suppress_below for content in spoke))
    return Rules(strictest, spoke[0].round_to, spoke[0].districts)


def check_one_rule(earlier: Sequence[ReleaseContent], years: Collection[str]) -> None:
    """Raise RulesDiffer where these years were released under different rounding or districts."""
    firsts = (next((each for each in earlier if year in each.years()), None) for year in sorted(years))
    if len({(first.round_to, first.districts) for first in firsts if first}) > 1:
        raise RulesDiffer(
            "These months lie in financial years that were released under different rules of rounding or of districts: "
            "correct the months of one financial year first, and then those of the other."
        )


def timings_of(draft: Draft, rules: Rules, basis: Basis, tables: Sequence[PublishedTable]) -> Iterator[Timing]:
    """Return how long things took in every period of the draft's years; given where the number of cases is shown."""
    by_id = {table.id: table for table in tables}
    for year in draft.years:
        tree = Tree(tuple(month for month in basis.as_of if financial_year(month) == year))
        for measure in TIMED:
            shown = shown_periods(by_id.get(f"{measure}/{year}"), TOTAL)
            for period in tree.periods:
                yield timing(measure, period, basis.days, shown, rules.suppress_below, rules.round_to)
