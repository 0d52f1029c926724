"""What is known of the sender of a mail, in plain sentences."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select

from chassis.database import Session
from services.intake import models
from services.intake.domain import NoReceipt, SenderEvidence, Source, Verdict

SOURCES: Mapping[Source, str] = MappingProxyType(
    {
        Source.RELAY: "Our mail relay checked the sender when the mail arrived.",
        Source.OURSELVES: "The software checked the signatures of the mail.",
        Source.NOBODY: "Nobody checked the sender: neither our mail relay nor the software.",
    }
)
NO_RECEIPTS: Mapping[NoReceipt, str] = MappingProxyType(
    {
        NoReceipt.NO_ADDRESS: "No receipt was sent: the mail gives no address to answer.",
        NoReceipt.AUTOMATIC: "No receipt was sent: a machine or a mailing list sent the mail.",
        NoReceipt.OUR_OWN: "No receipt was sent: the mail comes from an address of our own.",
        NoReceipt.CIRCLES: "No receipt was sent: the mail has been through too many servers.",
        NoReceipt.FORGED: "No receipt was sent, because the sender may be forged: answer by telephone.",
    }
)


@dataclass(frozen=True)
class SenderShown:
    """What the desk is told of a sender: sentences in the order to be read; evidence, never a verdict on the referral.

    `domain` is that of the address in From, "" where there is none.
    """

    checked_at: datetime
    sentences: tuple[str, ...] = field(repr=False)
    looks_forged: bool
    domain: str = field(default="", repr=False)


@dataclass(frozen=True)
class Recorded:
    """What was written down of a sender when the mail was looked at, and why no receipt went back, if none did."""

    checked_at: datetime
    evidence: SenderEvidence
    no_receipt: NoReceipt | None


async def evidence_of(session: Session, referral_id: UUID) -> SenderShown | None:
    """Return what is known of a referral's sender; None when it came by no mail, or has not been looked at yet."""
    recorded = await recorded_evidence(session, referral_id)
    if recorded is None:
        return None
    evidence = recorded.evidence
    told = [NO_RECEIPTS[recorded.no_receipt]] if recorded.no_receipt else []
    return SenderShown(recorded.checked_at, (*sentences_of(evidence), *told), evidence.looks_forged, evidence.domain)


async def recorded_evidence(session: Session, referral_id: UUID) -> Recorded | None:
    """Return what was written down of a referral's sender; None as for `evidence_of`."""
    table = models.sender_evidence
    row = await session.first(select(table).where(table.c.referral_id == referral_id))
    if row is None:
        return None
    domains = json.loads(await session.unseal_text(referral_id, row.domains)) if row.domains else {}
    evidence = SenderEvidence(
        source=Source(row.source),
        spf=Verdict(row.spf),
        dkim=Verdict(row.dkim),
        dmarc=Verdict(row.dmarc),
        domain=domains.get("domain", ""),
        signers=tuple(domains.get("signers", ())),
        replies_elsewhere=row.replies_elsewhere,
    )
    return Recorded(row.checked_at, evidence, NoReceipt(row.no_receipt) if row.no_receipt else None)


def sentences_of(evidence: SenderEvidence) -> tuple[str, ...]:
    """Return what was found, in plain sentences."""
    if evidence.source == Source.NOBODY:
        return SOURCES[evidence.source], *_elsewhere(evidence)
    checks = (_dmarc(evidence), _dkim(evidence), _spf(evidence))
    return SOURCES[evidence.source], *(check for check in checks if check), *_elsewhere(evidence)


def _dmarc(evidence: SenderEvidence) -> str:
    domain = evidence.domain or "the sender's domain"
    return {
        Verdict.PASS: f"The mail really comes from {domain} (DMARC passed).",
        Verdict.FAIL: f"The mail does not come from {domain}, or was changed on its way (DMARC failed).",
        Verdict.NONE: f"The owner of {domain} does not say how to recognise its mail (no DMARC).",
        Verdict.UNSURE: "Whether the mail comes from where it says could not be found out (DMARC).",
    }.get(evidence.dmarc, "")


def _dkim(evidence: SenderEvidence) -> str:
    if evidence.dkim == Verdict.PASS:
        named = [signer for signer in evidence.signers if signer]
        return f"It is signed, unchanged, by {' and '.join(named) or 'its sender'} (DKIM passed)."
    return {
        Verdict.FAIL: "Its signature does not hold (DKIM failed).",
        Verdict.NONE: "It is not signed (no DKIM).",
        Verdict.UNSURE: "Its signature could not be checked (DKIM).",
    }.get(evidence.dkim, "")


def _spf(evidence: SenderEvidence) -> str:
    return {
        Verdict.PASS: "The server that sent it may send for that domain (SPF passed).",
        Verdict.FAIL: "The server that sent it may not send for that domain (SPF failed).",
        Verdict.SOFTFAIL: "The server that sent it probably may not send for that domain (SPF soft fail).",
        Verdict.NONE: "The domain does not say which servers may send for it (no SPF).",
        Verdict.UNSURE: "Whether the server may send for that domain could not be found out (SPF).",
    }.get(evidence.spf, "")


def _elsewhere(evidence: SenderEvidence) -> tuple[str, ...]:
    if not evidence.replies_elsewhere:
        return ()
    return ("Answers are asked to another organisation than the one that the mail comes from (Reply-To).",)
