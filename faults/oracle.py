"""What must be true afterwards: what the client was told, against what every service holds."""

import asyncio
import base64
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.crypto import SealBroken, unseal
from cli import vault
from cli.provision import KEYS
from contracts.catalogue import SERVICES
from faults import mails
from faults.client import FAIL, OK, UNKNOWN
from faults.target import Target

CONSUMERS = {
    "triage": "SELECT subject, reference FROM referral",
    "notify": "SELECT subject, reference FROM concern",
    "channel": "SELECT subject, reference FROM awareness",
}
EXPLAINED = 12


@dataclass(frozen=True)
class Tried:
    """One attempt of the client's, with what it knows of it; no answer is unknown.

    `again` is the answer when it asked again under the same key, at the end; then the referral must exist.
    """

    door: str
    digest: str
    sent_at: float
    outcome: str = UNKNOWN
    said: str = "the client ended"
    reference: str = ""
    again: str = ""


@dataclass
class Verdict:
    """What was found: counts, and for each sort of wrong the sentences that say where."""

    attempts: Counter[str] = field(default_factory=Counter)
    doors: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    unknown_kept: int = 0
    documents: int = 0
    mails: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.contradicted or self.unsettled)


def tried(record: Path) -> list[Tried]:
    """Return the client's attempts as it wrote them down."""
    found: dict[int, dict[str, Any]] = {}
    lines = record.read_text("utf-8").splitlines() if record.exists() else []
    for line in lines:
        facts = json.loads(line)
        about = found.setdefault(facts.pop("n"), {})
        at = facts.pop("at")
        about |= {
            name: facts[name] for name in ("door", "digest", "outcome", "said", "reference", "again") if name in facts
        }
        about.setdefault("sent_at", at)
    return [Tried(**about) for about in found.values()]


async def judge(target: Target, attempts: list[Tried]) -> Verdict:
    """Compare what the client knows with what intake and the four consumers hold, and with the mails that went out."""
    verdict = Verdict(Counter(each.outcome for each in attempts), Counter(each.door for each in attempts))
    verdict.refusals = Counter(each.said[:60] for each in attempts if each.outcome != OK)
    rows = await target.rows(
        "intake",
        """SELECT referral.*, document.digest, ARRAY(SELECT encode(sign.digest, 'hex') FROM arrival_key AS sign
                WHERE sign.kind = 'reference' AND sign.referral_id = referral.id) AS also
            FROM referral LEFT JOIN document ON document.id = referral.document_id""",
    )
    whole = await _complete(target, rows, verdict)
    kept: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        kept[row["digest"]].append(row)
    for attempt in attempts:
        judged_alone(attempt, kept.get(attempt.digest, []), whole, verdict)
    sent = {each.digest for each in attempts}
    verdict.doubled += [f"{row['reference']} came from nobody." for row in rows if row["digest"] not in sent]
    notices = await target.rows("notify", mails.NOTICES)
    post = await asyncio.to_thread(mails.judged, notices, target.folder.mail, mails.digests_key(target.folder))
    verdict.mails = post.counts
    verdict.lost += post.lost
    verdict.doubled += post.doubled
    return verdict


def judged_alone(attempt: Tried, rows: list[Mapping[str, Any]], whole: set[UUID], verdict: Verdict) -> None:
    """Hold one attempt against the referrals with its digest; `whole` are those that are complete everywhere."""
    name = f"{attempt.door} {attempt.reference or attempt.digest[:12]} ({attempt.outcome}: {attempt.said[:60]})"
    if len(rows) > 1:
        verdict.doubled.append(f"{name} exists {len(rows)} times.")
    found = _led_to(attempt.reference, rows)
    again = _led_to(attempt.again, rows)
    if attempt.outcome == OK and not found:
        verdict.lost.append(f"{name} is not at intake.")
    if attempt.again and not again:
        verdict.lost.append(f"{name}, asked for again, was answered {attempt.again}.")
    if attempt.again and attempt.outcome == OK and attempt.again != attempt.reference and found != again:
        verdict.doubled.append(f"{name}, asked for again, is also {attempt.again}.")
    if attempt.outcome == FAIL and rows:
        verdict.contradicted.append(f"{name} was refused and exists as {rows[0]['reference']}.")
    verdict.unknown_kept += attempt.outcome == UNKNOWN and bool(rows) and not attempt.again
    verdict.lost += [f"{name} is not complete everywhere." for row in rows if row["id"] not in whole]


def _led_to(reference: str, rows: list[Mapping[str, Any]]) -> str:
    """Return the referral's own reference to which this one leads: itself, or one that an outage gave beside it."""
    sign = hashlib.sha256(f"reference|{reference}".encode()).hexdigest()
    found = (row["reference"] for row in rows if reference == row["reference"] or sign in row.get("also", ()))
    return next(found, "")


