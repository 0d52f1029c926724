"""The board's pages: signed releases only, chosen among what is published, hidden on the page and in every file."""

import csv
import io
import re
from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

import httpx2
import pytest

from areas import Area, Areas
from chassis import clock
from chassis.actor import Actor, ActorKind
from chassis.broker import Message
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper, sign_in
from contracts.intake.statistics import ReferralCounted
from contracts.vocabulary import AgeBand, Door, Gender, Role, Sector
from services.stats.app import service
from services.stats.clients.charts import ChartNotDrawn, NoCharts
from services.stats.domain.charting import Chart
from services.stats.domain.tables import Change
from services.stats.handlers import handlers
from services.stats.web.views.charts import CHARTS
from tests.conftest import Running, RunningOf
from tests.stats.published_made import AREA, content, hiding, publish

BOARD = Actor(
    ActorKind.PERSON, "beatrice", "Beatrice Board (synthetic)", frozenset({Role.BOARD_MEMBER}), frozenset({AREA}),
    "Board",
)  # fmt: skip
GATEWAY = Actor(
    ActorKind.PERSON, "gabriel", "Gabriel Gateway (synthetic)", frozenset({Role.GATEWAY_OFFICER}), frozenset({AREA}),
    "Police",
)  # fmt: skip
SECTORS = f"/figures/{AREA}?measure=received&by=sector&year=2026"
SECTORS_CSV = f"/releases/{AREA}/1/table.csv?measure=received&by=sector&year=2026"


@dataclass(frozen=True)
class Site:
    """Statistics as it really runs, and the browser of somebody signed in."""

    running: Running
    charts: NoCharts

    async def get(self, path: str) -> httpx2.Response:
        """Open a page."""
        return await self.running.client.get(path)

    async def text(self, path: str) -> str:
        """Return what a page says, without its tags."""
        return _words((await self.get(path)).text)

    async def become(self, actor: Actor) -> None:
        """Sign somebody in."""
        session = Session()
        sign_in(session, actor)
        runtime = self.running.runtime
        await SessionKeeper(DatabaseSessions(runtime.database), runtime.secrets.session_secret, Limits()).keep(session)
        self.running.client.cookies.set("throughline_stats", session.token)


@pytest.fixture
async def site(running_of: RunningOf) -> Site:
    """Return statistics running, with a board member signed in, and a twin in the place of what draws charts."""
    running = await running_of(service())
    made = Site(running, NoCharts())
    running.runtime.state[CHARTS] = made.charts
    await made.become(BOARD)
    return made


def let_percentages_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every area's file say that figures may be shown in per cent."""
    current = Areas.current

    def permissive(areas: Areas, area: str, day: date) -> Area:
        found = current(areas, area, day)
        return found.model_copy(update={"statistics": found.statistics.model_copy(update={"percentages": True})})

    monkeypatch.setattr(Areas, "current", permissive)


def _words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).strip()


