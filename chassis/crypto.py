"""Keys and seals: one AES-256 key per subject, wrapped in a database of its own, and one key per topic."""

import hmac
import os
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.errors import Rejected, SubjectErased
from chassis.ids import rising_id
from chassis.settings import TopicKey

KEY = 32
NONCE = 12
VERSION = b"\x01"
TOGETHER = b"\x02"
"""The first byte of a value that is sealed under the keys of several subjects."""
CACHED_KEYS = 20_000
STOCK = 32
"""So many keys are made at once for subjects that have no id yet."""


class SealBroken(Rejected):
    """A sealed value does not open under the key and the facts that it is bound to."""

    reason = "seal-broken"


class TopicKeyUnknown(Rejected):
    """A message is sealed under a key that this service does not hold."""

    reason = "topic-key-unknown"


def seal(cipher: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    """Return version byte, 12-byte nonce and AES-GCM ciphertext, authenticated with `bound_to`."""
    nonce = os.urandom(NONCE)
    return VERSION + nonce + cipher.encrypt(nonce, plain, bound_to)


def unseal(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    """Open what `seal` made; raises SealBroken."""
    try:
        return cipher.decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], bound_to)
    except (InvalidTag, ValueError):
        message = "A sealed value does not open: it was changed, or sealed for another subject."
        raise SealBroken(message) from None


def together(sealed: bytes) -> tuple[tuple[UUID, ...], bytes]:
    """Return for whom a value was sealed together, the innermost first, and its layers; nobody where for one alone."""
    if sealed[:1] != TOGETHER:
        return (), sealed
    number = int.from_bytes(sealed[1:3], "big")
    ends = 3 + 16 * number
    if len(sealed) < ends:
        return (), sealed
    return tuple(UUID(bytes=sealed[at : at + 16]) for at in range(3, ends, 16)), sealed[ends:]


class TopicKeys:
    """The topic keys that this service holds; the first of each topic seals, all of them open."""

    def __init__(self, keys: Mapping[str, Sequence[TopicKey]]) -> None:
        self._current = {topic: held[0].id for topic, held in keys.items() if held}
        self._ciphers = {(topic, key.id): AESGCM(key.key) for topic, held in keys.items() for key in held}

    def seal(self, topic: str, plain: bytes, bound_to: bytes) -> tuple[str, bytes]:
        """Return (key id, sealed) under the topic's current key; raises TopicKeyUnknown."""
        key_id = self._current.get(topic, "")
        return key_id, seal(self._cipher(topic, key_id), plain, bound_to)

    def unseal(self, topic: str, key_id: str, sealed: bytes, bound_to: bytes) -> bytes:
        """Open a message's blob; raises TopicKeyUnknown or SealBroken."""
        return unseal(self._cipher(topic, key_id), sealed, bound_to)

    def _cipher(self, topic: str, key_id: str) -> AESGCM:
        cipher = self._ciphers.get((topic, key_id))
        if cipher is None:
            message = f"This service holds no key {key_id or '(none)'} for the topic {topic}; provision it."
            raise TopicKeyUnknown(message)
        return cipher


