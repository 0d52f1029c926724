"""The partners as this process knows them: read again every few seconds, and kept while the database is away."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import ClassVar
from uuid import UUID

from chassis import telemetry
from chassis.actor import Actor
from chassis.errors import Unavailable
from chassis.patience import listen
from chassis.runtime import Runtime
from contracts.vocabulary import Sector
from services.intake.domain import (
    DEMO_CLIENT_ID,
    DEMO_PARTNER_ID,
    MOST_REQUESTS_PER_MINUTE,
    Partner,
    PartnerScope,
    SecretDigest,
    Terms,
    demo_secret,
)
from services.intake.queries import listed_partners

FRESH_SECONDS = 5.0
STALE_SECONDS = 60.0
PATIENCE_SECONDS = 2.0
"""So long a request waits for a database that does not answer; then it goes by what was known."""


class PartnersNotKnown(Unavailable):
    """The database has not answered since the start, so nobody knows who the partners are."""

    reason: ClassVar[str] = "partners-not-known"


log = telemetry.logger("intake.partners")


class Directory:
    """Finds partners without asking the database for each request."""

    def __init__(self, runtime: Runtime, clock: Callable[[], float] = time.monotonic) -> None:
        """Read the runtime's own table; `clock` gives seconds."""
        self._runtime = runtime
        self._clock = clock
        self._by_id: Mapping[UUID, Partner] | None = None
        self._read_at = self._tried_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._demo: Partner | None = None

    async def by_client_id(self, client_id: str) -> Partner | None:
        """Return the partner that signs in under a client id, None for nobody or a revoked one.

        Raises PartnersNotKnown where the table could not be read even once.
        """
        if client_id == DEMO_CLIENT_ID:
            return await self._bundled()
        known = self._named(await self._partners(), client_id)
        if known is None and self._clock() - self._tried_at > 1:
            known = self._named(await self.again(), client_id)
        if self._by_id is None:
            raise PartnersNotKnown("Who the partners are cannot be looked up at the moment: ask again shortly.")
        return None if known is None or known.revoked else known

    async def still_good(self, held: Partner) -> Partner | None:
        """Return the partner of a token as it is now; None where it was revoked or given another secret.

        Before the table could be read for the first time, what the signed token says must do.
        """
        partners = await self._partners()
        if partners is None:
            return held
        now = partners.get(held.id)
        good = now is not None and not now.revoked and now.generation == held.generation
        return now if good else None

    @staticmethod
    def _named(partners: Mapping[UUID, Partner] | None, client_id: str) -> Partner | None:
        found = (each for each in (partners or {}).values() if each.terms.client_id == client_id)
        return next(found, None)

    async def _partners(self) -> Mapping[UUID, Partner] | None:
        age, since_tried = self._clock() - self._read_at, self._clock() - self._tried_at
        under_way = self._reading is not None and not self._reading.done()
        if age > STALE_SECONDS and ((under_way and since_tried < PATIENCE_SECONDS) or since_tried > FRESH_SECONDS):
            return await self.again()
        if age > FRESH_SECONDS and since_tried > 1:
            self._begin()
        return self._by_id

    async def again(self) -> Mapping[UUID, Partner] | None:
        """Read the table now, as when an operator has just changed it, and return who is known then."""
        await listen({self._begin()}, PATIENCE_SECONDS)
        return self._by_id

    def _begin(self) -> "asyncio.Task[None]":
        """Return the reading that is under way, begun if there is none: however many ask, one reads."""
        if self._reading is None or self._reading.done():
            self._tried_at = self._clock()
            self._reading = asyncio.create_task(self._read(), name="partners")
        return self._reading

    async def _read(self) -> None:
        demo = await self._bundled()
        try:
            async with self._runtime.database.transaction(Actor.service("intake")) as session:
                partners = [each.partner for each in await listed_partners(session)]
        except Unavailable:
            log.warning("The partners could not be read again; those known stay as they were.")
            return
        self._by_id = {each.id: each for each in (*partners, *([demo] if demo else []))}
        self._read_at = self._clock()

    async def _bundled(self) -> Partner | None:
        """Return the partner that every demonstration has and no real installation."""
        if self._runtime.settings.mode != "demo":
            return None
        if self._demo is None:
            secret = demo_secret(self._runtime.secrets.key_encryption_key)
            self._demo = Partner(
                id=DEMO_PARTNER_ID,
                terms=Terms(
                    client_id=DEMO_CLIENT_ID,
                    organisation="Demonstration partner",
                    sector=Sector.OTHER,
                    areas=(),
                    scopes=frozenset(PartnerScope),
                    requests_per_minute=MOST_REQUESTS_PER_MINUTE,
                ),
                secret=await asyncio.to_thread(SecretDigest.of, secret, bytes(16)),
            )
        return self._demo
