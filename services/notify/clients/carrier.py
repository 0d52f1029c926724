"""What every way of reaching somebody has in common: what is handed over, and what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.notify.domain import Result


@dataclass(frozen=True)
class Facts:
    """What a machine may read of a notice: no personal data; `link` is empty where a notice has none."""

    kind: str
    reference: str
    link: str
    urgent: bool
    at: datetime


@dataclass(frozen=True)
class Message:
    """One notice as it is told, whatever the way: `id` is the same at each attempt, so that a repeat can be dropped.

    `address` is a mail address, or that of a webhook; `recipient` names who it is in the area file, as area/id;
    `repeated` says that it may have been handed over by this way before, from `since` on (machine time).
    """

    id: UUID
    recipient: str
    address: str
    language: str
    subject: str
    body: str
    facts: Facts
    repeated: bool = False
    since: datetime | None = None


@dataclass(frozen=True)
class Delivery:
    """What the other side answered: the result, and its code where it gave one; never its words.

    `provider_id` is what it calls the message, `wait` how long it asks to be left alone, `acknowledged_by` who there
    has taken the matter on; `pending` says that the other side will know later whether it arrived. `of_text` says that
    what was written was refused, not the recipient.
    """

    result: Result
    code: int | None = None
    provider_id: str = ""
    wait: timedelta | None = None
    acknowledged_by: str = ""
    pending: bool = False
    of_text: bool = False


class Carrier(Protocol):
    """Hands one message over and says what became of it; never raises for what the other side does."""

    async def send(self, message: Message) -> Delivery:
        """Hand one message over; the result is unknown only where it may have been taken without an answer."""

    def written(self, message: Message) -> bytes:
        """Return the message as it goes over the wire, without what changes from one attempt to the next."""

    async def hang_up(self) -> None:
        """End what is kept open from one message to the next, because no more are due."""
