"""What a chart shows, in plain values: whoever draws it adds nothing, and its words say the same as its lines."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from services.stats.domain.board import Trend
from services.stats.domain.naming import category_name, measure_name, period_name, short_period_name, table_name
from services.stats.domain.shelf import Grid

LABEL_LINE, NARROW_LABEL_LINE = 36, 17
NEW_LINE = "|"
"""Where the label of a bar breaks."""
NOTHING_DRAWN = (
    "Every figure that this chart would show is hidden, so there is no chart. "
    "They stand as [c] in the table that follows."
)


class ChartKind(StrEnum):
    """Lines over time, or bars by category."""

    LINES = "lines"
    BARS = "bars"


@dataclass(frozen=True)
class Point:
    """One value of a series at a place of the axis; None is hidden and drawn as its marker."""

    label: str
    series: str
    value: int | None


@dataclass(frozen=True)
class Chart:
    """A chart: its title and description in words, and its points in reading order; `narrow` is for a phone."""

    kind: ChartKind
    title: str
    description: str
    points: tuple[Point, ...]
    narrow: bool = False

    @property
    def instead(self) -> str:
        """What is said where every value is hidden, so that there is nothing to draw; "" where there is something."""
        return "" if any(point.value is not None for point in self.points) else NOTHING_DRAWN

    def plain(self) -> dict[str, object]:
        """Return it as what goes to the process that draws it."""
        return asdict(self)


def chart_of(grid: Grid, *, narrow: bool = False) -> Chart | None:
    """Return the chart of a table: its totals over time, or its categories in the newest period; None without any."""
    if not grid.periods or not grid.lines:
        return None
    choice = grid.choice
    if not choice.attribute:
        lines = [(period, (count,)) for period, count in zip(grid.periods, grid.lines[0].counts, strict=True)]
        name = measure_name(choice.measure)
        return _over_time(name, (name,), lines, narrow=narrow)
    title = f"{table_name(choice.measure, choice.attribute)}, {period_name(grid.periods[-1])}"
    longest = NARROW_LABEL_LINE if narrow else LABEL_LINE
    named = [(category_name(line.category, choice.attribute), line.counts[-1]) for line in grid.lines]
    points = tuple(Point(_broken(name, longest), "", count) for name, count in named)
    return Chart(ChartKind.BARS, title, f"Bar chart. {title}. {_most(named)}", points, narrow)


def trend_chart(trend: Trend, *, narrow: bool = False) -> Chart:
    """Return the chart of a trend of the board."""
    return _over_time(trend.title, trend.headings, trend.lines, narrow=narrow)


def _over_time(
    title: str, series: Sequence[str], lines: Sequence[tuple[str, Sequence[int | None]]], *, narrow: bool
) -> Chart:
    """Return the chart of counts over periods, one line a series."""
    points = tuple(
        Point(short_period_name(period), name, count)
        for column, name in enumerate(series)
        for period, count in ((period, counts[column]) for period, counts in lines)
    )
    courses = (
        _course(name, [(period, counts[column]) for period, counts in lines]) for column, name in enumerate(series)
    )
    return Chart(ChartKind.LINES, title, f"Line chart. {title}. {' '.join(courses)}", points, narrow)


def _course(name: str, values: Sequence[tuple[str, int | None]]) -> str:
    """Return in words how a line runs: its first, last, highest and lowest value."""
    shown = [(period, count) for period, count in values if count is not None]
    if not shown:
        return f"{name}: every value is hidden."
    top, low = max(shown, key=lambda each: each[1]), min(shown, key=lambda each: each[1])
    ends = f"{shown[0][1]:,} in {period_name(shown[0][0])}, {shown[-1][1]:,} in {period_name(shown[-1][0])}"
    most = f"at most {top[1]:,} ({period_name(top[0])}) and at least {low[1]:,} ({period_name(low[0])})"
    hidden = len(values) - len(shown)
    return f"{name}: {ends}; {most}{f'; {hidden} hidden' if hidden else ''}."


def _most(named: Sequence[tuple[str, int | None]]) -> str:
    """Return in words which bar is the longest, and how many are hidden."""
    shown = [(name, count) for name, count in named if count is not None]
    hidden = f" {len(named) - len(shown)} hidden." if len(shown) < len(named) else ""
    if not shown:
        return "Every value is hidden."
    name, count = max(shown, key=lambda each: each[1])
    return f"The most: {name}, {count:,}.{hidden}"


def _broken(name: str, longest: int) -> str:
    lines = [""]
    for word in name.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= longest or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return NEW_LINE.join(lines)
