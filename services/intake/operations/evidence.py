"""Writes down what is known of the sender of a mail, and why no receipt goes back; it changes nothing else."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Session
from services.intake.domain import NoReceipt, SenderEvidence

_RECORD = text(
    """INSERT INTO sender_evidence (referral_id, area, checked_at, source, spf, dkim, dmarc, replies_elsewhere,
        no_receipt, domains)
    SELECT id, area, :checked_at, :source, :spf, :dkim, :dmarc, :replies_elsewhere, :no_receipt, :domains
    FROM referral WHERE id = :id
    ON CONFLICT (referral_id) DO UPDATE SET checked_at = excluded.checked_at, source = excluded.source,
        spf = excluded.spf, dkim = excluded.dkim, dmarc = excluded.dmarc, domains = excluded.domains,
        replies_elsewhere = excluded.replies_elsewhere, no_receipt = excluded.no_receipt"""
)
_WITHHELD = text("SELECT 1 AS yes FROM sender_evidence WHERE referral_id = :id AND no_receipt = :forged")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What is known of the sender of one mail, and why no receipt went back, None where one did."""

    evidence: SenderEvidence = field(default_factory=SenderEvidence)
    no_receipt: NoReceipt | None = None


async def record_evidence(session: Session, referral_id: UUID, sent: Sent, *, now: datetime) -> None:
    """Write down what is known of a referral's sender; a later look replaces an earlier one."""
    evidence = sent.evidence
    domains = json.dumps({"domain": evidence.domain, "signers": evidence.signers})
    values = {
        "id": referral_id,
        "checked_at": now,
        "source": str(evidence.source),
        "spf": str(evidence.spf),
        "dkim": str(evidence.dkim),
        "dmarc": str(evidence.dmarc),
        "replies_elsewhere": evidence.replies_elsewhere,
        "no_receipt": str(sent.no_receipt or ""),
        "domains": await session.seal(referral_id, domains),
    }
    await session.run(_RECORD, values)


async def receipt_is_withheld(session: Session, referral_id: UUID) -> bool:
    """Say whether nobody is to be written to because the sender looks forged: the form's own address is no better."""
    return await session.first(_WITHHELD, {"id": referral_id, "forged": str(NoReceipt.FORGED)}) is not None
