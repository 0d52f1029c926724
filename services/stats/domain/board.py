"""The few figures that a board looks at first, each with what it is a part of and with the same of a year before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.stats.domain.measures import MEASURES, REJECTED, SATISFACTORY, TOTAL
from services.stats.domain.naming import measure_name
from services.stats.domain.periods import Grain, Period
from services.stats.domain.shelf import Shelf, latest_period, percentage, year_before
from services.stats.domain.timings import MEDIAN, TIMED


@dataclass(frozen=True)
class Value:
    """A figure of one period. `count` None is hidden; `of` is what it is a part of, None where hidden or no part.

    `released` is False where no release holds the period; `revised` and `of_revised` say that a correction changed it.
    """

    count: int | None
    of: int | None = None
    released: bool = True
    revised: bool = False
    of_revised: bool = False

    @property
    def share(self) -> int | None:
        """Return it in whole per cent; None where it cannot be given."""
        return percentage(self.count, self.of)


@dataclass(frozen=True)
class KeyFigure:
    """One of the few figures: what it is called and means, now and in the same period of a year before.

    `part_of` says in words what `of` counts, and is empty where the figure is a count or a number of days. `measure`
    and `attribute` name the table that holds it.
    """

    id: str
    title: str
    meaning: str
    measure: str
    attribute: str
    part_of: str
    unit: str
    now: Value
    before: Value


@dataclass(frozen=True)
class _Definition:
    """How a figure is read from published tables: of a total, or of the sum of the totals of `wholes`."""

    id: str
    title: str
    meaning: str
    measure: str
    attribute: str = ""
    categories: tuple[str, ...] = ()
    part_of: str = ""
    timed: bool = False
    wholes: tuple[str, ...] = ()


def _counted(measure: str) -> _Definition:
    return _Definition(measure, MEASURES[measure].title, MEASURES[measure].meaning, measure)


_DEFINITIONS: tuple[_Definition, ...] = (
    _counted("received"),
    _counted("decided"),
    _Definition(
        "rejected", "Ended by the Gateway",
        "The Gateway’s rejection rate, not the panel’s: decisions that closed a referral or signposted it to another "
        "service, of all decisions of the same period. A referral that is still being assessed is in neither.",
        "decided", "outcome", REJECTED, "Gateway decisions",
    ),
    _counted("discussed"),
    _counted("adopted"),
    _Definition(
        "not-adopted", "Not adopted by a panel",
        "The panel’s rejection rate, not the Gateway’s: cases that a panel did not adopt, of all that one adopted or "
        "did not adopt in the period. A case that was not adopted and comes back to be adopted later counts once as "
        "each.",
        "not-adopted", part_of="cases that a panel adopted or did not adopt", wholes=("adopted", "not-adopted"),
    ),
    _Definition(
        "days-to-decision", "Days from receipt to the Gateway’s decision",
        "The median: half of the referrals decided in the period took so many calendar days or fewer. It is given only "
        "where enough decisions stand behind it.",
        "decided", timed=True,
    ),
    _Definition(
        "clocks-met", "Obligations met in time", MEASURES["obligations"].meaning,
        "obligations", "punctuality", ("in-time",), "referrals with something owed that ended",
    ),
    _Definition(
        "reviews-on-time", "Reviews held on time", MEASURES["reviews"].meaning,
        "reviews", "punctuality", ("in-time",), "cases with a review held",
    ),
    _Definition(
        "satisfactory", "Cases closed with the concerns reduced",
        "The satisfactory closures: cases closed because the panel found the concerns reduced, of all Channel cases "
        "closed in the period.",
        "left", "closing", (SATISFACTORY,), "Channel cases closed",
    ),
)  # fmt: skip

TRENDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "gateway": ("Referrals received and decided", ("received", "decided")),
    "panel": ("Discussed at a panel and adopted", ("discussed", "adopted")),
    "days": ("Median days from receipt", ("decided", "discussed")),
}
"""The trends that the board is shown beside the figures: a title and the measures that stand in one chart."""
TIMED_TREND = "days"
TREND_PERIODS = 12
"""A trend goes so many quarters back: three years."""


@dataclass(frozen=True)
class Trend:
    """Counts of some measures over the latest periods: a line a period, a count a measure; None is hidden.

    `revised` are the measures and periods whose figure a correction changed.
    """

    id: str
    title: str
    measures: tuple[str, ...]
    lines: tuple[tuple[str, tuple[int | None, ...]], ...]
    revised: frozenset[tuple[str, str]] = frozenset()

    @property
    def headings(self) -> tuple[str, ...]:
        """What its measures are called."""
        return tuple(TIMED[each] if self.id == TIMED_TREND else measure_name(each) for each in self.measures)

    def is_revised(self, measure: str, period: str) -> bool:
        """Say whether a correction changed what a measure says of a period."""
        return (measure, period) in self.revised


def trend_of(shelf: Shelf, name: str) -> Trend | None:
    """Return a trend over the latest quarters, or months before the first quarter; None where it has no name."""
    if name not in TRENDS:
        return None
    grain = Period(latest_period(shelf.periods)).grain
    periods = [period for period in shelf.periods if Period(period).grain is grain][-TREND_PERIODS:]
    return trend_over(shelf, name, grain, periods)


def trend_over(shelf: Shelf, name: str, grain: Grain, periods: Sequence[str]) -> Trend:
    """Return a trend over these periods of one kind."""
    title, measures = TRENDS[name]
    value = _days_taken if name == TIMED_TREND else _total
    found = {(each, period): value(shelf, each, period) for period in periods for each in measures}
    lines = tuple((period, tuple(found[each, period].count for each in measures)) for period in periods)
    revised = frozenset(place for place, each in found.items() if each.revised)
    return Trend(name, f"{title}, by {grain.value}", measures, lines, revised)


def key_figures(shelf: Shelf, period: str) -> tuple[KeyFigure, ...]:
    """Return the board's figures of a period, in reading order."""
    return tuple(_figure(shelf, definition, period) for definition in _DEFINITIONS)


