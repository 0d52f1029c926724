"""Keeps the person index: who each referral is about, what it may be found by, and who may be the same person."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import null, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from chassis.ids import rising_id
from contracts.vocabulary import ReferralForm
from contracts.vocabulary.days import LONDON
from services.triage import models, queries
from services.triage.domain.people import Comparison, compare_all, identity_of, keys_of
from services.triage.operations.clocks import Placed
from services.triage.operations.merging import join_waiting
from services.triage.queries.people import IDENTITIES, Candidate, candidates, identified, keyed

MOST_AT_ONCE = 20
"""So many are asked about at once, the likeliest first; once they are answered, the next look finds the others."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
_DONE = {"waiting": False, "failed_looks": None, "next_look_at": None}
_KEEP_KEYS = text(
    "INSERT INTO person_key (key, subject, area) SELECT key, CAST(:subject AS uuid), :area"
    " FROM unnest(CAST(:keys AS bigint[])) AS k(key) ON CONFLICT DO NOTHING"
)
_FRESH = upsert(models.person_referral)
_KEEP_PERSON = _FRESH.on_conflict_do_update(
    index_elements=["subject"],
    set_={name: _FRESH.excluded[name] for name in ("sealed_identity", *_DONE)},
)
_EXPECT = _FRESH.on_conflict_do_update(
    index_elements=["subject"],
    set_={"waiting": models.person_referral.c.waiting | _FRESH.excluded.waiting, "next_look_at": null()},
)
_ALIKE = upsert(models.likeness)
_KEEP_ALIKE = _ALIKE.on_conflict_do_update(
    index_elements=["reference", "other_reference"],
    set_={"sealed_evidence": _ALIKE.excluded.sealed_evidence, "found_at": _ALIKE.excluded.found_at},
)
_KEEP_ELSEWHERE = upsert(models.likeness_elsewhere).on_conflict_do_nothing(index_elements=["subject", "other_subject"])


def expect_person(session: Session, placed: Placed, now: datetime, *, read: bool) -> None:
    """Note that a referral or a newer form of one has come; where it could be read, the index waits for it.

    Looking for others takes several times as long as storing the referral, and nobody has to wait for that to have it.
    """
    row = {"subject": placed.subject, "area": placed.area, "person": rising_id(), "since": now}
    session.write(_EXPECT, row | {"sealed_identity": None, "waiting": read})


async def index_person(session: Session, subject: UUID, now: datetime) -> None:
    """Index a referral that waits for it, unless another process has done so meanwhile, and look for others."""
    index = models.person_referral
    await session.lock(subject)
    row = await session.first(select(index).where(index.c.subject == subject, index.c.waiting))
    if row is None:
        return
    form = await queries.latest_form(session, subject)
    if form is None:
        await session.execute(update(index).where(index.c.subject == subject).values(**_DONE))
        return
    await _keep_identity(session, row, form, now)
    reference = await session.scalar(select(models.referral.c.reference).where(models.referral.c.subject == subject))
    await join_waiting(session, reference, now)


async def put_off(session: Session, subject: UUID, now: datetime) -> int:
    """Let a referral wait whose indexing failed, each time twice as long, an hour at most; return how often it did.

    Nobody closes it meanwhile: nobody knows whether there are earlier ones.
    """
    index = models.person_referral
    mine = index.c.subject == subject
    failed = (await session.scalar(select(index.c.failed_looks).where(mine)) or 0) + 1
    later = now + min(FIRST_PAUSE * 2 ** min(failed - 1, 20), LONGEST_PAUSE)
    await session.execute(update(index).where(mine).values(failed_looks=failed, next_look_at=later))
    return failed


async def _keep_identity(session: Session, placed: Placed, form: ReferralForm, now: datetime) -> None:
    """Keep who a referral is about, as its newest form says, and look for others about the same person.

    Names that earlier versions gave stay: whoever was called so once may be called so again.
    """
    row = {"subject": placed.subject, "area": placed.area, "person": rising_id(), "since": now, **_DONE}
    identity = identity_of(form, now.astimezone(LONDON).date())
    before = (await identified(session, [placed.subject])).get(placed.subject)
    if before is not None:
        identity = replace(identity, names=tuple(dict.fromkeys((*identity.names, *before.identity.names))))
    sealed = await session.seal(placed.subject, IDENTITIES.dump_json(identity))
    session.write(_KEEP_PERSON, row | {"sealed_identity": sealed})
    keys = keyed(session, keys_of(identity))
    await session.run(_KEEP_KEYS, {"keys": keys, "subject": placed.subject, "area": placed.area})
    me = (await identified(session, [placed.subject])).get(placed.subject)
    if me is not None:
        await _look(session, me, now)


async def look_again(session: Session, reference: str, now: datetime) -> bool:
    """Look for others about the same person once more, so that whatever has come meanwhile counts.

    Says whether any was found that nobody had been asked about.
    """
    found = await session.first(select(models.referral.c.subject).where(models.referral.c.reference == reference))
    me = None if found is None else (await identified(session, [found.subject])).get(found.subject)
    if me is None:
        return False
    known = {*await queries.suggested(session, me.reference), *await queries.linked(session, me.reference)}
    known |= {each.other_reference for each in await queries.sameness(session, me.reference)}
    return await _look(session, me, now, frozenset(known))


async def _look(session: Session, me: Candidate, now: datetime, known: frozenset[str] = frozenset()) -> bool:
    """Keep who may be the same person, with the evidence in words; nothing is merged. Says whether there is any."""
    others = [each for each in await candidates(session, me.subject, me.identity) if each.reference not in known]
    compared = zip(others, compare_all(me.identity, [each.identity for each in others]), strict=True)
    suggested = [(other, comparison) for other, comparison in compared if comparison.suggested]
    alike = sorted(suggested, key=lambda each: each[1].order, reverse=True)[:MOST_AT_ONCE]
    for other, comparison in alike:
        if other.area == me.area:
            await _keep_alike(session, me, other, comparison, now)
        else:
            _keep_elsewhere(session, me, other, now)
    if alike:
        facts = {"count": len(alike)}
        action = "referral.likeness-found"
        await audit.record(session, action, subject=me.subject, now=now, area=me.area, facts=facts)
    return bool(alike)


async def _keep_alike(session: Session, me: Candidate, other: Candidate, comparison: Comparison, now: datetime) -> None:
    told = json.dumps([(each.kind, each.verdict, each.words) for each in comparison.evidence])
    row = {
        "reference": me.reference,
        "other_reference": other.reference,
        "area": me.area,
        "sealed_evidence": await session.seal(me.subject, told),
        "found_at": now,
    }
    session.write(_KEEP_ALIKE, row)


def _keep_elsewhere(session: Session, me: Candidate, other: Candidate, now: datetime) -> None:
    """Tell each of the two areas that the other holds somebody who may be the same, and not which referral it is."""
    for here, there in ((me, other), (other, me)):
        row = {
            "subject": here.subject,
            "other_subject": there.subject,
            "area": here.area,
            "other_area": there.area,
            "other_area_version": there.area_version,
            "found_at": now,
        }
        session.write(_KEEP_ELSEWHERE, row)
