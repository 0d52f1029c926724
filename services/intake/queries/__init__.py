"""What intake can be asked: the ledger of a referral, late lines, what waits to be read, one referral at the desk."""

from services.intake.queries.additions import AddedTo, referral_added_to
from services.intake.queries.desk import (
    DeskCount,
    DeskList,
    DeskReferral,
    Officer,
    Unread,
    UnreadPlace,
    count_desk,
    desk_referral,
    officers_of,
    originals_to_read,
    unread_referrals,
)
from services.intake.queries.disclosure import Stored, proof, stored_version
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
from services.intake.queries.lines import LineList, LinePlace, PlacedLine, ledger_lines
from services.intake.queries.links import PairPlace, PairView, WaitingPair, count_waiting_pairs, pairs_of, waiting_pairs
from services.intake.queries.partners import ListedPartner, OwnReferral, listed_partners, own_referral
from services.intake.queries.practice import likeness_key, localities_of
from services.intake.queries.quarantine import quarantined_of, waiting_for_the_scanner
from services.intake.queries.reconciliation import (
    came_in,
    count_open_differences,
    open_days,
    reconciliation,
    reconciliation_line,
)
from services.intake.queries.references import by_reference
from services.intake.queries.same_mail import same_mail_of
from services.intake.queries.senders import SenderShown, evidence_of
from services.intake.queries.setting_aside import (
    MailSetAside,
    asides_to_read,
    count_mails_set_aside,
    mail_set_aside,
    mails_set_aside,
)
from services.intake.queries.unreached import UnreachedView, count_unreached, unreached, unreached_found

__all__ = [
    "TEAM_ORDER",
    "AddedTo",
    "DeskCount",
    "DeskList",
    "DeskReferral",
    "LateCount",
    "LateLine",
    "LatePlace",
    "Ledger",
    "Line",
    "LineList",
    "LinePlace",
    "ListedPartner",
    "MailSetAside",
    "Officer",
    "OwnReferral",
    "PairPlace",
    "PairView",
    "PlacedLine",
    "SenderShown",
    "Stored",
    "UnreachedView",
    "Unread",
    "UnreadPlace",
    "WaitingPair",
    "asides_to_read",
    "by_reference",
    "came_in",
    "count_desk",
    "count_late_lines",
    "count_mails_set_aside",
    "count_open_differences",
    "count_unreached",
    "count_waiting_pairs",
    "desk_referral",
    "evidence_of",
    "late_lines",
    "ledger",
    "ledger_lines",
    "likeness_key",
    "listed_partners",
    "localities_of",
    "mail_set_aside",
    "mails_set_aside",
    "newest_ledgers",
    "officers_of",
    "open_days",
    "originals_to_read",
    "own_referral",
    "pairs_of",
    "proof",
    "quarantined_of",
    "reconciliation",
    "reconciliation_line",
    "referral_added_to",
    "same_mail_of",
    "stored_version",
    "unreached",
    "unreached_found",
    "unread_referrals",
    "waiting_for_the_scanner",
    "waiting_pairs",
]