async def _complete(target: Target, rows: list[Mapping[str, Any]], verdict: Verdict) -> set[UUID]:
    """Return the referrals that all four hold, with every document, version and ledger line; note double effects."""
    whole = {row["id"] for row in rows}
    references = {row["id"]: row["reference"] for row in rows}
    by_key = {row["statistics_key"]: row["id"] for row in rows}

    def missing(where: str, found: Iterable[UUID]) -> None:
        nonlocal whole
        lacking = {row["id"] for row in rows} - set(found)
        verdict.unsettled += [f"{references[each]} lacks {where}." for each in list(lacking)[:EXPLAINED]]
        whole -= lacking

    def once(what: str, found: Iterable[Any]) -> None:
        verdict.doubled += [f"{what} {each} exists {n} times." for each, n in Counter(found).items() if n > 1]

    for service, query in CONSUMERS.items():
        held = await target.rows(service, query)
        missing(f"its place at {service}", (row["subject"] for row in held))
        once(f"{service}'s", (row["reference"] for row in held))
        strangers = {row["subject"] for row in held} - set(references)
        verdict.doubled += [f"{service} holds {each}, which intake does not." for each in strangers]
    facts = await target.rows("stats", "SELECT key FROM fact_log WHERE stage = 'intake' AND version = 1")
    missing("its fact at stats", (by_key[row["key"]] for row in facts if row["key"] in by_key))
    verdict.doubled += [f"A fact {row['key']} counts nobody." for row in facts if row["key"] not in by_key]
    once("A fact of", (row["key"] for row in facts))
    told = await target.rows("notify", "SELECT subject, kind, recipient_key, event_id FROM notice")
    missing("its notice to a front door", (row["subject"] for row in told if row["kind"] == "concern-received"))
    once("A notice", ((row["subject"], row["kind"], row["recipient_key"]) for row in told))
    versions = await target.rows("triage", "SELECT subject, version FROM referral_version")
    held_versions = Counter(row["subject"] for row in versions)
    missing("a version at triage", (row["id"] for row in rows if held_versions[row["id"]] == row["version"]))
    received = await target.rows("triage", "SELECT subject FROM history WHERE command = 'receive'")
    once("A history's beginning of", (row["subject"] for row in received))
    open_lines = await target.rows("intake", "SELECT referral_id FROM ledger_line WHERE required AND stored_at IS NULL")
    missing("a closed ledger", set(references) - {row["referral_id"] for row in open_lines})
    verdict.documents = await _documents(target, rows, missing)
    return whole


async def _documents(target: Target, rows: list[Mapping[str, Any]], missing: Any) -> int:
    """Open every sealed copy of every original wherever it was granted; return how many opened to their digest."""
    granted = await target.rows(
        "intake",
        "SELECT document_id, service, subject, digest FROM document_grant "
        "JOIN document ON document.id = document_grant.document_id",
    )
    own = [(row["document_id"], "intake", row["id"], row["digest"]) for row in rows]
    wanted = [*own, *((row["document_id"], row["service"], row["subject"], row["digest"]) for row in granted)]
    good: set[tuple[UUID, str]] = set()
    for service in sorted({each[1] for each in wanted}):
        good |= {(document, service) for document in await _opened(target, service)}
    bad = {subject for document, service, subject, _ in wanted if (document, service) not in good}
    missing("a document with the right digest", {row["id"] for row in rows} - bad)
    return len(wanted) - sum((document, service) not in good for document, service, _, _ in wanted)


async def _opened(target: Target, service: str) -> set[UUID]:
    """Return a service's documents that open under their subject's key to bytes of the digest that they should have."""
    wrapping = AESGCM(base64.b64decode(vault.load(target.folder).key_encryption_keys[service]))
    async with target.database(KEYS) as connection:
        wrapped = await connection.fetch(f"SELECT subject, wrapped FROM key_{service}.subject_key")
    keys = {row["subject"]: AESGCM(unseal(wrapping, row["wrapped"], row["subject"].bytes)) for row in wrapped}
    announced = {row["id"]: row["digest"] for row in await target.rows("intake", "SELECT id, digest FROM document")}
    found = set()
    async with target.database(vault.database_of(service)) as connection, connection.transaction():
        async for row in connection.cursor("SELECT id, subject, body FROM document"):
            try:
                plain = unseal(keys[row["subject"]], row["body"], row["subject"].bytes)
            except (KeyError, SealBroken):
                continue
            if hashlib.sha256(plain).hexdigest() == announced.get(row["id"]):
                found.add(row["id"])
    return found


async def settled(target: Target) -> list[str]:
    """Return what is still on its way anywhere, as sentences; nothing when all is quiet."""
    waiting = {
        "dispatch": "stored_at IS NULL AND waived_at IS NULL AND erased_at IS NULL",
        "outbox": "published_at IS NULL",
        "inbox_held": "true",
        "inbox_parked": "state = 'waiting'",
        "receipt_out": "published_at IS NULL",
    }
    found = []
    for service in SERVICES:
        for table, condition in waiting.items():
            (row,) = await target.rows(service, f"SELECT count(*) AS n FROM {table} WHERE {condition}")
            found += [f"{service} has {row['n']} open rows in {table}."] if row["n"] else []
    (row,) = await target.rows("notify", mails.ON_THEIR_WAY)
    found += [f"notify has {row['n']} mails to send."] if row["n"] else []
    unread = await target.rows("intake", "SELECT reference FROM referral WHERE reading = 'being-read'")
    spooled = len(list(target.folder.spool.glob("*.entry")))
    found += [f"intake has {spooled} originals in its spool."] if spooled else []
    return [*found, *(f"{row['reference']} is still being read." for row in unread)]
