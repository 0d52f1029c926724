"""When people at the delivery desk may decide that a notice is not sent, and whose second word that needs."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from chassis.errors import Conflict, Forbidden
from services.notify.domain.telling import Kind
from services.notify.domain.ways import State


class NoticeSettled(Conflict):
    """The notice has gone out, was answered, or is not to be sent already: there is nothing to hold back."""

    reason: ClassVar[str] = "notice-settled"

    def __init__(self) -> None:
        """Say what can still be done."""
        super().__init__("This notice has gone out or is held back already; its page shows which.")


class SecondWordNeeded(Forbidden):
    """Somebody is in immediate danger, and the same person cannot both ask and confirm that a notice is held back."""

    reason: ClassVar[str] = "second-word-needed"

    def __init__(self) -> None:
        """Say whose word is missing."""
        super().__init__("Somebody is in immediate danger: another person of the desk must confirm. It is still sent.")


class Held(StrEnum):
    """What follows from somebody's wish that a notice is not sent."""

    NOW = "now"
    AFTER_SECOND_WORD = "after-second-word"


_WAITING = frozenset({State.DUE, State.FAILED, State.SENDING, State.UNDELIVERABLE})


def may_be_held(state: State) -> bool:
    """Say whether a notice in this state can still be held back; of one on its way nothing follows this attempt."""
    return state in _WAITING


def needs_second_word(kind: Kind, *, urgent: bool) -> bool:
    """Say whether a second person must agree: always where somebody is in immediate danger."""
    return urgent and kind != Kind.ASK_CODE


def holding_back(kind: Kind, *, urgent: bool, asked_by: str, actor: str) -> Held:
    """Return what follows from this person's wish; `asked_by` is who asked before, "" where nobody did.

    Raises SecondWordNeeded where the same person comes again.
    """
    if not needs_second_word(kind, urgent=urgent):
        return Held.NOW
    if not asked_by:
        return Held.AFTER_SECOND_WORD
    if asked_by == actor:
        raise SecondWordNeeded
    return Held.NOW


AGES: Mapping[str, tuple[int, int | None]] = {
    "up to 5 minutes": (0, 300),
    "5 minutes to 1 hour": (300, 3600),
    "1 to 4 hours": (3600, 4 * 3600),
    "4 to 24 hours": (4 * 3600, 24 * 3600),
    "over a day": (24 * 3600, None),
}
"""The bands of age in which the delivery desk counts what waits: from and to, in seconds."""
