"""Signed releases with synthetic figures, for tests of the pages that show them."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from uuid import uuid4

from pydantic import TypeAdapter
from sqlalchemy import insert

from chassis.actor import Actor
from chassis.app import Runtime
from services.stats.domain.measures import ATTRIBUTES, DECIDED, LEFT, MEASURES, TOTAL
from services.stats.domain.periods import Period, Tree
from services.stats.domain.tables import PublishedRow, PublishedTable, ReleaseContent, ReleaseKind, Timing
from services.stats.models import drafting, release, release_ending, release_month

AREA = "kent-and-medway"
THRESHOLD = 5
DISTRICTS = ("Thanet", "Medway", "Maidstone")
_CONTENT = TypeAdapter(ReleaseContent)
Many = Callable[[str, str, str], int]
"""How many of a measure fall into a category in a month."""


def categories(attribute: str) -> tuple[str, ...]:
    """Return the categories of a table, as the counting has them."""
    own = {
        "": (TOTAL,),
        "outcome": tuple(map(str, DECIDED)),
        "closing": tuple(LEFT),
        "punctuality": ("in-time", "late"),
    }
    if attribute in own:
        return own[attribute]
    return (*DISTRICTS, "unknown") if attribute == "district" else tuple(map(str, ATTRIBUTES[attribute].categories))


def plenty(measure: str, category: str, month: str) -> int:
    """Return figures that differ by measure, category and month, and are always the same; some are small."""
    seed = hashlib.sha256(f"{measure} {category} {month}".encode()).digest()
    return seed[0] % 23 + int(month[:4]) - 2020


def table(measure: str, attribute: str, year: str, months: Sequence[str], many: Many = plenty) -> PublishedTable:
    """Return a table in which every count below the threshold is hidden; the parts of all tables add up to totals."""
    split = attribute or MEASURES[measure].attributes[0]
    periods = Tree(tuple(months)).periods
    unknown = "unknown" if attribute == "district" else getattr(ATTRIBUTES.get(attribute), "unknown", "")

    def added(period: Period, wanted: Iterable[str]) -> int:
        return sum(many(measure, each, month) for each in wanted for month in period.months)

    every = categories(split)
    rows = categories(attribute)

    def shown(period: Period, wanted: Iterable[str]) -> int | None:
        count = added(period, wanted)
        return count if count >= THRESHOLD else None

    return PublishedTable(
        measure=measure,
        attribute=attribute,
        year=year,
        periods=tuple(period.id for period in periods),
        rows=tuple(
            PublishedRow(row, tuple(shown(period, (row,) if attribute else every) for period in periods))
            for row in rows
        ),
        totals=tuple(shown(period, every) for period in periods),
        known=tuple(shown(period, [each for each in every if not attribute or each != unknown]) for period in periods),
    )


def content(
    number: int = 1, year: str = "2026", months: int = 12, *, area: str = AREA, many: Many = plenty
) -> ReleaseContent:
    """Return a release of the first months of a financial year, with every table that there may be."""
    there = Period(year).months[:months]
    tables = tuple(
        table(measure.id, attribute, year, there, many)
        for measure in MEASURES.values()
        for attribute in ("", *measure.attributes)
    )
    timings = tuple(
        Timing(name, period.id, 20, 7 + number, 30)
        for name in ("decided", "discussed", "adopted", "left")
        for period in Tree(there).periods
    )
    return ReleaseContent(
        area=area,
        number=number,
        made_on=date(int(year) + 1, 5, 4),
        kind=ReleaseKind.REGULAR,
        months=there,
        as_of=dict.fromkeys(there, number),
        suppress_below=THRESHOLD,
        round_to=1,
        districts=DISTRICTS,
        tables=tables,
        timings=timings,
    )


def hiding(found: ReleaseContent, table_id: str, category: str, period: str) -> ReleaseContent:
    """Return a release in which one more count is hidden."""

    def hidden(one: PublishedTable) -> PublishedTable:
        column = one.periods.index(period)
        rows = tuple(
            replace(row, counts=(*row.counts[:column], None, *row.counts[column + 1 :]))
            if row.category == category
            else row
            for row in one.rows
        )
        return replace(one, rows=rows)

    return replace(found, tables=tuple(hidden(one) if one.id == table_id else one for one in found.tables))


async def publish(runtime: Runtime, found: ReleaseContent, ending: str = "signed") -> str:
    """Keep a release as it is kept when it is signed off, or discarded; return the digest of its text."""
    text = _CONTENT.dump_json(found).decode()
    digest = hashlib.sha256(text.encode()).hexdigest()
    own, of_area = uuid4(), {"area": found.area, "number": found.number}
    async with runtime.database.transaction(Actor.service("stats")) as session:
        drafted = {
            "kind": found.kind.value,
            "months": list(found.months),
            "opened_by": "anna",
            "opened_by_name": "Anna Analyst",
        }
        state = {"opened_on": found.made_on, "step": "", "progress": 100, "state": ending, "words": ""}
        await session.execute(insert(drafting).values(id=uuid4(), **of_area, **drafted, **state))
        frozen = {"kind": found.kind.value, "made_on": found.made_on, "content": text, "digest": digest, "verdict": ""}
        await session.execute(insert(release).values(id=own, **of_area, **frozen))
        months = [
            {"release_id": own, "month": month, "area": found.area, "as_of": found.number} for month in found.months
        ]
        await session.execute(insert(release_month), months)
        signed = {"by_id": "arno", "by_name": "Arno Analyst", "ended_on": found.made_on, "words": "Looked at."}
        await session.execute(insert(release_ending).values(release_id=own, area=found.area, ending=ending, **signed))
    return digest
