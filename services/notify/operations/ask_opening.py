"""How an ask is opened: a one-time code is mailed and entered, and every look is kept, audited and told to Channel."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, func, insert, select, update

from chassis import audit, outbox
from chassis.database import Session
from chassis.ids import rising_id
from chassis.outbox import About
from contracts.notify.channel import AskSeen
from contracts.vocabulary import AskKind
from contracts.vocabulary.days import LONDON
from services.notify.domain import (
    CODE_DIGITS,
    CODE_WORKS,
    AskClosed,
    AskState,
    AskTimes,
    CodeKept,
    Entered,
    Kind,
    Mailing,
    What,
    ask_state,
    code_digest,
    code_of,
    entered,
    mailing,
)
from services.notify.models import ask, ask_code, ask_look, notice
from services.notify.operations.asks import ask_held, tell_about_ask
from services.notify.operations.evidence import note_people
from services.notify.queries import codes_counted, newest_code


async def mail_code(session: Session, ask_id: UUID, key: bytes, *, now: datetime) -> Mailing:
    """Make a one-time code and write the notice that brings it, unless as many went out, or were tried, lately.

    The code is kept as a keyed digest, and sealed in its notice until that has been sent.
    Raises AskAbsent and SubjectErased.
    """
    row = await ask_held(session, ask_id)
    result = mailing(await codes_counted(session, ask_id, now=now))
    if result is not Mailing.GOES:
        await _audit_code(session, row, "ask.withhold", str(result), now)
        return result
    code, code_id = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}", rising_id()
    values = {
        "id": code_id,
        "ask_id": ask_id,
        "area": row.area,
        "digest": code_digest(key, ask_id, code),
        "made_at": now,
        "tries": 0,
    }
    await session.execute(insert(ask_code).values(values))
    link = await session.seal(row.subject, f"{code} {(now + CODE_WORKS).isoformat()}")
    await tell_about_ask(session, row, Kind.ASK_CODE, event_id=code_id, now=now, link_sealed=link, urgent=True)
    await _audit_code(session, row, "ask.code", str(result), now)
    return result


async def enter_code(session: Session, ask_id: UUID, typed: str, key: bytes, *, now: datetime) -> Entered:
    """Try a code against the newest one that was mailed, and count the try; right, it is used up. Raises AskAbsent."""
    row = await ask_held(session, ask_id)
    found = await session.first(newest_code(ask_id))
    kept = CodeKept(found.digest, found.made_at, found.tries, found.used_at) if found else None
    code = code_of(typed)
    result = entered(kept, code_digest(key, ask_id, code) if code else "", now)
    if found is None or result is Entered.NONE:
        return result
    values = {"used_at": now} if result is Entered.RIGHT else {"tries": found.tries + 1}
    await session.execute(update(ask_code).where(ask_code.c.id == found.id).values(values))
    await _audit_code(session, row, "ask.enter", str(result), now)
    return result


async def _audit_code(session: Session, row: Row[Any], action: str, result: str, now: datetime) -> None:
    facts: dict[str, str | int] = {"ask": str(row.id), "result": result}
    await audit.record(session, action, subject=row.subject, now=now, area=row.area, facts=facts)


async def look_at_ask(session: Session, ask_id: UUID, *, now: datetime) -> None:
    """Record that somebody reads what they were asked or shown; raises AskAbsent and AskClosed.

    Every reading is audited and kept; Channel is told of the first one, and of a pack once on each day.
    """
    row = await _open(session, ask_id, now)
    await audit.record_read(session, subject=row.subject, now=now, reason=f"Opened by its link: {_named(row)}")
    await note_people(session, notice.c.about_id == ask_id, What.OPENED, now=now)
    is_told = row.seen_at is not None and (row.kind != AskKind.PACK or await _looked_today(session, row, now))
    if row.seen_at is None:
        await session.execute(update(ask).where(ask.c.id == ask_id).values(seen_at=now))
    await _keep_look(session, row, refused=False, now=now)
    if not is_told:
        await _tell_channel(session, row, AskSeen(**_seen(row, now)))


async def acknowledge(session: Session, ask_id: UUID, *, now: datetime) -> None:
    """Record that somebody says that they have read the brief which they were shown, once, and tell Channel.

    Raises AskAbsent and AskClosed.
    """
    row = await _open(session, ask_id, now)
    if row.acknowledged_at is not None or row.kind != AskKind.SESSION:
        return
    await session.execute(update(ask).where(ask.c.id == ask_id).values(acknowledged_at=now))
    facts: dict[str, str | int] = {"ask": str(ask_id)}
    await audit.record(session, "ask.acknowledge", subject=row.subject, now=now, area=row.area, facts=facts)
    await _tell_channel(session, row, AskSeen(**_seen(row, now), acknowledged=True))


async def _open(session: Session, ask_id: UUID, now: datetime) -> Row[Any]:
    row = await ask_held(session, ask_id)
    if ask_state(times_of(row), now) is not AskState.OPEN:
        raise AskClosed("This is not open any more; open the link again: the page says why.")
    return row


async def refuse_look(session: Session, ask_id: UUID, *, now: datetime) -> None:
    """Record that somebody tried to read a pack that is over, or not open yet, and tell Channel; raises AskAbsent."""
    row = await ask_held(session, ask_id)
    facts: dict[str, str | int] = {"ask": str(ask_id), "kind": row.kind}
    await audit.record(session, "ask.refuse", subject=row.subject, now=now, area=row.area, facts=facts)
    await _keep_look(session, row, refused=True, now=now)
    await _tell_channel(session, row, AskSeen(**_seen(row, now), refused=True))


async def _looked_today(session: Session, row: Row[Any], now: datetime) -> bool:
    """Say whether somebody has read what is asked on this day (London) before."""
    read = (ask_look.c.ask_id == row.id) & ask_look.c.refused.is_(False) & (ask_look.c.at >= row.made_at)
    last = await session.scalar(select(func.max(ask_look.c.at)).where(read))
    return last is not None and last.astimezone(LONDON).date() == now.astimezone(LONDON).date()


async def _keep_look(session: Session, row: Row[Any], *, refused: bool, now: datetime) -> None:
    values = {"id": uuid4(), "ask_id": row.id, "area": row.area, "at": now, "refused": refused}
    await session.execute(insert(ask_look).values(values))


async def _tell_channel(session: Session, row: Row[Any], event: AskSeen) -> None:
    await outbox.add(session, event, about=about_ask(row))


def _seen(row: Row[Any], now: datetime) -> dict[str, Any]:
    return {"reference": row.reference, "ask_id": row.id, "kind": AskKind(row.kind), "seen_at": now}


def about_ask(row: Row[Any]) -> About:
    """Return what an event about an ask is about."""
    return About(row.subject, row.area, row.area_version, row.correlation_id, row.event_id)


def times_of(row: Row[Any]) -> AskTimes:
    """Return the moments that decide how an ask stands."""
    return AskTimes(row.opens_at, row.due_at, row.expires_at, row.answered_at, row.ended_at)


def _named(row: Row[Any]) -> str:
    return str(row.kind).replace("-", " ")
