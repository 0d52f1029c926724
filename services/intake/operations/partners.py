"""Makes partners known, gives them new secrets, and ends what they may do."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, text

from chassis import audit
from chassis.database import Session
from services.intake import models
from services.intake.domain import (
    KEY_OF_ERASED,
    KEY_USED,
    ArrivalKey,
    KeyKind,
    KeyUsedForAnotherRequest,
    PartnerKnownAlready,
    PartnerUnknown,
    ReferralErased,
    SecretDigest,
    Terms,
    key_for,
    sign_of_erased,
)

SALT_BYTES = 16
SECRET_BYTES = 32
_INSERT = insert(models.partner)
_TAKEN = text("SELECT id FROM partner WHERE client_id = :client_id")
_SENT_BEFORE = text("SELECT kind, request_digest FROM arrival_key WHERE digest = :digest")
_BLANK_KEYS = text(
    """UPDATE arrival_key SET kind = :erased, request_digest = '', referral_id = :nobody
    WHERE referral_id = :id AND kind = :key"""
)
_SENT_BY = text(
    """SELECT own.partner_id, own.area, own.sent_at, referral.reference
    FROM partner_referral AS own JOIN referral ON referral.id = own.referral_id WHERE own.referral_id = :id"""
)
_OTHER_REFERENCES = text("SELECT digest FROM arrival_key WHERE referral_id = :id AND kind = :reference")
_LEAVE_SIGN = text(
    """INSERT INTO arrival_key (digest, kind, area, request_digest, referral_id, seen_at)
    VALUES (:digest, :erased, :area, '', :nobody, :seen_at) ON CONFLICT (digest) DO NOTHING"""
)
NO_REFERRAL = UUID(int=0)
_RENEW = text(
    """UPDATE partner SET secret_salt = :salt, secret_digest = :digest, generation = generation + 1
    WHERE client_id = :client_id AND revoked_at IS NULL RETURNING id"""
)
_REVOKE = text(
    """UPDATE partner SET revoked_at = coalesce(revoked_at, :now), generation = generation + 1
    WHERE client_id = :client_id RETURNING id"""
)


@dataclass(frozen=True, repr=False)
class NewSecret:
    """A client secret, shown once to whoever asked for it, and what is kept of it."""

    secret: str
    kept: SecretDigest


def new_secret() -> NewSecret:
    """Return a new secret of 256 bits; slow on purpose, so call it in a thread."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return NewSecret(secret, SecretDigest.of(secret, secrets.token_bytes(SALT_BYTES)))


async def add_partner(session: Session, terms: Terms, secret: SecretDigest, *, reason: str, now: datetime) -> UUID:
    """Make a partner known and return its id; raises PartnerNotUsable, PartnerKnownAlready."""
    terms = terms.checked()
    if await session.first(_TAKEN, {"client_id": terms.client_id}) is not None:
        raise PartnerKnownAlready(f"There is a partner {terms.client_id} already: choose another client id.")
    partner_id = uuid4()
    values = {
        "id": partner_id,
        "client_id": terms.client_id,
        "organisation": terms.organisation,
        "sector": str(terms.sector),
        "areas": list(terms.areas),
        "scopes": sorted(terms.scopes),
        "requests_per_minute": terms.requests_per_minute,
        "secret_salt": secret.salt,
        "secret_digest": secret.digest,
        "generation": 1,
        "added_at": now,
        "revoked_at": None,
    }
    await session.execute(_INSERT, values)
    await _noted(session, "partner.added", partner_id, terms.client_id, reason=reason, now=now)
    return partner_id


async def renew_secret(session: Session, client_id: str, secret: SecretDigest, *, reason: str, now: datetime) -> None:
    """Replace a partner's secret and end its tokens; raises PartnerUnknown, also for one that was revoked."""
    values = {"client_id": client_id, "salt": secret.salt, "digest": secret.digest}
    row = await session.first(_RENEW, values)
    if row is None:
        raise PartnerUnknown(f"There is no partner {client_id} here that may sign in: list them first.")
    await _noted(session, "partner.secret-renewed", row.id, client_id, reason=reason, now=now)


async def revoke_partner(session: Session, client_id: str, *, reason: str, now: datetime) -> None:
    """End what a partner may do, with every token it holds; raises PartnerUnknown."""
    row = await session.first(_REVOKE, {"client_id": client_id, "now": now})
    if row is None:
        raise PartnerUnknown(f"There is no partner {client_id} here: list them first.")
    await _noted(session, "partner.revoked", row.id, client_id, reason=reason, now=now)


async def check_repeat(session: Session, key: ArrivalKey) -> None:
    """Raise KeyUsedForAnotherRequest or ReferralErased where a key came with another request before."""
    row = await session.first(_SENT_BEFORE, {"digest": key.digest})
    if row is not None and row.kind == KeyKind.ERASED:
        raise ReferralErased(KEY_OF_ERASED)
    if row is not None and bytes(row.request_digest) != key.request_digest:
        raise KeyUsedForAnotherRequest(KEY_USED)


async def leave_signs(session: Session, erased: UUID) -> None:
    """Leave of a referral that is being erased what its partner needs to be told so, and nothing that leads to it.

    Its keys stay as bare signs, so that a request sent again makes no new referral, and a sign of partner and reference
    for whoever asks how far it has got. All are forgotten 30 days after the partner sent what they stand for.
    """
    nobody = {"erased": str(KeyKind.ERASED), "nobody": NO_REFERRAL}
    others = await session.rows(_OTHER_REFERENCES, {"id": erased, "reference": str(KeyKind.REFERENCE)})
    senders = await session.rows(_SENT_BY, {"id": erased})
    for own in senders:
        for sign in (key_for(KeyKind.REFERENCE, own.reference).digest, *(bytes(each.digest) for each in others)):
            left = {"digest": sign_of_erased(own.partner_id, sign), "area": own.area, "seen_at": own.sent_at}
            await session.run(_LEAVE_SIGN, left | nobody)
    if senders:
        await session.run(_BLANK_KEYS, {"id": erased, "key": str(KeyKind.IDEMPOTENCY_KEY)} | nobody)


async def _noted(
    session: Session, action: str, partner_id: UUID, client_id: str, *, reason: str, now: datetime
) -> None:
    facts = {"partner_id": str(partner_id), "client_id": client_id}
    await audit.record(session, action, subject=None, now=now, reason=reason, facts=facts)
