"""The quarterly pack put together: its sections in reading order, and the sheets of its files of figures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.stats.domain.board import Trend
from services.stats.domain.charting import Chart, trend_chart
from services.stats.domain.measures import ATTRIBUTES, MEASURES
from services.stats.domain.naming import MARKERS, REVISED, attribute_name, measure_name, period_name
from services.stats.domain.national import SourceStatus
from services.stats.domain.pack import Cell, Pack, PackBlock, PackSection, PackTable
from services.stats.domain.pack_days import DayState, days_table, days_words
from services.stats.domain.pack_tables import (
    NOT_APPLICABLE,
    Told,
    breakdown,
    breakdowns_sheet,
    figures_sheet,
    figures_table,
    nation_table,
    punctuality_table,
    timeliness_table,
    trend_table,
    trends,
    unshown,
)
from services.stats.domain.periods import Period, year_name
from services.stats.domain.shelf import SignedRelease, year_before
from services.stats.domain.timings import least_cases
from services.stats.domain.words import HIDDEN, WHY_NOTHING

PRINTED = ("received", "decided", "discussed", "adopted", "not-adopted", "left")
"""The measures whose breakdowns stand in the document; those of all others are in the spreadsheet and the CSV files."""
SHARES_SHOWN = 3
MAY_BE_MINUTED = "May be copied into the minutes"
NOT_MINUTED = "Not for the minutes"
NOTHING_SHOWN = "Nothing can be shown"
NOTHING_LEFT_OUT: tuple[tuple[Cell, ...], ...] = (("Nothing", "", ""),)
LEGEND = {**MARKERS, NOT_APPLICABLE: "not applicable: there is no such figure"}
DEMONSTRATION = "Demonstration: synthetic data. Nobody counted here exists."


@dataclass(frozen=True)
class PackAsked:
    """What a pack is made of: published figures, what the area is called and lists, and how its days stand.

    `institutions` are ids and names of the area's list; `days` is how each day of the quarter was counted through.
    """

    told: Told
    area_name: str
    institutions: tuple[tuple[str, str], ...] = ()
    days: tuple[DayState, ...] = ()
    demonstration: bool = False


def pack_of(asked: PackAsked) -> Pack:
    """Return the pack: the same figures always give the same one."""
    told = asked.told
    newest = told.shelf.newest
    name = period_name(told.quarter)
    return Pack(
        title=f"Prevent and Channel: quarterly pack, {name}",
        area=told.shelf.area,
        area_name=asked.area_name,
        quarter=told.quarter,
        quarter_name=name,
        release=told.shelf.number,
        dated=max(filter(None, (newest.signed_on, newest.content.made_on))).isoformat(),
        byline=_byline(told),
        notice=DEMONSTRATION if asked.demonstration else "",
        sections=(
            _about(asked), _figures(told), _trends(told), _breakdowns(told), _times(told), _days(asked),
            _minutes(asked), _reading(told), _national(told), _institutions(asked),
        ),
        sheets=tuple(_sheets(asked)),
    )  # fmt: skip


def _signed(told: Told) -> SignedRelease:
    """Return the release that states the quarter."""
    return told.shelf.by_year[told.quarter[:4]]


def _byline(told: Told) -> str:
    signed = _signed(told)
    by = f", signed off by {signed.signed_by}" if signed.signed_by else ""
    on = f" on {_day(signed.signed_on)}" if signed.signed_on else ""
    return f"Release {signed.content.number} of {_day(signed.content.made_on)}{by}{on}"


def _about(asked: PackAsked) -> PackSection:
    told = asked.told
    words = (
        (
            f"This pack tells the board how referrals to Prevent and Channel cases in {asked.area_name} went in "
            f"{period_name(told.quarter)}. It holds frozen figures of signed releases only, counted without names."
        ),
        (
            "The same figures stand in a spreadsheet (ODS) and in CSV files, which were made together with "
            "this document. "
            "What may be copied into the minutes has a section of its own, “For the minutes”."
        ),
    )
    return PackSection("about", "What this pack rests on", (PackBlock(words=words, table=_releases_table(told)),))


def _releases_table(told: Told) -> PackTable:
    headings = ("Financial year", "Release", "Made on", "Signed off", "Digest (SHA-256)")
    rows = tuple(
        (
            year_name(year), signed.content.number, _day(signed.content.made_on),
            f"{signed.signed_by}, {_day(signed.signed_on)}" if signed.signed_on else "by a second person",
            signed.digest,
        )
        for year, signed in sorted(told.shelf.by_year.items(), reverse=True)
        if year <= told.quarter[:4] and year >= year_before(year_before(year_before(told.quarter[:4])))
    )  # fmt: skip
    return PackTable("releases", "The releases behind the figures", headings, rows, numeric=len(headings))


def _figures(told: Told) -> PackSection:
    meanings = tuple(f"{each.title}: {each.meaning}" for each in told.figures)
    return PackSection("figures", "The quarter in a few figures", (
        PackBlock(table=figures_table(told)),
        PackBlock(nation_table(told).title, (told.nation.caution,), table=nation_table(told)),
        PackBlock("What these figures count", meanings),
    ))  # fmt: skip


def _trends(told: Told) -> PackSection:
    blocks = tuple(_trend(each, trend_chart(each)) for each in trends(told))
    return PackSection("trends", "Trends", blocks)


def _breakdowns(told: Told) -> PackSection:
    return PackSection("tables", "Who was referred, and what became of it", tuple(_breakdown_blocks(told)))


def _breakdown_blocks(told: Told) -> Iterator[PackBlock]:
    for measure in PRINTED:
        attributes = [each for each in told.shelf.measures.get(measure, ()) if each]
        tables = [table for table in (breakdown(told, measure, each) for each in attributes) if table]
        none = (f"Nothing of its tables can be shown for this quarter: {WHY_NOTHING}.",) if not tables else ()
        yield PackBlock(measure_name(measure), (MEASURES[measure].meaning, *none))
        yield from (PackBlock(table=table) for table in tables)


def _times(told: Told) -> PackSection:
    least = least_cases(_signed(told).content.suppress_below)
    words = (
        (
            f"Median: half of the cases took so many days or fewer. 90% within: nine in ten did. Both are "
            "given only where "
            f"at least {least} cases stand behind them."
        ),
    )
    return PackSection("times", "Timeliness, obligations and reviews", (
        PackBlock("How long it took", words, table=timeliness_table(told)),
        PackBlock("What was owed, and reviews", (MEASURES["obligations"].meaning, MEASURES["reviews"].meaning),
                  table=punctuality_table(told)),
    ))  # fmt: skip


def _days(asked: PackAsked) -> PackSection:
    block = PackBlock(words=days_words(asked.days), table=days_table(asked.told.quarter, asked.days))
    return PackSection("days", "Whether all that came in reached everybody", (block,))


def _minutes(asked: PackAsked) -> PackSection:
    told = asked.told
    words = (
        (
            f"The board received the figures of Prevent and Channel in {asked.area_name} for "
            f"{period_name(told.quarter)}, "
            f"as {_byline(told)[0].lower()}{_byline(told)[1:]} (digest {_signed(told).digest[:12]})."
        ),
        _sentence(figures_table(told)),
        (
            f"{HIDDEN} stands for a figure that is hidden so that it leads to nobody, and {REVISED} beside one that a "
            "correction changed."
        ),
    )
    block = PackBlock(words=words, table=figures_table(told))
    return PackSection("minutes", "For the minutes", (block,), MAY_BE_MINUTED)


def _sentence(table: PackTable) -> str:
    """Return the first lines of the few figures as a sentence."""
    told = [f"{row[0]}: {_number(row[1])} (a year before {_number(row[2])})" for row in table.rows[:2]]
    return f"{'; '.join(told)}."


def _number(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else cell


def _reading(told: Told) -> PackSection:
    content = _signed(told).content
    rules = (
        (f"Counts below {content.suppress_below} are hidden, nought included, and as many others as it takes that none "
        "of them can be worked out."),
        f"Shown counts are rounded to the nearest {content.round_to}." if content.round_to > 1 else
        "Shown counts are not rounded.",
        "Percentages are of those of whom the answer is known." if told.percentages else
        "This area shows counts and no percentages of its own; those of England and Wales are the Home Office’s.",
        ("The known denominator is the total without those of whom the answer is not known. Police-closed "
         "referrals are "
        "among the referrals received."),
    )  # fmt: skip
    markers = PackTable("markers", "Markers", ("Marker", "Meaning"), tuple(LEGEND.items()), numeric=2)
    return PackSection("reading", "How to read this, and what is left out", (
        PackBlock("Rules", rules, table=markers),
        PackBlock("Definitions", table=_definitions(PRINTED)),
        _left_out_block(told),
    ))  # fmt: skip


def _definitions(measures: Sequence[str]) -> PackTable:
    rows = [(MEASURES[each].title, MEASURES[each].meaning) for each in measures]
    rows += [(each.title, each.meaning) for each in ATTRIBUTES.values()]
    return PackTable("definitions", "Definitions", ("Term", "What it means"), tuple(rows), numeric=2)


def _left_out_block(told: Told) -> PackBlock:
    table = _left_out(told)
    if table.rows == NOTHING_LEFT_OUT:
        return PackBlock("Left out", ("Of every table something is shown for the quarter.", _elsewhere(told)))
    words = f"Nothing of these tables can be shown for the quarter: {WHY_NOTHING}."
    return PackBlock("Left out", (words, _elsewhere(told)), table=table)


def _elsewhere(told: Told) -> str:
    others = [measure_name(each) for each in told.shelf.measures if each not in PRINTED and not MEASURES[each].of]
    apart = f"The tables of {', '.join(others)}, and those" if others else "The tables"
    return (
        f"{apart} of each single decision and way of closing{',' if others else ''} stand in the "
        "spreadsheet and the CSV files only. Institutions stand in the annex of this document only, in "
        "no other file."
    )


def _left_out(told: Told) -> PackTable:
    content = _signed(told).content
    kept_back = set(content.kept_back)
    found: dict[tuple[str, str], str] = {}
    for each in content.left_out:
        measure, _, rest = each.partition("/")
        attribute, _, year = rest.rpartition("/")
        if year == told.quarter[:4]:
            found[measure, attribute] = "Kept back by the audit" if each in kept_back else NOTHING_SHOWN
    found = {**dict.fromkeys(unshown(told), NOTHING_SHOWN), **found}
    by: dict[tuple[str, str], list[str]] = {}
    for (measure, attribute), why in found.items():
        by.setdefault((measure_name(measure), why), []).append(attribute_name(attribute) or "totals")
    rows = tuple((name, ", ".join(attributes), why) for (name, why), attributes in by.items())
    return PackTable("left-out", "Tables left out", ("Measure", "By", "Why"), rows or NOTHING_LEFT_OUT, numeric=3)


def _national(told: Told) -> PackSection:
    nation = told.nation
    rows = tuple(
        (each.title, _day(each.published_on), "the publication itself" if each.status is SourceStatus.PUBLISHED else
         "what others wrote about it", each.address)
        for each in nation.sources()
    )  # fmt: skip
    headings = ("Source", "Published on", "Read in", "Address")
    words = (f"{nation.coverage}: published by the {nation.publisher}; collection {nation.collection}.", nation.caution)
    table = PackTable("sources", "Sources of the national figures", headings, rows, numeric=4)
    return PackSection("national", "National figures and their sources", (PackBlock(words=words, table=table),))


def _trend(trend: Trend, chart: Chart) -> PackBlock:
    if chart.instead:
        return PackBlock(trend.title, (chart.instead,), table=trend_table(trend))
    return PackBlock(trend.title, (), chart, trend_table(trend))


def _institutions(asked: PackAsked) -> PackSection:
    told = asked.told
    title = "Annex: institutions, not for the minutes"
    words = [
        (
            "These percentages are for the board’s eyes: copy them into nothing that is minuted. They stand "
            "here alone, "
            "and not in the spreadsheet and the CSV files."
        ),
        (
            "Each is the share of all referrals received in a whole financial year, told once and not restated. A high "
            "share may mean a large school or a watchful one."
        ),
    ]
    years = [
        year for year in sorted(told.shelf.by_year, reverse=True)
        if year in told.shelf.periods and Period(year).months[-1] <= Period(told.quarter).months[-1]
    ][:SHARES_SHOWN]  # fmt: skip
    if not asked.institutions:
        words.append("The area’s file lists no institutions, so none are counted.")
    elif not years:
        words.append("No whole financial year is published up to this quarter.")
    table = _shares(asked, years) if asked.institutions and years else None
    return PackSection("institutions", title, (PackBlock(words=tuple(words), table=table),), NOT_MINUTED)


def _shares(asked: PackAsked, years: Sequence[str]) -> PackTable:
    by_year = asked.told.shelf.by_year
    shares = {
        (share.institution, year): f"{share.percent}%"
        for year in years for share in by_year[year].content.shares if share.year == year
    }  # fmt: skip
    rows = tuple(
        (name, *(shares.get((each, year), HIDDEN) for year in years)) for each, name in asked.institutions
    )  # fmt: skip
    headings = ("Institution", *(year_name(year) for year in years))
    return PackTable("institutions", "Share of all referrals received", headings, rows)


def _sheets(asked: PackAsked) -> Iterator[PackTable]:
    """Yield the sheets of spreadsheet and CSV: never an institution."""
    told = asked.told
    content = _signed(told).content
    cover: list[tuple[Cell, ...]] = [
        ("Title", f"Prevent and Channel: quarterly pack, {period_name(told.quarter)}"),
        ("Area", asked.area_name),
        ("Release", _byline(told)),
        ("Digest (SHA-256)", _signed(told).digest),
        ("Hidden", f"Counts below {content.suppress_below}, nought included, and as many others as protect them"),
        ("Rounded", f"To the nearest {content.round_to}" if content.round_to > 1 else "No"),
        *((f"Marker {marker}", meaning) for marker, meaning in LEGEND.items()),
    ]
    if asked.demonstration:
        cover.insert(0, ("Notice", DEMONSTRATION))
    yield PackTable("about", "About these figures", ("What", "Says"), tuple(cover), numeric=2)
    yield _releases_table(told)
    yield figures_sheet(told)
    yield nation_table(told)
    yield from map(trend_table, trends(told))
    yield breakdowns_sheet(told)
    yield timeliness_table(told)
    yield punctuality_table(told)
    yield days_table(told.quarter, asked.days)
    yield _left_out(told)
    yield _definitions(tuple(told.shelf.measures))


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""
