"""Hears that somebody who had to be told was not reached, and says so where the officer looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, select, update

from chassis.database import Session
from chassis.deadlines import moment_in_words
from contracts.vocabulary import NoLongerRung, Unreached, WhomToReach
from services.triage import models
from services.triage.domain import (
    Command,
    Practice,
    Record,
    in_door_words,
    in_no_longer_words,
    in_unreached_words,
)
from services.triage.operations.saving import Act, carry_out


@dataclass(frozen=True)
class NotReached:
    """Who was not reached and why: `about_id` is the signpost or the transfer, None for a person told of a clock."""

    whom: WhomToReach
    about_id: UUID | None
    why: Unreached
    at: datetime


async def note_unreached(session: Session, subject: UUID, told: NotReached, practice: Practice, now: datetime) -> None:
    """Write in the history that somebody must be rung, and mark what they were asked; what is answered stays as it is.

    A signpost or an offer that triage does not know, or that has been answered meanwhile, changes nothing.
    """
    who = await _marked(session, subject, told, practice, {"unreached": str(told.why), "unreached_at": told.at})
    if who:
        words = f"{who}. {in_unreached_words(told.why)}"
        await carry_out(session, subject, Act(Command.UNREACHED, now, Record(rationale=words)), practice)


async def note_reached(session: Session, subject: UUID, told: NotReached, practice: Practice, now: datetime) -> None:
    """Write in the history that the mail has gone out after all, and take the mark away."""
    who = await _marked(session, subject, told, practice, {"unreached": None, "unreached_at": None})
    if who:
        words = f"{who}. The mail has gone out after all: nobody need be rung for that."
        await carry_out(session, subject, Act(Command.REACHED, now, Record(rationale=words)), practice)


async def _marked(
    session: Session, subject: UUID, told: NotReached, practice: Practice, marks: Mapping[str, object]
) -> str:
    """Mark what somebody was asked, and return who they are; "" where nothing is waited for any more."""
    await session.lock(subject)
    if told.about_id is None:
        return "Somebody who was to hear of a clock that ran out"
    found = await _still_open(session, subject, told.about_id, practice)
    if found is None:
        return ""
    who, table = found
    await session.execute(update(table).where(table.c.id == told.about_id).values(marks))
    return who


async def _still_open(session: Session, subject: UUID, about_id: UUID, practice: Practice) -> tuple[str, Table] | None:
    """Return who was asked, and where that is kept; None where nothing is waited for any more."""
    owed, offered = models.obligation, models.transfer
    waits = (owed.c.id == about_id) & (owed.c.subject == subject) & owed.c.ended_at.is_(None)
    owner = await session.scalar(select(owed.c.owner).where(waits, owed.c.acknowledged_at.is_(None)))
    if owner is not None:
        return owner, owed
    open_still = (offered.c.id == about_id) & (offered.c.subject == subject) & offered.c.answer.is_(None)
    force = await session.scalar(select(offered.c.force).where(open_still))
    return None if force is None else (practice.forces.get(force, force), offered)


@dataclass(frozen=True)
class AtFrontDoor:
    """What became of the concern of a referral at its front door (an id of the area file), and why it is told.

    `no_longer` says why nobody need ring them any more, and counts only with `reached`. `version` is that of the
    concern which a mail was to tell of, `since` when the front door was to answer from.
    """

    front_door: str
    why: Unreached
    at: datetime
    reached: bool = False
    no_longer: NoLongerRung | None = None
    version: int | None = None
    since: datetime | None = None


async def note_front_door(
    session: Session, subject: UUID, told: AtFrontDoor, practice: Practice, now: datetime
) -> None:
    """Write in the history that social care does not know of the concern, or does after all; nothing else follows."""
    door = practice.front_doors.get(told.front_door, "")
    at = moment_in_words(told.at)
    if told.reached:
        words = in_no_longer_words(told.no_longer, door, told.version, at)
        act = Act(Command.REACHED, now, Record(rationale=words))
    else:
        since = moment_in_words(told.since or told.at)
        words = in_door_words(told.why, door, told.version, at, since)
        act = Act(Command.UNREACHED, now, Record(rationale=words))
    await carry_out(session, subject, act, practice)
