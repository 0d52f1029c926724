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
from services.channel.operations.erasing import erase_subject
from services.channel.operations.following import (
    Correction,
    People,
    follow_police,
    keep_correction,
    note_people,
    stop,
)
from services.channel.operations.saving import Act

__all__ = [
    "Act",
    "Awareness",
    "Correction",
    "DecisionHeard",
    "Overdue",
    "PackArrival",
    "People",
    "act_on_case",
    "alarm_overdue",
    "erase_subject",
    "follow_police",
    "hear_decision",
    "keep_awareness",
    "keep_correction",
    "mark_awareness_seen",
    "note_people",
    "receive_pack",
    "stop",
]
