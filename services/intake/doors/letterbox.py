"""What every mail door hands a mail to: it is kept and announced, or set aside where it answers a mail of our own."""

from chassis import clock
from chassis.actor import Actor
from chassis.database import Session
from chassis.runtime import Runtime
from chassis.settling import settled
from services.intake.doors.arriving import Arrived, looked_at
from services.intake.doors.keeping import Keeper
from services.intake.doors.reading_room import ReadingRoom
from services.intake.operations import Posted, set_aside


class Letterbox:
    """Keeps mail and rings for the reading room."""

    def __init__(self, runtime: Runtime, room: ReadingRoom) -> None:
        """Keep mail in the runtime's database."""
        self._runtime = runtime
        self._room = room
        self._keeper = Keeper(runtime)

    async def take(self, body: bytes, posted: Posted) -> str:
        """Return the reference of a mail once it is safe, "" where it was set aside; raises what `accept` does."""
        mail = looked_at(self._runtime, body, posted)
        reference = await self._set_aside(mail) if mail.perhaps else (await self._keeper.keep(mail.original)).reference
        self._room.ring()
        return reference

    async def _set_aside(self, mail: Arrived) -> str:
        now, why = clock.now(), mail.perhaps

        async def kept(session: Session) -> str:
            if why is not None:
                await set_aside(session, mail.original, why, mail.posted, now=now)
            return ""

        return await settled(self._runtime.database, Actor.public(), kept)
