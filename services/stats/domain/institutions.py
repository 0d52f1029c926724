"""Which share of a year's referrals an institution made: in per cent only, once for a whole year, never a count."""

from collections.abc import Iterable, Iterator, Mapping

from services.stats.domain.measures import TOTAL
from services.stats.domain.periods import Period, financial_year
from services.stats.domain.tables import InstitutionShare, PublishedTable

Institutions = Mapping[tuple[str, str], int]
"""How many referrals by institution and month; what is not there is nought."""


def shares_of(
    counts: Institutions, tables: Iterable[PublishedTable], earlier: Iterable[InstitutionShare], suppress_below: int
) -> tuple[InstitutionShare, ...]:
    """Return the shares of the years that are whole and whose total is shown; those of earlier releases as they were.

    A share is given where the institution made as many referrals as any shown count needs. It is told once: a share
    that followed a correction would, beside the first one, say how many referrals came late.
    """
    before = {(share.year, share.institution): share for share in earlier}
    told = {year for year, _ in before}
    found: dict[tuple[str, str], InstitutionShare] = {}
    for table in tables:
        total = table.count(TOTAL, table.year) if (table.measure, table.attribute) == ("received", "") else None
        if total is None:
            continue
        kept = [share for (year, _), share in before.items() if year == table.year]
        new = kept if table.year in told else _new(counts, table.year, total, suppress_below)
        found |= {(share.year, share.institution): share for share in new}
    return tuple(found[key] for key in sorted(found))


def _new(counts: Institutions, year: str, total: int, suppress_below: int) -> Iterator[InstitutionShare]:
    months = Period(year).months
    for institution in {each for each, month in counts if financial_year(month) == year}:
        count = sum(counts.get((institution, month), 0) for month in months)
        if count >= suppress_below:
            yield InstitutionShare(institution, year, min((200 * count + total) // (2 * total), 100))
