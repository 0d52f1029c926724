"""What intake can be asked: the ledger of a referral, late lines, what waits to be read, one referral at the desk."""

from services.intake.queries.desk import (
    DeskReferral,
    Unread,
    UnreadPlace,
    count_unread_referrals,
    desk_referral,
    originals_to_read,
    unread_referrals,
)
from services.intake.queries.disclosure import Stored, stored_version
from services.intake.queries.ledgers import (
    TEAM_ORDER,
    LateCount,
    LateLine,
    LatePlace,
    Ledger,
    Line,
    count_late_lines,
    late_lines,
    ledger,
    newest_ledgers,
)
from services.intake.queries.practice import likeness_key, localities_of
from services.intake.queries.quarantine import quarantine_counts, quarantined_of, waiting_for_the_scanner

__all__ = [
    "TEAM_ORDER",
    "DeskReferral",
    "LateCount",
    "LateLine",
    "LatePlace",
    "Ledger",
    "Line",
    "Stored",
    "Unread",
    "UnreadPlace",
    "count_late_lines",
    "count_unread_referrals",
    "desk_referral",
    "late_lines",
    "ledger",
    "likeness_key",
    "localities_of",
    "newest_ledgers",
    "originals_to_read",
    "quarantine_counts",
    "quarantined_of",
    "stored_version",
    "unread_referrals",
    "waiting_for_the_scanner",
]
