"""The board's pages: signed releases only, chosen among what is published, hidden on the page and in every file."""

import re
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from areas import Area, Areas
from chassis import clock
from chassis.actor import Actor
from chassis.broker import Message
from contracts.intake.statistics import ReferralCounted
from contracts.vocabulary import AgeBand, Door, Gender, Sector
from services.stats.domain.tables import Change
from services.stats.handlers import handlers
from services.stats.readers import national
from tests.conftest import RunningOf
from tests.stats.published_made import AREA, content, hiding, publish
from tests.stats.reading import GATEWAY, SECTORS, SECTORS_CSV, Site, lines_of, opened, words_of


@pytest.fixture
async def site(running_of: RunningOf) -> Site:
    """Return statistics running, with a board member signed in."""
    return await opened(running_of)


def let_percentages_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every area's file say that figures may be shown in per cent."""
    current = Areas.current

    def permissive(areas: Areas, area: str, day: date) -> Area:
        found = current(areas, area, day)
        return found.model_copy(update={"statistics": found.statistics.model_copy(update={"percentages": True})})

    monkeypatch.setattr(Areas, "current", permissive)


class TestBoard:
    async def test_says_so_while_nothing_is_published(self, site: Site) -> None:
        answer = await site.get("/")
        assert answer.status_code == 200
        assert "Nothing is published for Kent and Medway yet" in words_of(answer.text)

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
        assert re.search(r"8,778 \( Home Office : Individuals[^)]*, as others reported it", words)

    async def test_each_year_is_labelled_with_the_release_that_its_figures_are_of(self, site: Site) -> None:
        for each in (content(1, "2025"), content(2, "2026", 7), replace(content(3, "2025"), made_on=date(2026, 12, 1))):
            await publish(site.running.runtime, each)
        words = await site.text("/?period=2026-Q1")
        assert "as release 2 of 4 May 2027 published them, and those of a year before as release 3 of" in words
        for address, said in (("2026", "As release 2 of"), ("2025", "As release 3 of")):
            assert said in await site.text(f"/figures/{AREA}?measure=received&by=sector&grain=quarter&year={address}")
        lines = lines_of(await site.get(f"/releases/{AREA}/3/table.csv?measure=received&grain=year"))
        assert [(line["period"], line["release"]) for line in lines] == [("2025", "3")]
        trend = lines_of(await site.get(f"/releases/{AREA}/3/trend.csv?trend=gateway"))
        assert {(line["period"][:4], line["release"]) for line in trend} == {("2025", "3"), ("2026", "2")}

    async def test_the_nations_figures_are_linked_with_their_sources_and_reported_ones_say_so(self, site: Site) -> None:
        page = (await site.get("/national")).text
        for source in national().sources():
            assert page.count(f'href="{source.address}"') >= 2, source.id
        rows = re.findall(r'<tr class="govuk-table__row"><th scope="row".*?</tr>', page, re.DOTALL)
        newest, older = (next(row for row in rows if f">{year}<" in row) for year in ("2024 to 2025", "2022 to 2023"))
        assert "as others reported it" in newest
        assert "as others reported it" not in older

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
        assert " referrals with something owed that ended " in words
        assert " cases with a review held " in words

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

    async def test_says_so_where_every_figure_is_hidden(self, site: Site) -> None:
        await publish(site.running.runtime, replace(content(), tables=(), timings=(), left_out=("received/2026",)))
        why = "too few stand behind a figure, or it could be worked out from others."
        assert f"Nothing of what is released for Kent and Medway so far can be shown: {why}" in await site.text("/")
        assert f"Nothing of these tables can be shown: {why}" in await site.text(f"/releases/{AREA}/1")
        assert "Make the pack for January to March 2027" in await site.text("/packs")
        assert "No whole financial year" not in await site.text(f"/institutions/{AREA}")
        assert (await site.get(SECTORS)).status_code == 404
        for path in (f"/timeliness/{AREA}", f"/institutions/{AREA}", f"/releases/{AREA}/1"):
            assert (await site.get(path)).status_code == 200, path
        for path in ("chart.svg", "table.csv", "chart.svg?trend=gateway", "trend.csv?trend=gateway"):
            assert (await site.get(f"/releases/{AREA}/1/{path}")).status_code in (200, 404), path

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
    async def test_a_split_has_the_year_before_where_both_are_shown(self, site: Site) -> None:
        before = hiding(content(1, "2025"), "received/sector/2025", "police", "2025-Q1")
        newest = content(2, "2026", 6)
        for each in (before, newest):
            await publish(site.running.runtime, each)
        then, now = before.table("received", "sector", "2025"), newest.table("received", "sector", "2026")
        assert then is not None
        assert now is not None
        first, second = (now.count("police", period) for period in ("2026-Q1", "2026-Q2"))
        shown = await site.text(f"/figures/{AREA}?measure=received&by=sector&grain=quarter&year=2026")
        assert f"Police {first} {second} a year before {then.count('police', '2025-Q2')}" in shown
        assert f"a year before {then.count('health', '2025-Q1')}" in shown

    @pytest.mark.parametrize(
        ("asked", "said"),
        [("years=lunar", "no such kind of year"), ("grain=week", "no such periods"), ("year=1066", "for that year")],
    )
    async def test_an_odd_choice_is_said_beside_its_field_and_gives_no_file(
        self, site: Site, asked: str, said: str
    ) -> None:
        await publish(site.running.runtime, content())
        assert said in await site.text(f"/figures/{AREA}?measure=received&{asked}")
        answer = await site.get(f"/releases/{AREA}/1/table.csv?measure=received&{asked}")
        assert answer.status_code == 404
        assert "choose from the lists" in answer.text

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
        page = words_of((await site.get(SECTORS)).text)
        assert f"Police {table.count('police', '2026-Q1')} [c]" in page
        line = next(
            each
            for each in lines_of(await site.get(SECTORS_CSV))
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
        assert sentence in words_of(answer.text)
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
        lines = {line["category"]: line for line in lines_of(await site.get(path)) if line["period"] == "CY2026"}
        assert lines["Police"]["value"] == str(sum(each or 0 for each in quarters))
        assert {line["period_name"] for line in lines.values()} == {"2026"}

    async def test_a_calendar_year_with_a_hidden_quarter_is_hidden(self, site: Site) -> None:
        await publish(site.running.runtime, hiding(content(1, "2025"), "received/sector/2025", "police", "2025-Q4"))
        await publish(site.running.runtime, content(2, "2026"))
        path = f"/releases/{AREA}/2/table.csv?measure=received&by=sector&grain=year&years=calendar"
        lines = {line["category"]: line for line in lines_of(await site.get(path)) if line["period"] == "CY2026"}
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
        marked = [
            each for each in lines_of(await site.get(f"/releases/{AREA}/2/tables.csv")) if each["marker"] == "[r]"
        ]
        assert [(each["category"], each["period"], each["value"]) for each in marked] == [("Police", "2026-Q2", "777")]

    async def test_what_a_correction_changed_says_so_on_every_page(self, site: Site) -> None:
        made = content()
        total = made.table("received", "", "2026").total("2026-Q4")  # type: ignore[union-attr]
        changes = (
            Change("received/2026", "all", "2026-Q4", 3, total),
            Change("timeliness/decided/2026", "median", "2026-Q4", 12, 8),
        )
        await publish(site.running.runtime, replace(made, changes=changes))
        board = await site.text("/")
        assert f"Referrals received {total} [r] A year before" in board
        assert "Gateway’s decision 8 [r] days" in board
        assert f"Jan to Mar 2027 {total} [r] " in board
        times = await site.text(f"/timeliness/{AREA}")
        assert times.count("January to March 2027 20 8 [r] 30") == 1
        listed = await site.text(f"/releases/{AREA}/1")
        assert "From receipt to the Gateway’s decision, 2026 Median, days January to March 2027 12 8" in listed
        assert "it changed by too little, is small now, or protects another" in listed

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
        assert "Arno Analyst, 4 May 2027" in words_of(answer.text)
        assert digest in answer.text
        links = re.findall(r'href="(/figures/[^"]+)"', answer.text)
        assert len(links) == len(content().tables)
        assert (await site.get(links[5].replace("&amp;", "&"))).status_code == 200

    async def test_its_file_holds_exactly_what_was_frozen(self, site: Site) -> None:
        made = content()
        await publish(site.running.runtime, made)
        lines = lines_of(await site.get(f"/releases/{AREA}/1/tables.csv"))
        frozen = [count for table in made.tables for row in table.rows for count in row.counts]
        assert [line["value"] for line in lines] == ["" if each is None else str(each) for each in frozen]
        assert [line["marker"] for line in lines] == ["[c]" if each is None else "" for each in frozen]

    async def test_the_definitions_say_every_measure_and_marker(self, site: Site) -> None:
        await publish(site.running.runtime, content())
        text = (await site.get(f"/releases/{AREA}/1/definitions.csv")).text
        assert "Referrals received. A referral counts once" in text
        assert "[c]" in text
        assert "Counts below 5 are hidden" in text

    async def test_what_is_left_out_and_what_the_audit_kept_back_are_told_apart(self, site: Site) -> None:
        names = ("received/gender/2026", "left-died/gender/2026")
        await publish(site.running.runtime, replace(content(), left_out=names, kept_back=names[:1]))
        words = await site.text(f"/releases/{AREA}/1")
        left, kept = words.split("Kept back by the audit")
        assert "Closed: the person died, by gender, 2026" in left
        assert "Referrals received, by gender, 2026" in kept
        assert "Referrals received, by gender, 2026" not in left
