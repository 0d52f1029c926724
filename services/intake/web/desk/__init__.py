"""The intake desk: what waits, one referral beside its original, and pairs that may be about the same person."""

from services.intake.web.desk.another import another_referral
from services.intake.web.desk.originals import original
from services.intake.web.desk.pairs import pair, pairs
from services.intake.web.desk.queue import unread
from services.intake.web.desk.referral import allocate_referral, claim_referral, referral

__all__ = [
    "allocate_referral",
    "another_referral",
    "claim_referral",
    "original",
    "pair",
    "pairs",
    "referral",
    "unread",
]
