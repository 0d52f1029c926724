"""The writes of triage, one verb each; nothing here commits."""

from services.triage.operations.alarming import Overdue, alarm_overdue
from services.triage.operations.arriving import (
    Arrival,
    NewVersion,
    add_version,
    open_referral,
)
from services.triage.operations.deciding import (
    answer_pack,
    decide_referral,
    hear_channel,
    hear_transfer,
    mark_seen,
    record_deconfliction,
    take,
)
from services.triage.operations.erasing import erase_subject
from services.triage.operations.linking import SameAnswer, link_referrals, note_linked
from services.triage.operations.obligations import (
    Answer,
    acknowledge_obligation,
    end_obligation,
    report_obligation,
)
from services.triage.operations.saving import Act

__all__ = [
    "Act",
    "Answer",
    "Arrival",
    "NewVersion",
    "Overdue",
    "SameAnswer",
    "acknowledge_obligation",
    "add_version",
    "alarm_overdue",
    "answer_pack",
    "decide_referral",
    "end_obligation",
    "erase_subject",
    "hear_channel",
    "hear_transfer",
    "link_referrals",
    "mark_seen",
    "note_linked",
    "open_referral",
    "record_deconfliction",
    "report_obligation",
    "take",
]
