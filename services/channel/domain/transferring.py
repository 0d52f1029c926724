"""Transfers between panels: how an offer ends, and what is to be done next where both panels are served here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from chassis.errors import Missing
from contracts.vocabulary.days import LONDON
from services.channel.domain.standing import Situation
from services.channel.domain.words import ClosingOutcome, Command, Consent, State


class Answer(StrEnum):
    """How an offer to another panel ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    CALLED_BACK = "called-back"


class Carry(StrEnum):
    """What carries an offer on between two panels of this installation."""

    OPEN = "open"
    WAIT = "wait"
    ACCEPT = "accept"
    REFUSE = "refuse"
    LAPSE = "lapse"
    STOP = "stop"
    NOTHING = "nothing"


CHOOSE_PANEL = "Choose the panel that the case is offered to"
ANSWER_LABELS = {
    Answer.ACCEPTED: "Accepted",
    Answer.REFUSED: "Not accepted",
    Answer.CALLED_BACK: "Called back",
}
ANSWERS = {Command.ACCEPT: Answer.ACCEPTED, Command.RETURN: Answer.REFUSED}
"""What the panel that was asked decides about the pack is its answer to the panel that offered it."""
_LATE = {
    Answer.ACCEPTED: "was accepted before",
    Answer.REFUSED: "was not accepted before",
    Answer.CALLED_BACK: "was called back",
}


_TOLD: Mapping[Command, str] = {
    Command.WITHDRAW: "The police have taken back the pack that this case rests on: do not act on it.",
    Command.HALT: "The police ask that the work in this case waits: do not act in it.",
    Command.GO_ON: "The police say that the work in this case may go on.",
    Command.RECEIVE_SECTION_36: "The police have since referred the person to a panel under section 36. Their grounds:",
}


class TransferNotFound(Missing):
    """An answer names an offer to another panel that was never made here."""

    reason: ClassVar[str] = "transfer-not-found"


@dataclass(frozen=True)
class Standing:
    """How an offer stands: `waits` says that the giver's case still waits for its answer.

    `answer` is what the giver has handled, `said` what the other panel has said; `opened` that its case was opened.
    """

    waits: bool
    opened: bool
    answer: Answer | None = None
    said: Answer | None = None


def carried(offer: Standing) -> Carry:
    """Return what is to be done next with an offer; what the giver has handled first stands.

    The risk owner of the giver's case changes only with `ACCEPT`. An offer that was called back, or whose case went
    elsewhere meanwhile, stops the case that it opened, also where the other panel has accepted it since.
    """
    if offer.answer is None and not offer.waits:
        return Carry.LAPSE
    if not offer.opened:
        return Carry.OPEN if offer.answer is None else Carry.NOTHING
    if offer.answer is None:
        says = {Answer.ACCEPTED: Carry.ACCEPT, Answer.REFUSED: Carry.REFUSE}
        return says.get(offer.said, Carry.WAIT) if offer.said else Carry.WAIT
    called_back = offer.answer is Answer.CALLED_BACK and offer.said in (None, Answer.ACCEPTED)
    return Carry.STOP if called_back else Carry.NOTHING


def asks_for_partnership(situation: Situation, closing: str = "") -> bool:
    """Say whether a case that is given back is one that the police are asked to lead on in a partnership.

    So it is where consent was refused or withdrawn, where the panel did not adopt the case (s.36(4)(e) and (6)), and
    where it closes the case for such a partnership: `closing` is how it last decided to close it.
    """
    said_no = situation.consent in (Consent.REFUSED, Consent.WITHDRAWN)
    for_police = situation.state is State.CLOSING and closing == ClosingOutcome.POLICE_LED
    return said_no or for_police or situation.state in (State.NO_CONSENT, State.NOT_ADOPTED)


def late_words(panel: str, said: Answer, ended: Answer) -> str:
    """Return what the history keeps of an answer that came after the offer had ended."""
    word = "accepted" if said is Answer.ACCEPTED else "did not accept"
    return (
        f"{panel} {word} the case after the transfer {_LATE[ended]}. Nothing has changed: tell them where the case is."
    )


def told_words(command: Command, words: str = "") -> str:
    """Return what a panel that has a case by a link is told when the police stop it, let it go on, or refer it."""
    return f"{_TOLD[command]} {words}".strip()


def corrected_words(words: str) -> str:
    """Return what such a panel is told of what the police found to be wrong in what it was shown."""
    return f"The police were mistaken in what you were shown of this case: {words.strip()}\n\nMark what you hold of it."


def apart_words(at: datetime, shared: Sequence[str]) -> str:
    """Return what such a panel is told of a person whom the police held for somebody else as well."""
    until = at.astimezone(LONDON)
    said = f"The police held the person of this case for somebody else as well, until {until:%-d %B %Y}."
    wrongly = f" Shared on the wrong belief: {'; '.join(shared)}." if shared else ""
    return f"{said} They are not the same.{wrongly}\n\nTake what is about somebody else out of what you hold."
