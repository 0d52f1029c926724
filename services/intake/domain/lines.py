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

    @property
    def seen_since_undelivered(self) -> bool:
        """Say whether people have seen or acknowledged the referral after the mail that came back last."""
        by_people = (self.seen_at, self.acknowledged_at)
        return any(at and at >= self.undelivered_at for at in by_people) if self.undelivered_at else False


def line_state(times: LineTimes) -> LineState:
    """Return how far a line has got; parked counts only while nothing has been stored after it.

    What came back counts only while nobody has seen the referral since: of an older version that somebody had seen they
    do not know the newer one.
    """
    if times.waived_at:
        return LineState.WAIVED
    if times.erased_at:
        return LineState.ERASED
    if times.parked_at and not times.stored_at:
        return LineState.PARKED
    if times.undelivered_at and not times.seen_since_undelivered:
        return LineState.UNDELIVERED
    reached = (
        (times.acknowledged_at, LineState.ACKNOWLEDGED),
        (times.seen_at, LineState.SEEN),
        (times.delivered_at, LineState.DELIVERED),
        (times.stored_at, LineState.STORED),
        (times.sent_at, LineState.SENT),
    )
    return next((state for at, state in reached if at), LineState.WAITING)
