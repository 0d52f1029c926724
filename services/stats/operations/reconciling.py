"""What intake says of a day: whether all that came in has reached everybody."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from services.stats.models import reconciliation

_NEW = upsert(reconciliation)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=["area", "day", "recipient"],
    set_={name: _NEW.excluded[name] for name in ("state", "version")},
    where=reconciliation.c.version < _NEW.excluded.version,
)


@dataclass(frozen=True)
class Reconciled:
    """Whether all of a day is at a recipient: `state` is agrees, open or explained."""

    area: str
    day: date
    recipient: str
    state: str
    version: int


async def keep_reconciled(session: Session, known: Reconciled, *, now: datetime) -> None:
    """Keep how a day stands; a higher version replaces a lower one, whichever comes first."""
    session.write(_KEEP, asdict(known))
    await audit.record(session, "reconciliation.keep", subject=None, now=now, area=known.area)
