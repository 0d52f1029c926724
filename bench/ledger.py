"""What intake's own database says of a running throwaway system, asked beside its pages so that asking costs little."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

import asyncpg

from cli.state import StateFolder
from cli.vault import FILE, SUPERUSER, database_of

POLL_SECONDS = 0.02
PATIENCE = 300.0

# The partial index of the same condition answers it, however many referrals there are.
_OPEN = """SELECT EXISTS (SELECT 1 FROM dispatch
    WHERE stored_at IS NULL AND waived_at IS NULL AND erased_at IS NULL)
    OR EXISTS (SELECT 1 FROM referral WHERE reading IN ('being-read', 'unread') AND reading = 'being-read' LIMIT 1)"""
_UNSTORED = """SELECT count(*) FROM ledger_line
    WHERE stored_at IS NULL AND waived_at IS NULL AND erased_at IS NULL AND required AND announced"""
_STORED = """SELECT referral.reference, max(line.stored_at) FROM referral
    JOIN ledger_line AS line ON line.referral_id = referral.id
    WHERE referral.reference = ANY ($1::text[]) AND line.required AND line.announced
    GROUP BY referral.reference HAVING count(*) = count(line.stored_at)"""


class NotStored(Exception):
    """Some required team did not store what was accepted in time: a benchmark of such a run would say nothing."""


async def superuser(state: Path, database: str) -> asyncpg.Connection:
    """Return a connection to one database of a throwaway system that sees every row."""
    folder = StateFolder(state)
    password = json.loads((folder.secrets / FILE).read_text(encoding="utf-8"))["role_passwords"][SUPERUSER]
    return await asyncpg.connect(host=str(folder.sockets()), user=SUPERUSER, password=password, database=database)


class Ledger:
    """Intake's ledger as it stands."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, state: Path) -> AsyncIterator[Self]:
        """Look at the ledger of a system by its state folder, for the length of the block."""
        connection = await superuser(state, database_of("intake"))
        try:
            yield cls(connection)
        finally:
            await connection.close()

    async def closed(self, patience: float = PATIENCE) -> float:
        """Wait until every team has stored everything that was accepted; return when, on the monotonic clock.

        Raises NotStored when that takes longer than `patience` seconds.
        """
        until = time.monotonic() + patience
        while await self._connection.fetchval(_OPEN):
            if time.monotonic() > until:
                left = await self._connection.fetchval(_UNSTORED)
                raise NotStored(f"{left} required lines of the ledger are open after {patience:.0f} seconds.")
            await asyncio.sleep(POLL_SECONDS)
        seen = time.monotonic()
        if left := await self._connection.fetchval(_UNSTORED):
            raise NotStored(f"{left} required lines of the ledger are open although every event has been answered.")
        return seen

    async def stored_at(self, references: Sequence[str]) -> dict[str, datetime]:
        """Return when the last required team of each referral had stored it; raises NotStored."""
        rows = await self._connection.fetch(_STORED, list(references))
        if len(rows) != len(set(references)):
            raise NotStored(f"{len(set(references)) - len(rows)} of {len(references)} referrals are not stored by all.")
        return {row[0]: row[1] for row in rows}

    async def referrals(self) -> int:
        """Return how many referrals are stored."""
        return int(await self._connection.fetchval("SELECT count(*) FROM referral"))
