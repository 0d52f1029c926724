"""Makes a store large fast: every row of what a system holds is multiplied inside PostgreSQL, as done and put away."""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from bench import multiply_triage
from bench.frame import say
from bench.ledger import superuser

AT_ONCE = 2
SEALED_KEPT = 200
"""Bytes that a multiplied sealed value keeps: no timed page opens one, and a million whole ones would not fit."""

CHECKPOINTS = 200_000
"""Checkpoints that monitor keeps of each service: one each time that something was sealed."""

_COLUMNS = """SELECT attname::text AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = ''
        AND coalesce(pg_get_expr(adbin, adrelid), '') NOT LIKE 'nextval%' ORDER BY attnum"""
_CONSTRAINTS = """SELECT conrelid::regclass::text AS on_table, conname AS name, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE contype IN ('p', 'u', 'f') AND conrelid = ANY ($1::regclass[])
    ORDER BY contype = 'f' DESC, conname"""
_INDEXES = """SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
    WHERE indrelid = ANY ($1::regclass[]) AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"""
# Loading alone goes without safety and with large checkpoints; before anything is timed all of it is as it was.
_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "'16GB'"}
_SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "max_wal_size": "'1GB'"}


@dataclass(frozen=True)
class Place:
    """One database and its tables to multiply; `put` says what a multiplied row holds instead.

    `filled` are statements that give copies what no original has, while indexes are away; `after` follows with them.
    """

    tables: Sequence[str]
    put: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    filled: Sequence[str] = ()
    after: Sequence[str] = ()


# Every tenth referral became a case and was signposted; those of the multiplied ones are closed and answered.
_CASES = """INSERT INTO case_file (subject, area, area_version, reference, statistics_key, opened_at, immediate_danger,
        state, risk_owner, section_36_made, answers, row_version, district, home_force, consent, next_due_at)
    SELECT subject, area, '2026-01', reference, md5(subject::text)::uuid, received_at, false,
        CASE WHEN reference LIKE '%~%' THEN 'taken-back' ELSE 'accepted' END, 'channel', false, 0, 1, district,
        'Kent Police', 'not-asked', '9999-12-31T00:00Z'
    FROM awareness WHERE hashtext(subject::text) % 10 = 0 ON CONFLICT DO NOTHING"""
_DECISIONS = """INSERT INTO police_decision SELECT md5(subject::text)::uuid, subject, area, reference, 'passed-on',
    received_at FROM awareness WHERE reference LIKE '%~%'"""
_CLOCKS = """INSERT INTO clock (subject, name, about, area, started_at, due_at, stopped_at, times_extended, escalations)
    SELECT subject, 'answer', '00000000-0000-0000-0000-000000000000', area, opened_at,
        opened_at + interval '5 days', opened_at, 0, 0 FROM case_file WHERE reference LIKE '%~%'"""
_HISTORY = """INSERT INTO history
        (subject, area, area_version, row_version, command, to_state, risk_owner, by_id, by_name, at)
    SELECT subject, area, area_version, number, command, became, risk_owner, 'somebody', 'Somebody (synthetic)',
        opened_at
    FROM case_file, (VALUES (1, 'open', 'offered'), (2, 'accept', 'accepted'), (3, 'taken-back', 'taken-back'))
    AS step (number, command, became) WHERE reference LIKE '%~%'"""
_PACKS = """INSERT INTO pack (event_id, subject, area, kind, offered_at, sealed_form, sealed_rationale, decided_by,
    risk_owner, document_ids) SELECT md5(subject::text || 'pack')::uuid, subject, area, 'passed-on', opened_at,
    sha256(subject::text::bytea), sha256(subject::text::bytea), 'Somebody (synthetic)', risk_owner, '{}'
    FROM case_file WHERE reference LIKE '%~%'"""
_SIGNPOSTS = """INSERT INTO signpost SELECT md5(subject::text)::uuid, subject, reference, area, area_version,
    'early-help', received_at, NULL, md5(subject::text || 'event')::uuid, NULL, received_at
    FROM concern WHERE hashtext(subject::text) % 10 = 0 AND reference LIKE '%~%'"""
_CHECKPOINTS = """INSERT INTO checkpoint (service, sequence, entry_hash, signature, public_key, signed_at, signed,
        received_at)
    SELECT service, -n, sha256(int4send(n)), sha256(int4send(n)), public_key, signed_at - n * interval '1 minute', true,
        received_at - n * interval '1 minute'
    FROM (SELECT DISTINCT ON (service) * FROM checkpoint ORDER BY service, id) AS first_one,
        generate_series(1, $CHECKPOINTS) AS n"""

# An audit row's place in the chain is given once; those of the multiplied rows lie before the first.
_AUDIT = {"audit_entry": {"sequence": "-(id * 100000 + n)"}}

