"""What comes from the bus gives way to people who wait for each other's cases and meetings.

Whoever acts on a meeting holds it first and then its cases, all at once and in one order. A message of the bus holds
its own case already, so that it cannot keep that order: where it needs another one, it waits a moment only. Then the
inbox undoes it and tries it again, and no person is ever refused because two transactions wait for each other.
"""

from sqlalchemy import text

from chassis.database import Session

# Shorter than Postgres takes to look for a deadlock (a second), of which it may let either side fail.
_BRIEFLY = text("SELECT set_config('lock_timeout', '400ms', true)")


async def give_way(session: Session) -> None:
    """Wait only a moment for anything that somebody else holds, until this transaction ends."""
    await session.rows(_BRIEFLY)
