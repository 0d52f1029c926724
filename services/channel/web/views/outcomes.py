"""The outcome analysis: why cases were not adopted, how they closed, how long each stage took; nobody is named."""

from collections.abc import Mapping, Sequence
from datetime import date

from chassis.clock import LONDON
from chassis.web import PageRequest, Response
from services.channel import queries
from services.channel.domain import CLOSING_LABELS, ClosingOutcome, Practices
from services.channel.domain.outcomes import (
    MEASURE_LABELS,
    MONTHS,
    STAGES,
    Measure,
    Stay,
    days_in_words,
    guarded,
    later_month,
    months_until,
    rate,
    shown,
    total,
)
from services.channel.domain.panel import WHY_NOT_LABELS
from services.channel.queries import Outcomes, Period

_FEWEST = 5


async def outcomes(page: PageRequest) -> Response:
    """Show what became of cases in twelve months, with small counts hidden."""
    this = page.now.astimezone(LONDON).date().replace(day=1)
    last = _month(page.query.get("until", ""), this)
    months, after = months_until(last), later_month(last, 1)
    async with page.transaction() as session:
        found = await queries.outcomes(session, Period(months[0], after))
    threshold = _threshold(page)
    closed_as = {each.value: label for each, label in CLOSING_LABELS.items()}
    why_not = {each.value: label for each, label in WHY_NOT_LABELS.items()}
    return page.render(
        "outcomes",
        title="Outcome analysis",
        first=months[0],
        last=last,
        threshold=threshold,
        earlier=later_month(last, -MONTHS),
        later=min(later_month(last, MONTHS), this) if last < this else None,
        labels=list(MEASURE_LABELS.values()),
        by_month=_by_month(found, months, threshold),
        totals=[total(_monthly(found, each, months), threshold) for each in Measure],
        rates=_rates(found, threshold),
        why_not=_listed(found.why_not, why_not, threshold),
        closed_as=_listed(found.closed_as, closed_as, threshold),
        stays=[_stay(each, threshold) for each in found.stays],
    )


def _by_month(found: Outcomes, months: Sequence[date], threshold: int) -> list[dict[str, object]]:
    """Return a row for each month, the newest first; what a total would give away is hidden with it."""
    columns = [guarded(_monthly(found, each, months), threshold) for each in Measure]
    rows = [{"month": month, "cells": [column[place] for column in columns]} for place, month in enumerate(months)]
    return rows[::-1]


def _monthly(found: Outcomes, measure: Measure, months: Sequence[date]) -> list[int]:
    return [found.counts.get((measure, month), 0) for month in months]


def _total(found: Outcomes, measure: Measure) -> int:
    return sum(count for (each, _), count in found.counts.items() if each is measure)


def _rates(found: Outcomes, threshold: int) -> list[tuple[str, str]]:
    adopted, refused = _total(found, Measure.ADOPTED), _total(found, Measure.NOT_ADOPTED)
    closed = sum(found.closed_as.values())
    well = found.closed_as.get(ClosingOutcome.CONCERNS_REDUCED, 0)
    return [
        ("Not adopted, of all that the panel adopted or did not adopt", rate(refused, adopted + refused, threshold)),
        ("Closed with the concerns reduced, of all that were closed", rate(well, closed, threshold)),
    ]


def _listed(counts: Mapping[str, int], labels: Mapping[str, str], threshold: int) -> list[tuple[str, str]]:
    """Return each kind with its count; the total of these stands on the page, so that it must give none away."""
    named = {**labels, "": "Not recorded"}
    cells = guarded([counts.get(each, 0) for each in named], threshold)
    return [(label, cell) for (each, label), cell in zip(named.items(), cells, strict=True) if each or counts.get("")]


def _stay(each: Stay, threshold: int) -> dict[str, str]:
    few = each.count < threshold
    return {
        "stage": STAGES[each.state],
        "count": shown(each.count, threshold),
        "median": "" if few else days_in_words(each.median),
        "nine_in_ten": "" if few else days_in_words(each.nine_in_ten),
    }


def _threshold(page: PageRequest) -> int:
    """Return the largest of the thresholds of the reader's areas."""
    local: Practices = page.runtime.clients
    return max((local.current(area, page.now).suppress_below for area in page.actor.areas - {"*"}), default=_FEWEST)


# A month that somebody has changed by hand shows the newest: it can ask for nothing that the links would not.
def _month(text: str, this: date) -> date:
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        return this
    return this if asked > this or asked.year < this.year - MONTHS else asked
