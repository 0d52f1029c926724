"""What is to be done with a message, given what has been handled: pure decisions."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from contracts.envelope import Envelope


class Verdict(StrEnum):
    """The four answers of the inbox."""

    APPLY = "apply"
    REPEAT = "repeat"
    HOLD = "hold"
    CONFLICT = "conflict"


class Position(NamedTuple):
    """How far a (topic, subject) has been handled; epoch 0 means nothing yet."""

    epoch: int = 0
    sequence: int = 0


def judge(position: Position, envelope: Envelope, handled_id: UUID | None) -> Verdict:
    """Decide about one message.

    `handled_id` is the event id that was handled under the message's own number, if any. A higher epoch begins again
    at 1: its publisher was restored from a backup.
    """
    if envelope.epoch > position.epoch:
        return Verdict.APPLY if envelope.sequence == 1 else Verdict.HOLD
    if envelope.epoch == position.epoch:
        if envelope.sequence == position.sequence + 1:
            return Verdict.APPLY
        if envelope.sequence > position.sequence:
            return Verdict.HOLD
    return Verdict.REPEAT if handled_id == envelope.event_id else Verdict.CONFLICT
