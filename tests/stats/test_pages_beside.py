"""What stands beside the tables: charts, how long things took, institutions, and files."""

import re
from dataclasses import replace

import pytest

from services.stats.clients.charts import ChartNotDrawn
from services.stats.domain.charting import Chart
from services.stats.domain.tables import InstitutionShare
from tests.conftest import RunningOf
from tests.stats.published_made import AREA, content, hiding, publish
from tests.stats.reading import SECTORS, Site, lines_of, opened


@pytest.fixture
async def site(running_of: RunningOf) -> Site:
    """Return statistics running, with a board member signed in."""
    return await opened(running_of)


class TestChart:
    async def test_is_a_picture_with_its_words_on_the_page_and_a_table_beside_it(self, site: Site) -> None:
        await publish(site.running.runtime, content())
        page = (await site.get("/")).text
        pictures = re.findall(r'<img src="([^"]+)" alt="(Line chart[^"]+)"', page)
        assert len(pictures) == 3
        assert "the table that follows" in pictures[0][1]
        answer = await site.get(pictures[0][0].replace("&amp;", "&"))
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert [chart.narrow for chart in site.charts.asked] == [False]

    async def test_shows_what_its_table_shows(self, site: Site) -> None:
        made = hiding(content(), "received/sector/2026", "police", "2026-Q4")
        await publish(site.running.runtime, made)
        await site.get(f"/releases/{AREA}/1/chart.svg?measure=received&by=sector&year=2026&width=narrow")
        (chart,) = site.charts.asked
        table = made.table("received", "sector", "2026")
        assert table is not None
        assert [point.value for point in chart.points] == [
            row.counts[table.periods.index("2026-Q4")] for row in table.rows
        ]
        assert chart.narrow

    async def test_one_that_cannot_be_drawn_is_said_and_the_page_stays(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(_key: str, _chart: Chart) -> bytes:
            raise ChartNotDrawn("The chart cannot be drawn just now; its figures are in the table on the same page.")

        await publish(site.running.runtime, content())
        monkeypatch.setattr(site.charts, "svg", fails)
        assert (await site.get(f"/releases/{AREA}/1/chart.svg?trend=gateway")).status_code == 503
        assert (await site.get("/")).status_code == 200

    async def test_one_that_is_hidden_altogether_is_said_in_words_above_its_table(self, site: Site) -> None:
        made = content()
        for category in {row.category for row in made.table("received", "sector", "2026").rows}:  # type: ignore[union-attr]
            made = hiding(made, "received/sector/2026", category, "2026-Q4")
        few = tuple(replace(each, cases=None, median=None, percentile_90=None) for each in made.timings)
        await publish(site.running.runtime, replace(made, timings=few))
        words = "Every figure that this chart would show is hidden, so there is no chart."
        for path, pictures in (("/", 2), (SECTORS, 0)):
            page = (await site.get(path)).text
            assert (page.count(words), page.count("<img")) == (1, pictures), path
            assert page.count("<table") >= 1
        for asked in ("trend=days", "measure=received&by=sector&year=2026"):
            answer = await site.get(f"/releases/{AREA}/1/chart.svg?{asked}")
            assert answer.status_code == 404, asked
        assert site.charts.asked == []

    async def test_a_trend_without_a_name_is_not_there(self, site: Site) -> None:
        await publish(site.running.runtime, content())
        for kind in ("chart.svg", "trend.csv"):
            assert (await site.get(f"/releases/{AREA}/1/{kind}?trend=nothing")).status_code == 404


class TestTimeliness:
    async def test_shows_medians_and_percentiles_and_hides_what_too_few_stand_behind(self, site: Site) -> None:
        made = content()
        few = tuple(
            replace(each, cases=None, median=None, percentile_90=None) if each.period == "2026-Q2" else each
            for each in made.timings
        )
        await publish(site.running.runtime, replace(made, timings=few))
        words = await site.text(f"/timeliness/{AREA}")
        assert "April to June 2026 20 8 30" in words
        assert "July to September 2026 [c] [c] [c]" in words
        assert "only where at least 10 cases stand behind them" in words
        lines = lines_of(await site.get(f"/releases/{AREA}/1/timeliness.csv"))
        hidden = [line for line in lines if line["period"] == "2026-Q2"]
        assert {(line["value"], line["marker"]) for line in hidden} == {("", "[c]")}
        assert len(hidden) == 4 * 3

    async def test_the_medians_of_the_board_are_those_of_the_release(self, site: Site) -> None:
        await publish(site.running.runtime, content())
        assert "Days from receipt to the Gateway’s decision 8 days" in await site.text("/?period=2026-Q2")


class TestInstitutions:
    async def test_are_percentages_for_the_board_and_not_for_the_minutes(self, site: Site) -> None:
        shares = (InstitutionShare("sample-grammar-school", "2026", 14),)
        await publish(site.running.runtime, replace(content(), shares=shares))
        words = await site.text(f"/institutions/{AREA}")
        assert "Not for the minutes." in words
        assert "Sample Grammar School 14% Example High School [c]" in words
        assert "2026 to 2027" in words

    async def test_stand_in_no_file(self, site: Site) -> None:
        shares = (InstitutionShare("sample-grammar-school", "2026", 14),)
        await publish(site.running.runtime, replace(content(), shares=shares))
        for path in ("tables.csv", "definitions.csv", "timeliness.csv", "table.csv", "trend.csv?trend=gateway"):
            assert "rammar" not in (await site.get(f"/releases/{AREA}/1/{path}")).text, path

    async def test_wait_for_a_whole_year(self, site: Site) -> None:
        await publish(site.running.runtime, content(months=7))
        assert "No whole financial year is published yet" in await site.text(f"/institutions/{AREA}")


class TestFile:
    async def test_the_file_of_a_trend_holds_what_its_table_holds(self, site: Site) -> None:
        made = content()
        await publish(site.running.runtime, made)
        lines = lines_of(await site.get(f"/releases/{AREA}/1/trend.csv?trend=gateway"))
        table = made.table("received", "", "2026")
        assert table is not None
        received = [line["value"] for line in lines if line["measure"] == "Referrals received"]
        assert received == [str(table.total(f"2026-Q{each}")) for each in (1, 2, 3, 4)]
