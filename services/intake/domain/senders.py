"""What is known of the sender of a mail, when a receipt may go back, and when a mail is perhaps no referral."""

from dataclasses import dataclass, field
from enum import StrEnum

MOST_HOPS = 30
"""A mail that has passed more servers than this is taken to go round in circles (RFC 5321, section 6.3)."""


class Verdict(StrEnum):
    """What a check of the sender came to, in the words of RFC 8601; `untold` when nobody made it."""

    PASS = "pass"  # noqa: S105  the word of the standard, no secret
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NONE = "none"
    UNSURE = "unsure"
    UNTOLD = "untold"

    @classmethod
    def from_word(cls, word: str) -> "Verdict":
        """Return the verdict for a result as a mail server writes it; whatever is no clear answer is `unsure`."""
        try:
            return cls(word.lower())
        except ValueError:
            return cls.UNSURE


class Source(StrEnum):
    """Who looked at the sender."""

    RELAY = "relay"
    OURSELVES = "ourselves"
    NOBODY = "nobody"


@dataclass(frozen=True, kw_only=True)
class SenderEvidence:
    """What is known of the sender of a mail: shown to people, never a reason to drop or to delay.

    `domain` is that of From, `signers` the domains whose DKIM signature held; `replies_elsewhere` says that answers are
    asked to another organisation than the one in From.
    """

    source: Source = Source.NOBODY
    spf: Verdict = Verdict.UNTOLD
    dkim: Verdict = Verdict.UNTOLD
    dmarc: Verdict = Verdict.UNTOLD
    domain: str = field(default="", repr=False)
    signers: tuple[str, ...] = field(default=(), repr=False)
    replies_elsewhere: bool = False

    @property
    def looks_forged(self) -> bool:
        """Say whether From probably names somebody who did not send this.

        The owner of the domain says so (DMARC); or the sending server was not theirs and no signature held; or a check
        failed and answers are asked elsewhere. What nobody checked looks like nothing.
        """
        if Verdict.FAIL in (self.dmarc, *((self.spf,) if self.dkim != Verdict.PASS else ())):
            return self.dmarc != Verdict.PASS
        doubted = {Verdict.FAIL, Verdict.SOFTFAIL} & {self.spf, self.dkim}
        return bool(doubted) and self.replies_elsewhere and self.dmarc != Verdict.PASS


class NoReceipt(StrEnum):
    """Why no receipt goes back by mail."""

    NO_ADDRESS = "no-address"
    AUTOMATIC = "automatic"
    OUR_OWN = "our-own"
    CIRCLES = "circles"
    FORGED = "forged"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What the headers of a mail say, as the rules need it; `from_us` when one of our own Message-IDs is on it."""

    sender: str = field(default="", repr=False)
    null_sender: bool = False
    automatic: bool = False
    submitted: str = ""
    report: bool = False
    received: int = 0
    from_us: bool = False
    answers_us: bool = False
    evidence: SenderEvidence = field(default_factory=SenderEvidence)


def why_no_receipt(letter: Letter, our_addresses: frozenset[str]) -> NoReceipt | None:
    """Return why no receipt goes to the address in From, None when it does; it never goes anywhere else.

    A receipt to a machine could make two of them write to each other for ever (RFC 3834), one to a forged address tells
    a stranger that somebody was referred in their name.
    """
    if not letter.sender or letter.null_sender:
        return NoReceipt.NO_ADDRESS
    if letter.from_us or letter.sender.lower() in our_addresses:
        return NoReceipt.OUR_OWN
    if letter.automatic:
        return NoReceipt.AUTOMATIC
    if letter.received > MOST_HOPS:
        return NoReceipt.CIRCLES
    return NoReceipt.FORGED if letter.evidence.looks_forged else None


class NoReferral(StrEnum):
    """Why a mail is perhaps no referral: it answers, or is, a mail of our own, or adds to a referral that it names."""

    BOUNCE = "bounce"
    AUTO_REPLY = "auto-reply"
    OUR_OWN = "our-own"
    ADDITION = "addition"


def perhaps_no_referral(letter: Letter) -> NoReferral | None:
    """Return why a mail is perhaps no referral, by its headers alone; the last word has what is inside.

    Only what goes back to our own mails counts: a report that one was not delivered, an automatic answer, or our own
    mail come back. Whatever else a machine sends may be a referral and is treated as one.
    """
    if letter.from_us:
        return NoReferral.OUR_OWN
    if letter.report and letter.null_sender:
        return NoReferral.BOUNCE
    if letter.answers_us and (letter.submitted == "auto-replied" or letter.null_sender):
        return NoReferral.AUTO_REPLY
    return None