def _lines(answer: httpx2.Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


class TestBoard:
    async def test_says_so_while_nothing_is_published(self, site: Site) -> None:
        answer = await site.get("/")
        assert answer.status_code == 200
        assert "Nothing is published for Kent and Medway yet" in _words(answer.text)

    async def test_shows_the_latest_quarter_with_the_year_before_and_the_nation(self, site: Site) -> None:
        before, now = content(1, "2025"), content(2, "2026", 7)
        for each in (before, now):
            await publish(site.running.runtime, each)
        words = await site.text("/")
        assert "July to September 2026" in words
        last, year_before = now.table("received", "", "2026"), before.table("received", "", "2025")
        assert last is not None
        assert year_before is not None
        assert f"Referrals received {last.total('2026-Q2')} A year before: {year_before.total('2025-Q2')}" in words
        assert "England and Wales, 2024 to 2025: 8,778 ( Home Office" in words

    async def test_a_rate_stands_with_what_it_is_a_part_of(self, site: Site) -> None:
        made = content()
        await publish(site.running.runtime, made)
        words = await site.text("/?period=2026-Q2")
        outcomes, decided = made.table("decided", "outcome", "2026"), made.table("decided", "", "2026")
        assert outcomes is not None
        assert decided is not None
        ended = (outcomes.count("closed", "2026-Q2") or 0) + (outcomes.count("signposted", "2026-Q2") or 0)
        assert f"Ended by the Gateway {ended} of {decided.total('2026-Q2')} Gateway decisions" in words
        assert "%" not in words.split("Obligations met in time")[1].split("All national figures")[0]

    async def test_percentages_stand_only_where_the_area_says_so(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await publish(site.running.runtime, content())
        assert not re.search(r"Ended by the Gateway \d+%", await site.text("/?period=2026"))
        let_percentages_be_shown(monkeypatch)
        assert re.search(
            r"Ended by the Gateway \d+% [\d,]+ of [\d,]+ Gateway decisions", await site.text("/?period=2026")
        )

    async def test_a_figure_whose_part_is_hidden_is_hidden_and_says_why(self, site: Site) -> None:
        made = hiding(content(), "decided/outcome/2026", "closed", "2026-Q2")
        await publish(site.running.runtime, made)
        words = await site.text("/?period=2026-Q2")
        assert "Ended by the Gateway [c] of" in words
        assert "[c] stands for a figure that is hidden" in words

    async def test_a_year_that_was_never_released_is_not_available_rather_than_hidden(self, site: Site) -> None:
        await publish(site.running.runtime, content())
        assert "A year before: [x]" in await site.text("/?period=2026-Q2")

    async def test_a_period_that_is_not_published_is_said_beside_the_field(self, site: Site) -> None:
        await publish(site.running.runtime, content())
        words = await site.text("/?period=2031-Q1")
        assert "Nothing is published for that period: choose from the list. The latest is shown." in words
        assert "January to March 2027" in words

    async def test_never_shows_a_live_count(self, site: Site) -> None:
        await publish(site.running.runtime, content())
        before = [(await site.get(path)).text for path in ("/", SECTORS, SECTORS_CSV)]
        fact = ReferralCounted(
            month="2026-06", version=1, door=Door.WEB, sector=Sector.EDUCATION, age_band=AgeBand.FROM_11,
            gender=Gender.MALE, district="Thanet",
        )  # fmt: skip
        message = Message(uuid4(), fact.wire_type, fact.topic, uuid4(), AREA, "2026-01", None, None, clock.now())
        found = handlers.find(fact.wire_type)
        assert found is not None
        async with site.running.runtime.database.transaction(Actor.service("stats")) as session:
            await found[1](session, fact, message)
        after = [(await site.get(path)).text for path in ("/", SECTORS, SECTORS_CSV)]
        assert [re.sub(r'value="[^"]*"', "", text) for text in before] == [
            re.sub(r'value="[^"]*"', "", text) for text in after
        ]

    async def test_shows_nothing_of_a_release_that_was_discarded(self, site: Site) -> None:
        await publish(site.running.runtime, content(), ending="discarded")
        assert "Nothing is published" in await site.text("/")
        for path in (f"/releases/{AREA}/1", SECTORS, SECTORS_CSV, f"/releases/{AREA}/1/tables.csv"):
            assert (await site.get(path)).status_code == 404, path


class TestFigures:
    async def test_shows_counts_totals_and_the_known_denominator(self, site: Site) -> None:
        made = content()
        await publish(site.running.runtime, made)
        table = made.table("received", "sector", "2026")
        assert table is not None
        words = await site.text(SECTORS + "&grain=quarter")
        quarters = [f"2026-Q{number}" for number in range(1, 5)]
        shown = [str(table.count("police", each) or "[c]") for each in quarters]
        assert f"Police {' '.join(shown)}" in words
        assert f"Total {' '.join(str(table.total(each)) for each in quarters)}" in words
        known = [str(table.known[table.periods.index(each)]) for each in quarters]
        assert f"Known: the total without “Unknown” {' '.join(known)}" in words
        assert "Those that the police closed are in." in words

    async def test_what_is_hidden_is_hidden_on_the_page_and_in_the_file(self, site: Site) -> None:
        made = hiding(content(), "received/sector/2026", "police", "2026-Q2")
        await publish(site.running.runtime, made)
        table = content().table("received", "sector", "2026")
        assert table is not None
        page = _words((await site.get(SECTORS)).text)
        assert f"Police {table.count('police', '2026-Q1')} [c]" in page
        line = next(
            each
            for each in _lines(await site.get(SECTORS_CSV))
            if (each["category"], each["period"]) == ("Police", "2026-Q2")
        )
        assert (line["value"], line["marker"]) == ("", "[c]")

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            (
                "measure=decided&by=sector",
                "“Gateway decisions” is not published by sector of the referrer; it is by decision.",
            ),
            ("measure=%3Cscript%3E", "Nothing is published under that name"),
            ("measure=received&year=1999", "Nothing is published for that year"),
            ("measure=received&by=%27%3B--", "“Referrals received” is not published in that way"),
        ],
    )
    async def test_what_is_not_published_is_said_and_the_nearest_is_shown(
        self, site: Site, query: str, sentence: str
    ) -> None:
        await publish(site.running.runtime, content())
        answer = await site.get(f"/figures/{AREA}?{query}")
        assert answer.status_code == 422
        assert sentence in _words(answer.text)
        assert "<table" in answer.text
        assert "<script>" not in answer.text.replace("<script src", "").replace("<script type", "")

    async def test_a_calendar_year_is_the_sum_of_its_shown_quarters(self, site: Site) -> None:
        made = [content(1, "2025"), content(2, "2026")]
        for each in made:
            await publish(site.running.runtime, each)
        tables = {each.months[0][:4]: each.table("received", "sector", each.months[0][:4]) for each in made}
        first, second = tables["2025"], tables["2026"]
        assert first is not None
        assert second is not None
        quarters = [first.count("police", "2025-Q4"), *(second.count("police", f"2026-Q{each}") for each in (1, 2, 3))]
        path = f"/releases/{AREA}/2/table.csv?measure=received&by=sector&grain=year&years=calendar"
        lines = {line["category"]: line for line in _lines(await site.get(path)) if line["period"] == "CY2026"}
        assert lines["Police"]["value"] == str(sum(each or 0 for each in quarters))
        assert {line["period_name"] for line in lines.values()} == {"2026"}

    async def test_a_calendar_year_with_a_hidden_quarter_is_hidden(self, site: Site) -> None:
        await publish(site.running.runtime, hiding(content(1, "2025"), "received/sector/2025", "police", "2025-Q4"))
        await publish(site.running.runtime, content(2, "2026"))
        path = f"/releases/{AREA}/2/table.csv?measure=received&by=sector&grain=year&years=calendar"
        lines = {line["category"]: line for line in _lines(await site.get(path)) if line["period"] == "CY2026"}
        assert lines["Police"]["marker"] == "[c]"
        assert lines["Education"]["marker"] == ""

    async def test_percentages_stand_only_where_the_area_says_so(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await publish(site.running.runtime, content())
        path = f"/figures/{AREA}?measure=adopted&by=sector&year=2026"
        assert "%" not in await site.text(path)
        assert "percentage_of_known" not in (await site.get(SECTORS_CSV)).text
        let_percentages_be_shown(monkeypatch)
        assert re.search(r"Police \d+ \d+%", await site.text(path))
        assert "percentage_of_known" in (await site.get(SECTORS_CSV)).text

    async def test_an_older_release_stays_as_it_was(self, site: Site) -> None:
        first = content(1)
        table = first.table("received", "sector", "2026")
        assert table is not None
        old, new = table.count("police", "2026-Q2") or 0, 777
        rows = tuple(replace(row, counts=(new,) * len(row.counts)) for row in table.rows)
        second = replace(
            first, number=2, tables=(replace(table, rows=rows),),
            changes=(Change("received/sector/2026", "police", "2026-Q2", old, new),),
        )  # fmt: skip
        for each in (first, second):
            await publish(site.running.runtime, each)
        words = await site.text(SECTORS)
        assert "777 777 [r] 777" in words
        assert f"Police {table.count('police', '2026-Q1')} {old} " in await site.text(SECTORS + "&release=1")
        assert f"July to September 2026 {old} 777" in await site.text(f"/releases/{AREA}/2")

    async def test_another_area_is_not_there(self, site: Site) -> None:
        await publish(site.running.runtime, content(area="northmere"))
        for path in (
            "/?area=northmere", "/figures/northmere", "/releases/northmere/1", "/releases/northmere/1/tables.csv",
            "/releases/northmere/1/table.csv", "/releases/northmere/1/chart.svg", "/figures/nowhere",
        ):  # fmt: skip
            assert (await site.get(path)).status_code == 404, path

    @pytest.mark.parametrize("number", ["9", "x", "-1", "9999999", "%F0%9D%9F%98"])
    async def test_a_release_that_is_not_there_is_said_so(self, site: Site, number: str) -> None:
        await publish(site.running.runtime, content())
        for path in (f"/releases/{AREA}/{number}", f"/figures/{AREA}?release={number}"):
            assert (await site.get(path)).status_code == 404, path

    async def test_only_readers_of_figures_get_in(self, site: Site) -> None:
        await publish(site.running.runtime, content())
        await site.become(GATEWAY)
        for path in ("/", SECTORS, SECTORS_CSV, "/national", f"/releases/{AREA}/1/chart.svg"):
            assert (await site.get(path)).status_code == 403, path
        site.running.client.cookies.clear()
        assert (await site.get(SECTORS)).headers["location"].startswith("/sign-in")


class TestRelease:
    async def test_says_who_signed_it_and_leads_to_its_tables(self, site: Site) -> None:
        digest = await publish(site.running.runtime, content())
        answer = await site.get(f"/releases/{AREA}/1")
        assert "Arno Analyst, 4 May 2027" in _words(answer.text)
        assert digest in answer.text
        links = re.findall(r'href="(/figures/[^"]+)"', answer.text)
        assert len(links) == len(content().tables)
        assert (await site.get(links[5].replace("&amp;", "&"))).status_code == 200

    async def test_its_file_holds_exactly_what_was_frozen(self, site: Site) -> None:
        made = content()
        await publish(site.running.runtime, made)
        lines = _lines(await site.get(f"/releases/{AREA}/1/tables.csv"))
        frozen = [count for table in made.tables for row in table.rows for count in row.counts]
        assert [line["value"] for line in lines] == ["" if each is None else str(each) for each in frozen]
        assert [line["marker"] for line in lines] == ["[c]" if each is None else "" for each in frozen]

    async def test_the_definitions_say_every_measure_and_marker(self, site: Site) -> None:
        await publish(site.running.runtime, content())
        text = (await site.get(f"/releases/{AREA}/1/definitions.csv")).text
        assert "Referrals received. A referral counts once" in text
        assert "[c]" in text
        assert "Counts below 5 are hidden" in text

    async def test_what_a_correction_could_not_say_is_said(self, site: Site) -> None:
        made = replace(content(), not_restated=("received/gender/2026",), left_out=("left-died/gender/2026",))
        await publish(site.running.runtime, made)
        words = await site.text(f"/releases/{AREA}/1")
        assert "Not stated again" in words
        assert "Referrals received, by gender, 2026" in words
        assert "Closed: the person died, by gender, 2026" in words


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
        lines = _lines(await site.get(f"/releases/{AREA}/1/timeliness.csv"))
        hidden = [line for line in lines if line["period"] == "2026-Q2"]
        assert {(line["value"], line["marker"]) for line in hidden} == {("", "[c]")}
        assert len(hidden) == 4 * 3

    async def test_the_medians_of_the_board_are_those_of_the_release(self, site: Site) -> None:
        await publish(site.running.runtime, content())
        assert "Days from receipt to the Gateway’s decision 8 days" in await site.text("/?period=2026-Q2")


class TestFile:
    async def test_the_file_of_a_trend_holds_what_its_table_holds(self, site: Site) -> None:
        made = content()
        await publish(site.running.runtime, made)
        lines = _lines(await site.get(f"/releases/{AREA}/1/trend.csv?trend=gateway"))
        table = made.table("received", "", "2026")
        assert table is not None
        received = [line["value"] for line in lines if line["measure"] == "Referrals received"]
        assert received == [str(table.total(f"2026-Q{each}")) for each in (1, 2, 3, 4)]
