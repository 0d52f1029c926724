"""What every mail door hands a mail to: it is kept and announced, or set aside where it may be no referral."""

from dataclasses import replace
from functools import partial

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.errors import ThroughlineError
from chassis.patience import in_time
from chassis.runtime import Runtime
from chassis.settling import settled
from services.intake.domain import NoReferral, Original, Posted, Receipt
from services.intake.doors.arriving import Arrived, looked_at
from services.intake.doors.reading_room import ReadingRoom
from services.intake.operations import set_aside
from services.intake.queries import AddedTo, referral_added_to
from services.intake.spool import MAIL_PATIENCE_SECONDS, accept, shelter_of

PUBLIC = Actor.public()
LOOK_SECONDS = 5.0
"""So long the database is asked whether a mail adds to a referral."""


class Letterbox:
    """Keeps mail and rings for the reading room."""

    def __init__(self, runtime: Runtime, room: ReadingRoom) -> None:
        """Keep mail in the runtime's database."""
        self._runtime = runtime
        self._room = room

    async def take(self, body: bytes, posted: Posted) -> str:
        """Return the reference of a mail once it is safe, "" where it was set aside; raises what `accept` does."""
        original = await self._perhaps_added(looked_at(self._runtime, body, posted))
        with telemetry.span("smtp DATA", kind="server", new_trace=True):
            now, keep = clock.now(), partial(self._set_aside, original) if original.perhaps else None
            receipt = await accept(self._runtime, original, now=now, patience=MAIL_PATIENCE_SECONDS, keep=keep)
        self._room.ring()
        return "" if original.perhaps else receipt.reference

    async def _perhaps_added(self, mail: Arrived) -> Original:
        """Return a mail marked as an addition where it names a referral of ours and comes from its referrer.

        While the database is away nobody can say: then it is a referral like every other mail.
        """
        original, shelter = mail.original, shelter_of(self._runtime)
        if not mail.named or original.perhaps or mail.sent.no_receipt or (shelter and shelter.away):
            return original
        try:
            found = await in_time(lambda: self._named(mail), LOOK_SECONDS)
        except ThroughlineError:
            return original
        return replace(original, perhaps=NoReferral.ADDITION) if found else original

    async def _named(self, mail: Arrived) -> AddedTo | None:
        async with self._runtime.database.transaction(PUBLIC) as session:
            return await referral_added_to(session, mail.named, mail.sender, mail.original.practice.area)

    async def _set_aside(self, original: Original) -> Receipt:
        now = clock.now()
        await settled(self._runtime.database, PUBLIC, partial(set_aside, original=original, now=now))
        return Receipt("", now)
