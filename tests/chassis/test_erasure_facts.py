"""An erasure takes the facts of its subject's moments, and finds them without reading all that was ever announced."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis import outbox, tables
from chassis.actor import Actor
from chassis.outbox import About
from tests.chassis.journey import AREA, VERSION, announce, count, fact, made, publisher
from tests.conftest import RuntimeOf


async def test_goes_with_the_moment_under_whichever_key_and_no_other_does(runtime_of: RuntimeOf) -> None:
    intake, subject, key = await runtime_of(publisher()), uuid4(), uuid4()
    about = About(subject, AREA, VERSION, correlation_id=subject)
    async with intake.database.transaction(Actor.service("intake")) as session:
        nobody_knows = About(uuid4(), AREA, VERSION)
        await outbox.add_all(session, [(made(), about), (fact(), nobody_knows)])
    async with intake.database.transaction(Actor.service("intake")) as session:
        await outbox.add(session, fact(2), about=About(key, AREA, VERSION))
    others = About(uuid4(), AREA, VERSION)
    async with intake.database.transaction(Actor.service("intake")) as session:
        await outbox.add(session, fact(3), about=others)
    other = uuid4()
    await announce(intake, other, 1)
    async with intake.database.transaction(Actor.service("intake")) as session:
        await outbox.cut_statistics(session, [key], beside=subject)
    for table in ("outbox", "dispatch"):
        left = f"SELECT count(DISTINCT subject) FROM {table}"
        assert await count(intake, left) == 3
        assert await count(intake, f"{left} WHERE subject IN ('{subject}', '{others.subject}', '{other}')") == 3


def _multiplied(table: str) -> str:
    """Return what writes each row 1,000 times more, of other moments: for an empty table any plan is good."""
    other = {"id": "", "event_id": "gen_random_uuid()", "subject": "gen_random_uuid()"}
    other["recorded_at"] = "recorded_at - nth * interval '1 second'"
    columns = {each.name: other.get(each.name, each.name) for each in tables.metadata.tables[table].columns}
    kept = {name: value for name, value in columns.items() if value}
    return (
        f"INSERT INTO {table} ({', '.join(kept)}) SELECT {', '.join(kept.values())} "
        f"FROM {table}, generate_series(1, 1000) AS nth"
    )


@pytest.mark.parametrize("table", ["outbox", "dispatch"])
async def test_are_found_by_their_moment_in_an_index_of_facts_alone(runtime_of: RuntimeOf, table: str) -> None:
    intake = await runtime_of(publisher())
    await announce(intake, uuid4(), 1)
    async with intake.database.transaction(Actor.service("intake")) as session:
        await outbox.add(session, fact(), about=About(uuid4(), AREA, VERSION))
        await session.execute(text(_multiplied(table)))
    async with intake.database.transaction(Actor.service("intake")) as session:
        for kind in ("seqscan", "hashjoin", "mergejoin"):
            await session.execute(text(f"SET LOCAL enable_{kind} = off"))
        plan = await session.rows(text(f"EXPLAIN {outbox.BESIDE[table].text}"), {"subject": uuid4()})
    lines = [row[0] for row in plan]
    assert any(f"{table}_fact_moment" in line for line in lines), lines
    assert any("Index Cond: (recorded_at =" in line for line in lines), lines
    assert not any("Seq Scan" in line for line in lines), lines


def test_are_the_topics_that_the_indexes_name() -> None:
    assert set(re.findall(r"'([^']+)'", tables.FACTS)) == outbox.STATISTICS