class SubjectKeys:
    """One service's key store: wrapped subject keys in the key database, opened ones in a bounded cache."""

    def __init__(self, url: str, service: str, key_encryption_key: bytes) -> None:
        self._url = url
        self._table = f"{schema_of(service)}.subject_key"
        self._erased_table = f"{schema_of(service)}.erased_subject"
        self._wrapper = AESGCM(key_encryption_key)
        self._searching = hmac.digest(key_encryption_key, b"search keys", "sha256")
        # The keys themselves: a cipher is made in less than a microsecond, and kept it takes ten times as much memory.
        self._cache: OrderedDict[UUID, bytes] = OrderedDict()
        self._stock: list[UUID] = []
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def start(self) -> None:
        """Open the connection pool, unless it is open."""
        if self._pool is not None:
            return
        self._pool = await asyncpg.create_pool(
            plain_url(self._url), min_size=1, max_size=4, command_timeout=10, reset=_leave_as_it_is
        )

    async def stop(self) -> None:
        """Close the connection pool and forget every key."""
        self._cache.clear()
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def check(self) -> None:
        """Ask the key database for an answer; raises what asyncpg raises."""
        await self._connected().fetchval("SELECT 1")

    def _connected(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._pool is None:
            message = "SubjectKeys.start() has not been called."
            raise RuntimeError(message)
        return self._pool

    async def ensure(self, subjects: Iterable[UUID]) -> frozenset[UUID]:
        """Make sure that each subject has a key, creating what is new in one statement; return those erased."""
        wanted = [subject for subject in set(subjects) if subject not in self._cache]
        if not wanted:
            return frozenset()
        drawn = os.urandom(KEY * len(wanted))
        fresh = {subject: drawn[KEY * nth : KEY * (nth + 1)] for nth, subject in enumerate(wanted)}
        wrapped = [seal(self._wrapper, key, subject.bytes) for subject, key in fresh.items()]
        rows = await self._connected().fetch(
            f"""WITH wanted AS (SELECT * FROM unnest($1::uuid[], $2::bytea[]) AS w(subject, wrapped)),
                alive AS (SELECT w.* FROM wanted w WHERE NOT EXISTS
                          (SELECT 1 FROM {self._erased_table} e WHERE e.subject = w.subject)),
                made AS (INSERT INTO {self._table} (subject, wrapped) SELECT subject, wrapped FROM alive
                         ORDER BY subject ON CONFLICT DO NOTHING RETURNING subject)
                SELECT subject, NULL AS wrapped FROM made UNION ALL
                SELECT k.subject, k.wrapped FROM {self._table} k JOIN alive USING (subject)""",  # noqa: S608
            list(fresh),
            wrapped,
        )
        for subject, found in rows:
            # Where the row was made just now, its key is the one that was sent.
            self._remember(subject, fresh[subject] if found is None else self._unwrapped(subject, found))
        missing = [subject for subject in wanted if subject not in self._cache]
        return await self._recheck(missing) if missing else frozenset()

    async def new_subject(self) -> UUID:
        """Return the id of a subject that nobody knows yet, whose key is made.

        Keys are made in stock, because each would cost a transaction; those left over at a stop are never used. The ids
        are given out as they rise.
        """
        if not self._stock:
            made = sorted((rising_id() for _ in range(STOCK)), reverse=True)
            await self.ensure(made)
            self._stock += made
        return self._stock.pop()

    async def _recheck(self, subjects: Sequence[UUID]) -> frozenset[UUID]:
        """Read again what another transaction created meanwhile; what is still absent is erased."""
        await self._load(subjects)
        return frozenset(subject for subject in subjects if subject not in self._cache)

    async def _load(self, subjects: Sequence[UUID]) -> None:
        rows = await self._connected().fetch(
            f"SELECT subject, wrapped FROM {self._table} WHERE subject = ANY($1::uuid[])",  # noqa: S608
            list(subjects),
        )
        for subject, found in rows:
            self._remember(subject, self._unwrapped(subject, found))

    def _unwrapped(self, subject: UUID, wrapped: bytes) -> bytes:
        return unseal(self._wrapper, wrapped, subject.bytes)

    def _remember(self, subject: UUID, key: bytes) -> None:
        self._cache[subject] = key
        while len(self._cache) > CACHED_KEYS:
            self._cache.popitem(last=False)

    async def open(self, subjects: Iterable[UUID]) -> None:
        """Read the keys of several subjects at once, before something of each is opened."""
        if wanted := [subject for subject in set(subjects) if subject not in self._cache]:
            await self._load(wanted)

    async def knows(self, subject: UUID) -> bool:
        """Say whether there is a key of this subject."""
        await self._load((subject,))
        return subject in self._cache

    def keyed(self, text: str) -> int:
        """Return the keyed hash (signed 64 bit) by which something is found again without being kept as it is."""
        return int.from_bytes(hmac.digest(self._searching, text.encode(), "sha256")[:8], "big", signed=True)

    async def seal(self, subject: UUID, plain: bytes) -> bytes:
        """Seal a value under the subject's key, creating the key if there is none; raises SubjectErased."""
        if subject not in self._cache:
            await self.ensure((subject,))
        return seal(self._cipher(subject), plain, subject.bytes)

    async def seal_together(self, subjects: Iterable[UUID], plain: bytes) -> bytes:
        """Seal a value that speaks of several subjects under the keys of all of them; raises SubjectErased.

        The layers lie in each other, so deleting any one of the keys makes the value unreadable for good.
        """
        named = sorted(set(subjects))
        sealed = plain
        for subject in named:
            sealed = await self.seal(subject, sealed)
        return b"".join((TOGETHER, len(named).to_bytes(2, "big"), *(subject.bytes for subject in named), sealed))

    async def unseal(self, subject: UUID, sealed: bytes) -> bytes:
        """Open a value sealed for the subject, alone or together with others; raises SubjectErased or SealBroken."""
        if sealed[:1] == TOGETHER:
            return await self._unseal_together(subject, sealed)
        if subject not in self._cache:
            await self._load((subject,))
        return unseal(self._cipher(subject), sealed, subject.bytes)

    async def _unseal_together(self, subject: UUID, sealed: bytes) -> bytes:
        named, layers = together(sealed)
        if subject not in named:
            message = "A value that is sealed for several subjects was asked for under another one."
            raise SealBroken(message)
        for each in reversed(named):
            layers = await self.unseal(each, layers)
        return layers

    def _cipher(self, subject: UUID) -> AESGCM:
        key = self._cache.get(subject)
        if key is None:
            message = "This person's record has been erased; nothing of it can be read or written again."
            raise SubjectErased(message)
        return AESGCM(key)

    async def erase(self, subject: UUID) -> None:
        """Delete the subject's key for good and enter it in the erasure register beside the keys."""
        async with self._connected().acquire() as connection, connection.transaction():
            await connection.execute(f"DELETE FROM {self._table} WHERE subject = $1", subject)  # noqa: S608
            await connection.execute(
                f"INSERT INTO {self._erased_table} (subject) VALUES ($1) ON CONFLICT DO NOTHING",  # noqa: S608
                subject,
            )
        self._cache.pop(subject, None)

    async def erasure_register(self) -> frozenset[UUID]:
        """Return every subject that has ever been erased here."""
        rows = await self._connected().fetch(f"SELECT subject FROM {self._erased_table}")  # noqa: S608
        return frozenset(row["subject"] for row in rows)

    async def mark(self, epoch: int, last_outbox_id: int) -> None:
        """Note beside the keys how far the outbox has got, so that a restored service database is recognised."""
        await self._connected().execute(
            f"""UPDATE {self._erased_table.split(".")[0]}.publisher_mark
                SET epoch = greatest(epoch, $1), last_outbox_id = CASE WHEN $1 > epoch THEN $2
                    ELSE greatest(last_outbox_id, $2) END""",  # noqa: S608
            epoch,
            last_outbox_id,
        )

    async def marked(self) -> tuple[int, int]:
        """Return (epoch, last outbox id) as noted by `mark`."""
        row = await self._connected().fetchrow(
            f"SELECT epoch, last_outbox_id FROM {self._erased_table.split('.')[0]}.publisher_mark"  # noqa: S608
        )
        return (row["epoch"], row["last_outbox_id"]) if row else (1, 0)


async def _leave_as_it_is(_: object) -> None:
    """Reset nothing when a connection comes back: nothing here sets anything that outlives its statement."""


def schema_of(service: str) -> str:
    """Return the schema of one service's keys."""
    return f"key_{service}"


def plain_url(url: str) -> str:
    """Return an SQLAlchemy URL as asyncpg itself takes it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def prepare(owner_url: str, services: Sequence[str]) -> None:
    """Create each service's key schema in the key database and grant it to that service's role alone."""
    connection = await asyncpg.connect(plain_url(owner_url))
    try:
        for service in services:
            schema = schema_of(service)
            await connection.execute(
                f"""CREATE SCHEMA IF NOT EXISTS {schema};
                    CREATE TABLE IF NOT EXISTS {schema}.subject_key (
                        subject uuid PRIMARY KEY, wrapped bytea NOT NULL);
                    CREATE TABLE IF NOT EXISTS {schema}.erased_subject (subject uuid PRIMARY KEY);
                    CREATE TABLE IF NOT EXISTS {schema}.publisher_mark (
                        epoch int NOT NULL, last_outbox_id bigint NOT NULL);
                    INSERT INTO {schema}.publisher_mark SELECT 1, 0
                        WHERE NOT EXISTS (SELECT 1 FROM {schema}.publisher_mark);
                    GRANT USAGE ON SCHEMA {schema} TO {service};
                    GRANT SELECT, INSERT, DELETE ON {schema}.subject_key TO {service};
                    GRANT SELECT, INSERT ON {schema}.erased_subject TO {service};
                    GRANT SELECT, UPDATE ON {schema}.publisher_mark TO {service};"""  # noqa: S608  names of our own
            )
    finally:
        await connection.close()
