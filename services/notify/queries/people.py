"""Which other concerns of a front door are about the same person, and which are so no longer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.database import Session
from services.notify.domain import Reach
from services.notify.models import concern, same_person
from services.notify.queries.inboxes import within


@dataclass(frozen=True)
class AlsoAbout:
    """Another concern about the same person, that the reader may open."""

    reference: str
    subject: UUID


@dataclass(frozen=True)
class NoLonger:
    """A concern that was wrongly taken to be about the same person, until when, and what was shared meanwhile."""

    reference: str
    subject: UUID
    until: datetime
    shared: tuple[str, ...]


@dataclass(frozen=True)
class SamePerson:
    """What the police said of a concern's person."""

    also: tuple[AlsoAbout, ...] = ()
    no_longer: tuple[NoLonger, ...] = ()


async def same_person_as(session: Session, reference: str, reach: Reach) -> SamePerson:
    """Return the other concerns within reach that are, or no longer are, about the same person."""
    own, other = same_person.alias("own"), same_person.alias("other")
    pairs = (
        select(
            concern.c.reference,
            concern.c.subject,
            own.c.until.label("own_until"),
            own.c.shared.label("own_shared"),
            other.c.until,
            other.c.shared,
        )
        .join(other, (other.c.person == own.c.person) & (other.c.reference != own.c.reference))
        .join(concern, concern.c.reference == other.c.reference)
        .where(own.c.reference == reference, within(concern, concern.c.front_door, reach.doors))
        .order_by(concern.c.received_at)
    )
    also: dict[UUID, AlsoAbout] = {}
    ended: dict[UUID, NoLonger] = {}
    for row in await session.rows(pairs):
        if row.own_until is None and row.until is None:
            also[row.subject] = AlsoAbout(row.reference, row.subject)
        else:
            until = min(each for each in (row.own_until, row.until) if each is not None)
            shared = tuple(dict.fromkeys((*row.own_shared, *row.shared)))
            ended[row.subject] = NoLonger(row.reference, row.subject, until, shared)
    apart = tuple(each for subject, each in ended.items() if subject not in also)
    return SamePerson(tuple(also.values()), apart)
