"""How far a ledger line has got."""

from dataclasses import dataclass
from datetime import datetime

from contracts.vocabulary import (
    LineState,
)


@dataclass(frozen=True)
class LineTimes:
    """The moments that a ledger line has passed."""

    sent_at: datetime | None = None
    stored_at: datetime | None = None
    delivered_at: datetime | None = None
    undelivered_at: datetime | None = None
    seen_at: datetime | None = None
    acknowledged_at: datetime | None = None
    parked_at: datetime | None = None
    waived_at: datetime | None = None
    erased_at: datetime | None = None


def line_state(times: LineTimes) -> LineState:
    """Return how far a line has got; parked counts only while nothing has been stored after it.

    What came back counts only while nobody has seen the referral all the same.
    """
    if times.waived_at:
        return LineState.WAIVED
    if times.erased_at:
        return LineState.ERASED
    if times.parked_at and not times.stored_at:
        return LineState.PARKED
    reached = (
        (times.acknowledged_at, LineState.ACKNOWLEDGED),
        (times.seen_at, LineState.SEEN),
        (times.undelivered_at, LineState.UNDELIVERED),
        (times.delivered_at, LineState.DELIVERED),
        (times.stored_at, LineState.STORED),
        (times.sent_at, LineState.SENT),
    )
    return next((state for at, state in reached if at), LineState.WAITING)
