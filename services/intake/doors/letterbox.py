"""What every mail door hands a mail to: it is kept and announced, or set aside where it may be no referral."""

from dataclasses import replace

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.database import Session
from chassis.errors import ThroughlineError
from chassis.runtime import Runtime
from chassis.settling import settled
from services.intake.domain import NoReferral, Original
from services.intake.doors.arriving import Arrived, looked_at
from services.intake.doors.reading_room import ReadingRoom
from services.intake.operations import Posted, set_aside
from services.intake.queries import referral_added_to
from services.intake.spool import MAIL_PATIENCE_SECONDS, accept


class Letterbox:
    """Keeps mail and rings for the reading room."""

    def __init__(self, runtime: Runtime, room: ReadingRoom) -> None:
        """Keep mail in the runtime's database."""
        self._runtime = runtime
        self._room = room

    async def take(self, body: bytes, posted: Posted) -> str:
        """Return the reference of a mail once it is safe, "" where it was set aside; raises what `accept` does."""
        mail = await self._perhaps_added(looked_at(self._runtime, body, posted))
        reference = await (self._set_aside(mail) if mail.perhaps else self._keep(mail.original))
        self._room.ring()
        return reference

    async def _perhaps_added(self, mail: Arrived) -> Arrived:
        """Return a mail marked as an addition where it names a referral of ours and comes from its referrer.

        While the database is away nobody can say: then it is a referral like every other mail.
        """
        if not mail.named or mail.perhaps is not None or mail.sent.no_receipt is not None:
            return mail
        try:
            async with self._runtime.database.transaction(Actor.public()) as session:
                found = await referral_added_to(session, mail.named, mail.sender, mail.original.practice.area)
        except ThroughlineError:
            return mail
        return replace(mail, perhaps=NoReferral.ADDITION) if found else mail

    async def _keep(self, original: Original) -> str:
        with telemetry.span("smtp DATA", kind="server", new_trace=True):
            receipt = await accept(self._runtime, original, now=clock.now(), patience=MAIL_PATIENCE_SECONDS)
        return receipt.reference

    async def _set_aside(self, mail: Arrived) -> str:
        now, why = clock.now(), mail.perhaps

        async def kept(session: Session) -> str:
            if why is not None:
                await set_aside(session, mail.original, why, mail.posted, now=now)
            return ""

        return await settled(self._runtime.database, Actor.public(), kept)
