"""Which share of a year's referrals an institution made: in per cent only, once for a whole year, never a count."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from services.stats.domain.measures import TOTAL
from services.stats.domain.periods import Period, financial_year
from services.stats.domain.tables import InstitutionShare, PublishedTable, ReleaseContent

Institutions = Mapping[tuple[str, str], int]
"""How many referrals by institution and month; what is not there is nought."""


def shares_of(
    counts: Institutions,
    as_of: Collection[str],
    tables: Iterable[PublishedTable],
    earlier: Sequence[ReleaseContent],
    suppress_below: int,
) -> tuple[InstitutionShare, ...]:
    """Return the shares of the years that are whole and whose total is shown; those of earlier releases as they were.

    `as_of` are the months that the release speaks of. A share is given where the institution made as many referrals as
    any shown count needs. It is told by the first release that holds the whole year, and by every later one alike: one
    that followed, came or went with a later release would say how many referrals came late.
    """
    totals = {
        table.year: table.count(TOTAL, table.year)
        for table in tables
        if (table.measure, table.attribute) == ("received", "")
    }
    found: list[InstitutionShare] = []
    for year in sorted({financial_year(month) for month in as_of}):
        before = next((each for each in earlier if _is_whole(year, each.as_of)), None)
        total = totals.get(year)
        if before is not None:
            found += [share for share in before.shares if share.year == year]
        elif total is not None and _is_whole(year, as_of):
            found += _new(counts, year, total, suppress_below)
    return tuple(sorted(found, key=lambda share: (share.year, share.institution)))


def _is_whole(year: str, months: Collection[str]) -> bool:
    return set(Period(year).months) <= set(months)


def _new(counts: Institutions, year: str, total: int, suppress_below: int) -> Iterator[InstitutionShare]:
    months = Period(year).months
    for institution in {each for each, month in counts if financial_year(month) == year}:
        count = sum(counts.get((institution, month), 0) for month in months)
        if count >= suppress_below:
            yield InstitutionShare(institution, year, min((200 * count + total) // (2 * total), 100))
