"""Quarterly packs are asked for by a person, made by the job, and fetched; each of it is audited."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from contracts.vocabulary.days import LONDON
from services.stats.domain.pack import PackFiles, PackKind, PackOf, PackState
from services.stats.models import pack
from services.stats.queries.packs import PackFound

WAITING, MADE = "Waiting to be made", "Made"


async def ask_pack(session: Session, wanted: PackOf, *, now: datetime) -> None:
    """Ask for a pack; one that is under way goes on, one that is made is looked at."""
    values = {
        "id": uuid4(),
        **asdict(wanted),
        "state": str(PackState.MAKING),
        "step": WAITING,
        "progress": 0,
        "words": "",
        "asked_by": session.actor.id,
        "asked_by_name": session.actor.called,
        "asked_on": now.astimezone(LONDON).date(),
        "digest": "",
    }
    new = upsert(pack).values(values)
    again = ("state", "step", "progress", "words", "asked_by", "asked_by_name", "asked_on")
    await session.execute(
        new.on_conflict_do_update(
            index_elements=["area", "release", "quarter"],
            set_={name: new.excluded[name] for name in again},
            where=pack.c.state != str(PackState.MAKING),
        )
    )
    await _audit(session, "pack.ask", wanted, now=now)


async def pack_progress(session: Session, pack_id: UUID, step: str, percent: int) -> None:
    """Say how far a pack is."""
    await session.execute(update(pack).where(pack.c.id == pack_id).values(step=step, progress=percent))


async def keep_pack(session: Session, found: PackFound, digest: str, files: PackFiles | None, *, now: datetime) -> None:
    """Keep the files of a pack; where there are none, those that it has say the same already."""
    made = {kind.value: getattr(files, kind.value) for kind in PackKind} if files else {}
    values = {"state": str(PackState.READY), "step": MADE, "progress": 100, "digest": digest, **made}
    await session.execute(update(pack).where(pack.c.id == found.id).values(values))
    await _audit(session, "pack.make", found.of, now=now)


async def fail_pack(session: Session, found: PackFound, words: str, *, now: datetime) -> None:
    """Say why a pack could not be made; a person asks once more."""
    await session.execute(update(pack).where(pack.c.id == found.id).values(state=str(PackState.FAILED), words=words))
    await _audit(session, "pack.fail", found.of, now=now)


async def note_fetched(session: Session, of: PackOf, kind: PackKind, *, now: datetime) -> None:
    """Note who has fetched which file."""
    await _audit(session, "pack.download", of, now=now, kind=kind.value)


async def _audit(session: Session, action: str, of: PackOf, *, now: datetime, **more: str) -> None:
    facts: dict[str, str | int] = {"number": of.release, "quarter": of.quarter, **more}
    await audit.record(session, action, subject=None, now=now, area=of.area, facts=facts)