PLACES: Mapping[str, Place] = {
    "intake": Place(
        ("referral", "referral_version", "ledger_line", "arrival_key", "document", "dispatch", "outbox_position",
         "audit_entry"),
        {"ledger_line": {"acknowledged_at": "coalesce(acknowledged_at, stored_at)"}},
    ),
    "triage": Place(multiply_triage.TABLES, multiply_triage.PUT, tuple(multiply_triage.FILLED.values())),
    "channel": Place(
        ("awareness", "inbox_event", "inbox_position", "audit_entry"),
        {"awareness": {"seen_at": "received_at"}},
        after=(_CASES, _DECISIONS, _CLOCKS, _HISTORY, _PACKS),
    ),
    "notify": Place(
        ("concern", "notice", "attempt", "inbox_event", "inbox_position", "audit_entry"),
        {"concern": {"seen_at": "received_at", "acknowledged_at": "received_at", "acknowledged_version": "version"}},
        after=(_SIGNPOSTS,),
    ),
    "stats": Place(("fact_log", "inbox_event", "inbox_position", "audit_entry")),
    "monitor": Place((), after=(_CHECKPOINTS,)),
    "keys": Place(("key_intake.subject_key", "key_triage.subject_key", "key_channel.subject_key",
                   "key_notify.subject_key")),
}  # fmt: skip


async def multiply(state: Path, times: int) -> None:
    """Give every stored referral of a throwaway system so many more like it, older by days, in every database."""
    admin = await superuser(state, "postgres")
    try:
        await _set(admin, _FAST)
        doors = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(_one(state, name, place, times, doors) for name, place in PLACES.items()))
        await _set(admin, _SAFE)
        await admin.execute("CHECKPOINT", timeout=None)
        # What was written without safety lies with the system still: it would reach the disk while pages are timed.
        await asyncio.to_thread(os.sync)
    finally:
        await admin.close()


async def _set(admin: asyncpg.Connection, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        await admin.execute(f"ALTER SYSTEM SET {name} = {value}")
    await admin.execute("SELECT pg_reload_conf()")


async def _one(state: Path, name: str, place: Place, times: int, doors: asyncio.Semaphore) -> None:
    async with doors:
        began = time.monotonic()
        connection = await superuser(state, f"throughline_{name}")
        try:
            # Neither triggers nor foreign keys look at what is multiplied; the originals satisfied them.
            await connection.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'")
            mends = await _without_indexes(connection, place.tables)
            for table in place.tables:
                await connection.execute(
                    await _statement(connection, table, (_AUDIT | dict(place.put)).get(table, {}), times)
                )
            for statement in (*place.filled, *mends):
                await connection.execute(statement)
            for statement in place.after:
                await connection.execute(statement.replace("$CHECKPOINTS", str(min(CHECKPOINTS, times * 200))))
            await connection.execute("VACUUM (ANALYZE)")
        finally:
            await connection.close()
        say(f"  multiplied {name} in {time.monotonic() - began:.0f} s")


async def _without_indexes(connection: asyncpg.Connection, tables: Sequence[str]) -> list[str]:
    """Take the indexes of tables away, which doubles the speed; return what puts them back, in order."""
    names = list(tables)
    constraints = await connection.fetch(_CONSTRAINTS, names)
    indexes = await connection.fetch(_INDEXES, names)
    for one in constraints:
        await connection.execute(f"ALTER TABLE {one['on_table']} DROP CONSTRAINT {one['name']} CASCADE")
    for one in indexes:
        await connection.execute(f"DROP INDEX {one['name']}")
    return [
        *(
            f"ALTER TABLE {one['on_table']} ADD CONSTRAINT {one['name']} {one['definition']}"
            for one in reversed(constraints)
        ),
        *(one["definition"] for one in indexes),
    ]


async def _statement(connection: asyncpg.Connection, table: str, put: Mapping[str, str], times: int) -> str:
    columns = await connection.fetch(_COLUMNS, table)
    names = ", ".join(row["name"] for row in columns)
    values = ", ".join(put.get(row["name"]) or _value(row["name"], row["type"]) for row in columns)
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series(1, {times}) AS n"  # noqa: S608


def _value(name: str, kind: str) -> str:
    """Return what the n-th copy holds in a column: other ids, an earlier time, the same facts."""
    if kind == "uuid":
        return f"md5({name}::text || n)::uuid"
    if kind == "timestamp with time zone":
        return f"{name} - n * interval '1 day'"
    if kind == "bytea":
        return (
            f"sha256({name} || int4send(n))" if name in {"digest", "likeness"} else f"substr({name}, 1, {SEALED_KEPT})"
        )
    if name == "reference":
        return "reference || '~' || n"
    return name
