"""Charts are drawn by a process of their own: pictures without script or style, with the markers of their tables."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from lxml.etree import fromstring

from services.stats.clients.charts import ChartNotDrawn, WorkerCharts
from services.stats.domain.board import trend_of
from services.stats.domain.charting import Chart, ChartKind, Point, chart_of, trend_chart
from services.stats.domain.periods import Grain
from services.stats.domain.shelf import Choice, Shelf, SignedRelease
from services.stats.domain.tables import ReleaseContent
from tests.stats.published_made import AREA, content, hiding

SVG = "{http://www.w3.org/2000/svg}"
BARS = Choice("received", "concern", "2026", Grain.QUARTER)
LINES = Choice("received", "", "2026", Grain.MONTH)


def shelf(made: ReleaseContent) -> Shelf:
    """Return what is published where there is this release alone."""
    return Shelf(AREA, made.number, {"2026": SignedRelease(made, "digest")})


def drawn_of(choice: Choice, *, narrow: bool = False, made: ReleaseContent | None = None) -> Chart:
    """Return the chart of a choice."""
    found = chart_of(shelf(made or content()).grid(choice), narrow=narrow)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerCharts]:
    """Return what draws charts, with its process ended at the end."""
    made = WorkerCharts()
    yield made
    made.close()


class TestWords:
    def test_of_a_line_say_its_course(self) -> None:
        trend = trend_of(shelf(content()), "panel")
        assert trend is not None
        words = trend_chart(trend).description
        first, last = (dict(trend.lines)[each][0] for each in ("2026-Q1", "2026-Q4"))
        assert f"Discussed at a Channel panel: {first} in April to June 2026, {last} in January to March 2027" in words

    def test_of_bars_say_the_longest_and_how_many_are_hidden(self) -> None:
        made = hiding(content(), "received/concern/2026", "incel", "2026-Q4")
        words = drawn_of(BARS, made=made).description
        table = made.table("received", "concern", "2026")
        assert table is not None
        most = max(each for each in (row.counts[table.periods.index("2026-Q4")] for row in table.rows) if each)
        assert f", {most}. 1 hidden." in words

    @pytest.mark.parametrize("choice", [BARS, LINES], ids=["bars", "lines"])
    def test_where_every_value_is_hidden_stand_instead_of_a_drawing(self, choice: Choice) -> None:
        chart = drawn_of(choice)
        assert chart.instead == ""
        first, *others = (replace(point, value=None) for point in chart.points)
        assert replace(chart, points=(first, *chart.points[1:])).instead == ""
        assert "Every figure that this chart would show is hidden" in replace(chart, points=(first, *others)).instead

    def test_a_table_without_a_line_has_no_chart(self) -> None:
        assert chart_of(shelf(content()).grid(replace(BARS, year="1999"))) is None


class TestPicture:
    @pytest.mark.parametrize("narrow", [False, True])
    @pytest.mark.parametrize("choice", [BARS, LINES], ids=["bars", "lines"])
    def test_needs_no_script_and_no_style(self, worker: WorkerCharts, choice: Choice, *, narrow: bool) -> None:
        chart = drawn_of(choice, narrow=narrow)
        tree = fromstring(worker.svg(f"{choice}{narrow}", chart))
        names = {element.tag.removeprefix(SVG) for element in tree.iter()}
        assert not names & {"style", "script", "foreignObject", "image", "a"}
        given = {str(name) for element in tree.iter() for name in element.attrib}
        assert not {name for name in given if name == "style" or name.startswith("on") or name.endswith("href")}

    @pytest.mark.parametrize("choice", [BARS, LINES], ids=["bars", "lines"])
    def test_names_and_describes_itself(self, worker: WorkerCharts, choice: Choice) -> None:
        chart = drawn_of(choice)
        tree = fromstring(worker.svg(f"{choice}False", chart))
        assert (tree.get("role"), tree.get("aria-labelledby")) == ("img", "title desc")
        assert tree.findtext(f"{SVG}title") == chart.title
        assert tree.findtext(f"{SVG}desc") == chart.description

    def test_a_narrow_one_fits_a_phone(self, worker: WorkerCharts) -> None:
        for choice in (BARS, LINES):
            tree = fromstring(worker.svg(f"{choice}True", drawn_of(choice, narrow=True)))
            assert float(tree.get("width") or 999) <= 290

    @pytest.mark.parametrize("kind", list(ChartKind))
    def test_what_is_hidden_is_its_marker_and_no_number(self, worker: WorkerCharts, kind: ChartKind) -> None:
        points = tuple(Point(f"place {number}", "", value) for number, value in enumerate((600, None, 800)))
        tree = fromstring(worker.svg(f"hidden {kind}", Chart(kind, "A title", "Words.", points)))
        texts = [element.text for element in tree.iter(f"{SVG}text")]
        assert texts.count("[c]") == 1
        assert "0" not in texts or kind is ChartKind.LINES

    def test_words_that_look_like_code_stay_words(self, worker: WorkerCharts) -> None:
        words = '<script>alert(1)</script>&"'
        chart = Chart(ChartKind.BARS, words, words, (Point(words, "", 7),))
        tree = fromstring(worker.svg("hostile", chart))
        assert tree.findtext(f"{SVG}title") == words
        assert [element for element in tree.iter() if element.tag.endswith("script")] == []


class TestWorker:
    def test_draws_one_key_once(self, worker: WorkerCharts) -> None:
        chart = drawn_of(BARS)
        assert worker.svg("once", chart) is worker.svg("once", chart)

    def test_starts_only_when_it_is_needed_and_ends_when_idle(self) -> None:
        made = WorkerCharts(idle_seconds=0.01)
        assert not made.running
        made.svg("a", drawn_of(BARS))
        end = time.monotonic() + 30
        while made.running and time.monotonic() < end:
            time.sleep(0.01)
        assert not made.running
        assert made.svg("b", drawn_of(LINES)).startswith(b"<svg")
        made.close()

    def test_one_that_was_killed_is_started_again(self) -> None:
        made = WorkerCharts()
        made.svg("a", drawn_of(BARS))
        process = made._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        assert made.svg("b", drawn_of(LINES)).startswith(b"<svg")
        made.close()

    def test_one_that_cannot_draw_is_said_and_the_next_chart_is_drawn(self, worker: WorkerCharts) -> None:
        with pytest.raises(ChartNotDrawn, match="table on the same page"):
            worker.svg("nothing", Chart(ChartKind.BARS, "A title", "Words.", ()))
        assert worker.svg("after", drawn_of(BARS)).startswith(b"<svg")
