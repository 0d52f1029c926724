"""The writes of triage, one verb each; nothing here commits."""

from services.triage.operations.alarming import alarm_overdue, escalate
from services.triage.operations.arriving import (
    Arrival,
    NewVersion,
    add_version,
    open_referral,
)
from services.triage.operations.assessing import complete_assessment
from services.triage.operations.console import allocate, discard_of_another, note_officer
from services.triage.operations.deciding import (
    answer_pack,
    decide_referral,
    hear_channel,
    mark_seen,
    record_deconfliction,
    take,
)
from services.triage.operations.erasing import erase_subject
from services.triage.operations.gathering import Reported, keep_gathered
from services.triage.operations.giving_back import GivenBack, keep_given_back
from services.triage.operations.linking import (
    SameAnswer,
    Told,
    answer_elsewhere,
    link_referrals,
    note_linked,
    separate_person,
)
from services.triage.operations.moving import move
from services.triage.operations.obligations import (
    Answer,
    acknowledge_obligation,
    add_action,
    ask_partner,
    cancel,
    fulfil,
    report_obligation,
    review_partnership,
)
from services.triage.operations.people import index_person, look_again, put_off
from services.triage.operations.safeguards import (
    add_note,
    admit,
    correct,
    end_restriction,
    exclude,
    note_denied,
    restrict,
)
from services.triage.operations.saving import Act
from services.triage.operations.social_care import SocialCareSaid, note_social_care
from services.triage.operations.timing import extend_clock, pause_clock, resume_clock
from services.triage.operations.transferring import TransferAnswer, hear_transfer
from services.triage.operations.unreached import (
    AtFrontDoor,
    NotReached,
    note_front_door,
    note_reached,
    note_unreached,
)

__all__ = [
    "Act",
    "Answer",
    "Arrival",
    "AtFrontDoor",
    "GivenBack",
    "NewVersion",
    "NotReached",
    "Reported",
    "SameAnswer",
    "SocialCareSaid",
    "Told",
    "TransferAnswer",
    "acknowledge_obligation",
    "add_action",
    "add_note",
    "add_version",
    "admit",
    "alarm_overdue",
    "allocate",
    "answer_elsewhere",
    "answer_pack",
    "ask_partner",
    "cancel",
    "complete_assessment",
    "correct",
    "decide_referral",
    "discard_of_another",
    "end_restriction",
    "erase_subject",
    "escalate",
    "exclude",
    "extend_clock",
    "fulfil",
    "hear_channel",
    "hear_transfer",
    "index_person",
    "keep_gathered",
    "keep_given_back",
    "link_referrals",
    "look_again",
    "mark_seen",
    "move",
    "note_denied",
    "note_front_door",
    "note_linked",
    "note_officer",
    "note_reached",
    "note_social_care",
    "note_unreached",
    "open_referral",
    "pause_clock",
    "put_off",
    "record_deconfliction",
    "report_obligation",
    "restrict",
    "resume_clock",
    "review_partnership",
    "separate_person",
    "take",
]
