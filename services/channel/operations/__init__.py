"""The writes of Channel, one verb each; nothing here commits."""

from services.channel.operations.alarming import Overdue, alarm_overdue
from services.channel.operations.answering import act_on_case
from services.channel.operations.arriving import (
    Awareness,
    DecisionHeard,
    PackArrival,
    hear_decision,
    keep_awareness,
    mark_awareness_seen,
    receive_pack,
)
from services.channel.operations.asking import (
    Asking,
    Look,
    Reply,
    Undelivered,
    ask,
    end_ask,
    hear_look,
    hear_reply,
    note_undelivered,
)
from services.channel.operations.erasing import erase_subject
from services.channel.operations.following import (
    Correction,
    People,
    follow_police,
    keep_correction,
    note_people,
    stop,
)
from services.channel.operations.obligations import (
    Again,
    Owing,
    answer_here,
    end_obligation,
    keep_obligation,
    make_obligations,
    remind,
)
from services.channel.operations.replies import ANSWERED, SEEN
from services.channel.operations.saving import Act

__all__ = [
    "ANSWERED",
    "SEEN",
    "Act",
    "Again",
    "Asking",
    "Awareness",
    "Correction",
    "DecisionHeard",
    "Look",
    "Overdue",
    "Owing",
    "PackArrival",
    "People",
    "Reply",
    "Undelivered",
    "act_on_case",
    "alarm_overdue",
    "answer_here",
    "ask",
    "end_ask",
    "end_obligation",
    "erase_subject",
    "follow_police",
    "hear_decision",
    "hear_look",
    "hear_reply",
    "keep_awareness",
    "keep_correction",
    "keep_obligation",
    "make_obligations",
    "mark_awareness_seen",
    "note_people",
    "note_undelivered",
    "receive_pack",
    "remind",
    "stop",
]
