"""What intake does: take in, read, complete, note receipts and progress, erase; one verb each, no commit."""

from services.intake.operations.announcing import MAY_WITHHOLD
from services.intake.operations.claiming import allocate, claim, come_to_desk
from services.intake.operations.correcting import add_version_by_referrer
from services.intake.operations.disclosing import preview, preview_of_area
from services.intake.operations.dividing import Part, divide, places_taken
from services.intake.operations.erasing import erase_subject
from services.intake.operations.evidence import Sent, record_evidence
from services.intake.operations.ledger import note_receipts, purge_keys
from services.intake.operations.likening import liken_again
from services.intake.operations.linking import answer_pair, note_pair_answer
from services.intake.operations.outages import FromSpool, reserve_references, take_in_from_spool
from services.intake.operations.partners import (
    NewSecret,
    add_partner,
    check_repeat,
    new_secret,
    renew_secret,
    revoke_partner,
)
from services.intake.operations.progress import Progress, record_progress
from services.intake.operations.quarantine import note_quarantined, read_again
from services.intake.operations.reading import (
    ToRead,
    complete,
    record_reading,
    take_to_read,
)
from services.intake.operations.receiving import Refusal, receive, receive_all
from services.intake.operations.reconciling import explain, keep_counts, reconciled, tell_of_day
from services.intake.operations.setting_aside import (
    Aside,
    Joining,
    SettledMeanwhile,
    dismiss,
    join_referral,
    leave_aside,
    make_referral,
    set_aside,
    take_aside,
    want_referral,
)
from services.intake.operations.unreached import NotReached, note_reached, note_told, note_unreached

__all__ = [
    "MAY_WITHHOLD",
    "Aside",
    "FromSpool",
    "Joining",
    "NewSecret",
    "NotReached",
    "Part",
    "Progress",
    "Refusal",
    "Sent",
    "SettledMeanwhile",
    "ToRead",
    "add_partner",
    "add_version_by_referrer",
    "allocate",
    "answer_pair",
    "check_repeat",
    "claim",
    "come_to_desk",
    "complete",
    "dismiss",
    "divide",
    "erase_subject",
    "explain",
    "join_referral",
    "keep_counts",
    "leave_aside",
    "liken_again",
    "make_referral",
    "new_secret",
    "note_pair_answer",
    "note_quarantined",
    "note_reached",
    "note_receipts",
    "note_told",
    "note_unreached",
    "places_taken",
    "preview",
    "preview_of_area",
    "purge_keys",
    "read_again",
    "receive",
    "receive_all",
    "reconciled",
    "record_evidence",
    "record_progress",
    "record_reading",
    "renew_secret",
    "reserve_references",
    "revoke_partner",
    "set_aside",
    "take_aside",
    "take_in_from_spool",
    "take_to_read",
    "tell_of_day",
    "want_referral",
]