def _total(shelf: Shelf, measure: str, period: str) -> Value:
    revised = shelf.is_revised(measure, "", TOTAL, period)
    return Value(shelf.total(measure, period), released=shelf.covers(period), revised=revised)


def _days_taken(shelf: Shelf, measure: str, period: str) -> Value:
    found = shelf.timing(measure, period)
    revised = MEDIAN in shelf.revised_days(measure, period)
    return Value(found.median if found else None, released=shelf.covers(period), revised=revised)


def _figure(shelf: Shelf, definition: _Definition, period: str) -> KeyFigure:
    value: Callable[[Shelf, _Definition, str], Value] = _timed if definition.timed else _value
    return KeyFigure(
        id=definition.id,
        title=definition.title,
        meaning=definition.meaning,
        measure=definition.measure,
        attribute=definition.attribute,
        part_of=definition.part_of,
        unit="days" if definition.timed else "",
        now=value(shelf, definition, period),
        before=value(shelf, definition, year_before(period)),
    )


def _timed(shelf: Shelf, definition: _Definition, period: str) -> Value:
    return _days_taken(shelf, definition.measure, period)


def _value(shelf: Shelf, definition: _Definition, period: str) -> Value:
    total = _total(shelf, definition.measure, period)
    if definition.wholes:
        return _of_sum(total, [_total(shelf, each, period) for each in definition.wholes])
    if not definition.categories:
        return total
    cells = [(definition.measure, definition.attribute, each, period) for each in definition.categories]
    count = _sum([shelf.count(*cell) for cell in cells])
    revised = any(shelf.is_revised(*cell) for cell in cells)
    return Value(count, total.count, total.released, revised, total.revised)


def _of_sum(part: Value, wholes: Sequence[Value]) -> Value:
    """Return a part of a sum of which it is one; the sum is told only where every part of it is shown."""
    whole = _sum([each.count for each in wholes])
    return Value(part.count, whole, part.released, part.revised, any(each.revised for each in wholes))


def _sum(counts: Sequence[int | None]) -> int | None:
    shown = [count for count in counts if count is not None]
    return sum(shown) if len(shown) == len(counts) else None
