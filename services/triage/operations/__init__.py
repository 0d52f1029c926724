"""The writes of triage, one verb each; nothing here commits."""

from services.triage.operations.alarming import Overdue, alarm_overdue
from services.triage.operations.arriving import (
    Arrival,
    NewVersion,
    add_version,
    open_referral,
)
from services.triage.operations.deciding import (
    Acknowledgement,
    acknowledge_signpost,
    answer_pack,
    decide_referral,
    give_back,
    mark_seen,
    record_deconfliction,
    take,
)
from services.triage.operations.erasing import erase_subject
from services.triage.operations.linking import SameAnswer, link_referrals, note_linked
from services.triage.operations.saving import Act

__all__ = [
    "Acknowledgement",
    "Act",
    "Arrival",
    "NewVersion",
    "Overdue",
    "SameAnswer",
    "acknowledge_signpost",
    "add_version",
    "alarm_overdue",
    "answer_pack",
    "decide_referral",
    "erase_subject",
    "give_back",
    "link_referrals",
    "mark_seen",
    "note_linked",
    "open_referral",
    "record_deconfliction",
    "take",
]
