"""The person index: who may be meant by the same keys, who they are, and whose referrals a search finds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, text

from chassis.database import Session
from chassis.errors import SubjectErased
from contracts.vocabulary import is_reference, tidy_reference
from services.triage.domain import State
from services.triage.domain.people import (
    MOST_CANDIDATES,
    TOO_COMMON,
    Identity,
    answers_to,
    keys_of,
    nearly_keys,
    search_keys,
)
from services.triage.queries.safeguards import hidden

MOST_FOUND = 50
_LOOKED_AT = 200
"""So many who share keys are looked at: keys are coarse, and not all whom they find answer to what was typed."""
IDENTITIES = TypeAdapter(Identity)
# A key that is too common to tell anybody apart is read no further, and left out. Asked in order, so that the database
# walks the index so far and never gathers all thousands first. The number is written out, so that any plan knows it.
_SHARING = (
    " FROM unnest(CAST(:keys AS bigint[])) AS k(key), LATERAL"  # noqa: S608  a number of our own
    " (SELECT subject FROM person_key WHERE person_key.key = k.key"
    f" ORDER BY subject DESC LIMIT {TOO_COMMON + 1}) AS c"
)
_CANDIDATES = text(
    f"WITH hit AS (SELECT k.key, c.subject{_SHARING}),"  # noqa: S608  a number of our own
    f" telling AS (SELECT key, 1.0 / count(*) AS weight FROM hit GROUP BY key HAVING count(*) <= {TOO_COMMON})"
    " SELECT subject FROM hit JOIN telling USING (key) WHERE subject <> CAST(:subject AS uuid)"
    " GROUP BY subject ORDER BY sum(weight) DESC, subject DESC LIMIT :most"
)
_IDENTITIES = text(
    "SELECT p.subject, p.area, p.person, p.sealed_identity, r.reference, r.area_version FROM person_referral AS p"
    " JOIN referral AS r USING (subject) WHERE p.subject = ANY(CAST(:subjects AS uuid[]))"
)
_FOUND = text(
    f"WITH hit AS (SELECT DISTINCT k.key, c.subject{_SHARING})"  # noqa: S608  a number of our own
    " SELECT r.subject, r.reference, r.state, r.received_at, r.restricted, p.sealed_identity FROM"
    " (SELECT subject, count(*) AS shared FROM hit GROUP BY subject) AS s JOIN referral AS r USING (subject)"
    " JOIN person_referral AS p USING (subject) ORDER BY s.shared DESC, r.received_at DESC LIMIT :most"
)
_BY_REFERENCE = text(
    "SELECT r.subject, r.reference, r.state, r.received_at, r.restricted, p.sealed_identity FROM referral AS r"
    " LEFT JOIN person_referral AS p USING (subject) WHERE r.reference = :reference AND r.erased_at IS NULL"
)
_WAITING = text(
    "SELECT subject FROM person_referral WHERE waiting AND (next_look_at IS NULL OR next_look_at <= :now)"
    " ORDER BY since LIMIT :most"
)
_REFERENCE, _NEARLY = "reference", "name, but for a letter"
_HOW = {"t": "telephone number", "e": "email address", "p": "postcode"}


@dataclass(frozen=True)
class Candidate:
    """A referral that shares keys with another one, and who it is about."""

    subject: UUID
    area: str
    area_version: str
    reference: str
    person: UUID
    identity: Identity


@dataclass(frozen=True)
class FoundPerson:
    """A referral that a search has found, and by what: its reference, a name, a number, a postcode.

    Of one that is `hidden`, whoever asked may be shown nothing but the reference.
    """

    subject: UUID
    reference: str
    state: State
    received_at: datetime
    restricted: bool
    how: str
    name: str
    identity: Identity | None
    hidden: bool = False


def keyed(session: Session, keys: Collection[str]) -> list[int]:
    """Return the keyed hashes under which keys are stored."""
    return sorted({session.keys.keyed(f"triage person {key}") for key in keys})


async def people_waiting(session: Session, now: datetime, most: int) -> tuple[UUID, ...]:
    """Return the referrals that wait for the index, longest first, without those that were put off."""
    return tuple(row.subject for row in await session.rows(_WAITING, {"now": now, "most": most}))


async def candidates(session: Session, subject: UUID, identity: Identity) -> tuple[Candidate, ...]:
    """Return the referrals that share telling keys with a person's, most telling first, in the actor's areas."""
    keys = keyed(session, keys_of(identity))
    hits = await session.rows(_CANDIDATES, {"keys": keys, "subject": subject, "most": MOST_CANDIDATES})
    found = await identified(session, [row.subject for row in hits])
    return tuple(found[row.subject] for row in hits if row.subject in found)


async def identified(session: Session, subjects: Collection[UUID]) -> Mapping[UUID, Candidate]:
    """Return who referrals are about, for those whose form could be read and that are not erased."""
    if not subjects:
        return {}
    rows = await session.rows(_IDENTITIES, {"subjects": list(subjects)})
    await session.keys.open([row.subject for row in rows])
    found = {}
    for row in rows:
        identity = await _opened(session, row.subject, row.sealed_identity)
        if identity is not None:
            found[row.subject] = Candidate(row.subject, row.area, row.area_version, row.reference, row.person, identity)
    return found


async def find_people(session: Session, typed: str) -> tuple[FoundPerson, ...]:
    """Return the referrals that a reference, a name in any spelling, a telephone number or a postcode leads to.

    At most 50, those that answer best first, then the newest; what only shares a sound is left out. A name that
    nobody has is looked for once more with one letter otherwise. The caller records the reads. Of a restricted one,
    whoever may not see it finds nothing but the reference, and that only by the reference: that it answers to a name
    would tell whose it is.
    """
    if is_reference(tidy_reference(typed)):
        rows = await session.rows(_BY_REFERENCE, {"reference": tidy_reference(typed)})
        return await _opened_rows(session, rows, _REFERENCE)
    keys = search_keys(typed)
    how = _HOW.get(min(keys, default="").partition(":")[0], "name")
    found = await _by_keys(session, keys, how)
    if how != "name":
        return found[:MOST_FOUND]
    return _answering(found, typed) or _answering(await _by_keys(session, nearly_keys(typed), _NEARLY), typed)


def _answering(found: Sequence[FoundPerson], typed: str) -> tuple[FoundPerson, ...]:
    answers = [(answers_to(each.identity, typed), each) for each in found if each.identity]
    best = sorted(((well, each) for well, each in answers if well), key=lambda each: each[0], reverse=True)
    return tuple(each for _, each in best[:MOST_FOUND])


async def _by_keys(session: Session, keys: Collection[str], how: str) -> tuple[FoundPerson, ...]:
    if not keys:
        return ()
    rows = await session.rows(_FOUND, {"keys": keyed(session, keys), "most": _LOOKED_AT})
    return await _opened_rows(session, rows, how)


async def _opened_rows(session: Session, rows: Sequence[Row[Any]], how: str) -> tuple[FoundPerson, ...]:
    closed = await hidden(session, [row.subject for row in rows if row.restricted])
    rows = [row for row in rows if row.subject not in closed or how == _REFERENCE]
    await session.keys.open([row.subject for row in rows])
    return tuple([await _found(session, row, how, seen=row.subject not in closed) for row in rows])


async def _found(session: Session, row: Row[Any], how: str, *, seen: bool) -> FoundPerson:
    identity = await _opened(session, row.subject, row.sealed_identity) if seen else None
    name = identity.names[0] if identity and identity.names else ""
    state = State(row.state)
    return FoundPerson(
        row.subject, row.reference, state, row.received_at, row.restricted, how, name, identity, not seen
    )


async def _opened(session: Session, subject: UUID, sealed: bytes | None) -> Identity | None:
    """Return an identity; None where there is none, or it was erased a moment ago."""
    if sealed is None:
        return None
    try:
        return IDENTITIES.validate_json(await session.unseal(subject, sealed))
    except SubjectErased:
        return None
