"""The sealer: gives committed audit rows their place in the chain and signs how far the chain has come."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ARRAY, BigInteger, LargeBinary, bindparam, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from chassis import telemetry
from chassis.audit.chain import GENESIS, AuditEntry, hash_entry, sign_checkpoint
from chassis.audit.trail import as_entry
from chassis.database import is_world_down
from chassis.tables import audit_checkpoint, audit_entry

BATCH = 500
EVERY_SECONDS = 2.0
LOCK = 0x5EA1_A0D1
"""The advisory lock, in the service's own database, that only one sealer holds."""

log = telemetry.logger(__name__)
_sealed = telemetry.counter("throughline.audit.sealed", "1", "Audit rows given their place in the chain")


class Sealer:
    """The one active sealer of a service; a second one waits until the first one's connection is gone.

    The lock and the work share one connection: whoever loses the lock has lost the transaction too, so two sealers
    never number the same row.
    """

    def __init__(
        self,
        database_url: str,
        service: str,
        signing_key: bytes,
        *,
        batch: int = BATCH,
    ) -> None:
        # No pool: a closed connection is gone at the server and its lock with it, whatever was cancelled.
        self._engine = create_async_engine(
            database_url,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"server_settings": {"application_name": f"{service} sealer"}, "command_timeout": 30},
        )
        self._batch = batch
        self._service = service
        self._key = Ed25519PrivateKey.from_private_bytes(signing_key)

    async def run(self) -> None:
        """Seal every two seconds until cancelled; a lost database is waited for."""
        while True:
            try:
                await self._hold_and_seal()
            except Exception as error:
                # It must never end: rows stay unsealed, and the audit unproven, until it works again.
                if is_world_down(error):
                    log.warning(
                        "The audit sealer waits for its database.", extra={"facts": {"error": type(error).__name__}}
                    )
                else:
                    log.exception("The audit sealer failed and tries again.")
            await asyncio.sleep(EVERY_SECONDS)

    async def seal_once(self) -> int:
        """Seal everything committed so far and return how many rows that was; 0 while another sealer is active."""
        async with self._engine.connect() as connection:
            if not await _take_lock(connection):
                return 0
            try:
                return await self._seal_all(connection)
            finally:
                await _release_lock(connection)

    async def _hold_and_seal(self) -> None:
        async with self._engine.connect() as connection:
            if not await _take_lock(connection):
                return
            try:
                while True:
                    await self._seal_all(connection)
                    await asyncio.sleep(EVERY_SECONDS)
            finally:
                await _release_lock(connection)

    async def _seal_all(self, connection: AsyncConnection) -> int:
        sealed = 0
        while True:
            async with connection.begin():
                count = await self._seal_batch(connection)
            sealed += count
            if count < self._batch:
                return sealed

    async def _seal_batch(self, connection: AsyncConnection) -> int:
        # Only committed rows are visible here: one that commits later is simply numbered later, whatever its id.
        rows = (await connection.execute(_UNSEALED.limit(self._batch))).all()
        if not rows:
            return 0
        sequence, previous = await _head(connection)
        chained = self._chain([as_entry(self._service, row) for row in rows], sequence, previous)
        await connection.execute(_PLACE, _placing(chained))
        await self._sign(connection, chained[-1])
        _sealed.add(len(chained))
        return len(chained)

    def _chain(self, found: Sequence[AuditEntry], sequence: int, previous: bytes) -> list[AuditEntry]:
        chained = []
        for place, entry in enumerate(found, start=sequence + 1):
            placed = replace(entry, sequence=place, previous_hash=previous)
            previous = hash_entry(placed)
            chained.append(replace(placed, entry_hash=previous))
        return chained

    async def _sign(self, connection: AsyncConnection, entry: AuditEntry) -> None:
        checkpoint = sign_checkpoint(self._key, entry, datetime.now(UTC))
        await connection.execute(
            insert(audit_checkpoint).values(
                sequence=checkpoint.sequence,
                entry_hash=checkpoint.entry_hash,
                signed_at=checkpoint.signed_at,
                signature=checkpoint.signature,
            ),
        )


def public_key_of(signing_key: bytes) -> bytes:
    """Return the raw public key of a raw Ed25519 signing key, 32 bytes each."""
    return Ed25519PrivateKey.from_private_bytes(signing_key).public_key().public_bytes_raw()


_UNSEALED = select(audit_entry).where(audit_entry.c.sequence.is_(None)).order_by(audit_entry.c.id)


_PLACE = text(
    "UPDATE audit_entry SET sequence = placed.sequence, previous_hash = placed.previous_hash, "
    "entry_hash = placed.entry_hash "
    "FROM unnest(:ids, :sequences, :previous, :hashes) AS placed (id, sequence, previous_hash, entry_hash) "
    "WHERE audit_entry.id = placed.id",
).bindparams(
    bindparam("ids", type_=ARRAY(BigInteger)),
    bindparam("sequences", type_=ARRAY(BigInteger)),
    bindparam("previous", type_=ARRAY(LargeBinary)),
    bindparam("hashes", type_=ARRAY(LargeBinary)),
)


def _placing(chained: Sequence[AuditEntry]) -> dict[str, list[int] | list[bytes]]:
    return {
        "ids": [entry.id for entry in chained],
        "sequences": [entry.sequence for entry in chained],
        "previous": [entry.previous_hash for entry in chained],
        "hashes": [entry.entry_hash for entry in chained],
    }


async def _head(connection: AsyncConnection) -> tuple[int, bytes]:
    statement = (
        select(audit_entry.c.sequence, audit_entry.c.entry_hash)
        .where(audit_entry.c.sequence.is_not(None))
        .order_by(audit_entry.c.sequence.desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).first()
    return (row.sequence, row.entry_hash) if row else (0, GENESIS)


async def _take_lock(connection: AsyncConnection) -> bool:
    taken = await connection.scalar(select(func.pg_try_advisory_lock(LOCK)))
    await connection.commit()
    return bool(taken)


async def _release_lock(connection: AsyncConnection) -> None:
    with suppress(DBAPIError, OSError):
        await connection.execute(select(func.pg_advisory_unlock(LOCK)))
        await connection.commit()
