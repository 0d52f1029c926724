"""Releases are drafted by one person, computed and frozen, and signed off by a second one or discarded."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import insert, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from contracts.vocabulary.days import LONDON
from services.stats import queries
from services.stats.domain.making import check_one_rule
from services.stats.domain.periods import financial_year
from services.stats.domain.releases import (
    SCHEMA,
    DraftNotReady,
    DraftOpen,
    DraftState,
    check_second_hand,
    ends_draft,
    months_of_draft,
)
from services.stats.domain.tables import ReleaseContent, ReleaseKind
from services.stats.models import drafting, release, release_check, release_ending, release_month
from services.stats.queries import DraftFound
from services.stats.queries.contents import CONTENT

_BARRIER = text("LOCK TABLE fact_log, institution_fact IN SHARE MODE")
WAITING, COMPUTED = "Waiting for facts that are under way", "Ready to be read"


@dataclass(frozen=True)
class Frozen:
    """A release as it is kept: the text and its SHA-256 digest (hex)."""

    text: str
    digest: str


def frozen(content: ReleaseContent) -> Frozen:
    """Return the text of a release: the same content always gives the same bytes.

    What is empty is not written, so that a part that a later version adds leaves older texts as they were.
    """
    plain = {"schema": SCHEMA, **CONTENT.dump_python(content, mode="json", exclude_defaults=True)}
    written = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return Frozen(written, hashlib.sha256(written.encode()).hexdigest())


async def open_draft(session: Session, area: str, kind: ReleaseKind, wanted: Sequence[str], *, now: datetime) -> int:
    """Begin a draft and return its number; facts that come from then on are not in it.

    A regular one takes every closed month that was never released, a correction the released months `wanted`.

    Raises DraftOpen, NothingToRelease, MonthsNotReleased, RulesDiffer.
    """
    await session.lock(_place(area))
    if await queries.has_open_draft(session, area):
        raise DraftOpen("This area has a draft already; sign it off or discard it first.")
    today = _london(now)
    months = months_of_draft(kind, wanted, await queries.standing(session, area), today)
    number = await queries.last_number(session, area) + 1
    if kind is ReleaseKind.CORRECTION:
        earlier = await queries.earlier_releases(session, area, number)
        check_one_rule(earlier, {financial_year(month) for month in months})
    values = {
        "id": uuid4(),
        "area": area,
        "number": number,
        "kind": str(kind),
        "months": list(months),
        "opened_by": session.actor.id,
        "opened_by_name": session.actor.called,
        "opened_on": today,
        "step": WAITING,
        "progress": 0,
        "state": str(DraftState.COMPUTING),
        "words": "",
    }
    await session.execute(insert(drafting).values(values))
    await _audit(session, "release.draft", area, number, now, months=len(months))
    return number


async def settle(session: Session) -> None:
    """Wait until every transaction that was writing facts has ended: what it wrote is of the generation before.

    Ends with the transaction, which is to hold nothing else: nobody can write facts until then.
    """
    await session.execute(_BARRIER)


async def progress(session: Session, draft: UUID, step: str, percent: int) -> None:
    """Say how far the computation of a draft has got."""
    await session.execute(update(drafting).where(drafting.c.id == draft).values(step=step, progress=percent))


async def freeze(session: Session, found: DraftFound, content: ReleaseContent, verdict: str, *, now: datetime) -> None:
    """Freeze what was computed; a draft that was discarded meanwhile is let go."""
    area, number = found.draft.area, found.draft.number
    await session.lock(_place(area))
    changed = await session.execute(
        update(drafting)
        .where(drafting.c.id == found.id, drafting.c.state == str(DraftState.COMPUTING))
        .values(state=str(DraftState.READY), step=COMPUTED, progress=100)
    )
    if not changed.rowcount:
        return
    kept, release_id = frozen(content), uuid4()
    values = {
        "id": release_id,
        "area": area,
        "number": number,
        "kind": str(content.kind),
        "made_on": content.made_on,
        "content": kept.text,
        "digest": kept.digest,
        "verdict": verdict,
    }
    await session.execute(insert(release).values(values))
    await session.execute(
        insert(release_month),
        [{"release_id": release_id, "area": area, "month": each, "as_of": number} for each in content.months],
    )
    await _audit(session, "release.compute", area, number, now, months=len(content.months))


async def fail(session: Session, found: DraftFound, words: str, *, now: datetime) -> None:
    """Say why a draft could not be computed; a person tries again or discards it."""
    computing = drafting.c.state == str(DraftState.COMPUTING)
    await session.execute(
        update(drafting).where(drafting.c.id == found.id, computing).values(state=str(DraftState.FAILED), words=words)
    )
    await _audit(session, "release.fail", found.draft.area, found.draft.number, now)


async def try_again(session: Session, area: str, number: int, *, now: datetime) -> None:
    """Compute a draft once more that has failed; raises DraftAbsent, DraftNotReady."""
    await session.lock(_place(area))
    found = await queries.draft_found(session, area, number)
    if found.state is not DraftState.FAILED:
        raise DraftNotReady("Only a draft that has failed can be computed once more; look at it again.")
    await session.execute(
        update(drafting)
        .where(drafting.c.id == found.id)
        .values(state=str(DraftState.COMPUTING), step=WAITING, progress=0, words="")
    )
    await _audit(session, "release.again", area, number, now)


async def sign_off(session: Session, area: str, number: int, statement: str, *, now: datetime) -> None:
    """Make a release public, with the words of the second person who has read it.

    Raises DraftAbsent, DraftNotReady, SameHand, StatementMissing.
    """
    await session.lock(_place(area))
    found = await queries.draft_found(session, area, number)
    if found.state is not DraftState.READY:
        raise DraftNotReady("This draft cannot be signed off now; look at it again.")
    check_second_hand(found.opened_by, session.actor.id)
    words = ends_draft(statement, "what you have looked at before you signed")
    await _end(session, found, DraftState.SIGNED, words, now=now)


async def discard(session: Session, area: str, number: int, reason: str, *, now: datetime) -> None:
    """End a draft without publishing it; raises DraftAbsent, DraftNotReady, StatementMissing."""
    await session.lock(_place(area))
    found = await queries.draft_found(session, area, number)
    if found.state in {DraftState.SIGNED, DraftState.DISCARDED}:
        raise DraftNotReady("This draft has ended already; look at it again.")
    await _end(session, found, DraftState.DISCARDED, ends_draft(reason, "why you discard the draft"), now=now)


async def note_check(session: Session, checked: queries.Checked, *, same: bool, now: datetime) -> None:
    """Keep whether a release, computed again from the log, gave the text that was frozen."""
    values = {"release_id": checked.id, "area": checked.area, "checked_on": _london(now), "same": same, "asked": False}
    kept = upsert(release_check).values(values)
    await session.execute(
        kept.on_conflict_do_update(
            index_elements=["release_id"],
            set_={name: kept.excluded[name] for name in ("checked_on", "same", "asked")},
        )
    )
    await _audit(session, "release.check", checked.area, checked.number, now)


async def ask_for_proof(session: Session, checked: queries.Checked, *, now: datetime) -> None:
    """Ask that a release be computed again now; what the last proof found stands until then."""
    await session.execute(update(release_check).where(release_check.c.release_id == checked.id).values(asked=True))
    await _audit(session, "release.ask-proof", checked.area, checked.number, now)


async def _end(session: Session, found: DraftFound, ending: DraftState, words: str, *, now: datetime) -> None:
    await session.execute(update(drafting).where(drafting.c.id == found.id).values(state=str(ending), words=words))
    of_draft = (release.c.area == found.draft.area, release.c.number == found.draft.number)
    release_id = await session.scalar(release.select().with_only_columns(release.c.id).where(*of_draft))
    if release_id is not None:
        values = {
            "release_id": release_id,
            "area": found.draft.area,
            "ending": str(ending),
            "by_id": session.actor.id,
            "by_name": session.actor.called,
            "ended_on": _london(now),
            "words": words,
        }
        await session.execute(insert(release_ending).values(values))
    action = "release.sign-off" if ending is DraftState.SIGNED else "release.discard"
    await _audit(session, action, found.draft.area, found.draft.number, now)


async def _audit(session: Session, action: str, area: str, number: int, now: datetime, **facts: int) -> None:
    await audit.record(session, action, subject=None, now=now, area=area, facts={"number": number, **facts})


def _place(area: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"release:{area}")


def _london(now: datetime) -> date:
    return now.astimezone(LONDON).date()
