"""Consent to support: who is asked, whose word counts on which day, and what must be recorded with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from services.channel.domain.ageing import eighteenth_birthday, is_of_age
from services.channel.domain.words import Command, Consent


class Decider(StrEnum):
    """Who decides on consent (CTSA 2015 s.36, explanatory note 206; Mental Capacity Act 2005 s.4)."""

    SELF = "self"
    PARENT = "parent"
    GUARDIAN = "guardian"
    BEST_INTERESTS = "best-interests"


class Capacity(StrEnum):
    """Whether the person can decide about the support themselves."""

    HAS = "has-capacity"
    LACKS = "lacks-capacity"


class Asked(StrEnum):
    """Who has to be asked on a day."""

    PERSON = "person"
    PARENT = "parent-or-guardian"
    UNKNOWN = "age-not-known"


DECIDER_LABELS: Mapping[Decider, str] = {
    Decider.SELF: "The person",
    Decider.PARENT: "A parent",
    Decider.GUARDIAN: "A guardian",
    Decider.BEST_INTERESTS: "A best-interests decision",
}
ASKED_OF: Mapping[Decider, str] = {**DECIDER_LABELS, Decider.BEST_INTERESTS: "Who decides in their best interests"}
CAPACITY_LABELS: Mapping[Capacity, str] = {
    Capacity.HAS: "Has the capacity to decide",
    Capacity.LACKS: "Does not have the capacity to decide",
}
ASKED_LABELS: Mapping[Asked, str] = {
    Asked.PERSON: "The person: they are 18 or over, so nobody else can decide for them.",
    Asked.PARENT: "A parent or guardian: the person is under 18. Listen to the person too.",
    Asked.UNKNOWN: "Find out first how old the person is: at 18 they decide themselves, before that a parent or "
    "guardian does.",
}
BECOMES: Mapping[Command, Consent] = {
    Command.CONSENT_ASKED: Consent.AWAITED,
    Command.CONSENT_GIVEN: Consent.GIVEN,
    Command.CONSENT_REFUSED: Consent.REFUSED,
    Command.CONSENT_WITHDRAWN: Consent.WITHDRAWN,
}
"""Where consent stands after each command."""
STOPS = frozenset({Consent.REFUSED, Consent.WITHDRAWN, Consent.LAPSED})
"""After these nobody gives support: whoever has the person's data is told to stop."""
TOLD: Mapping[Consent, str] = {
    Consent.GIVEN: "Consent to the support has been given. The support can begin, or go on, as agreed.",
    Consent.REFUSED: "Consent to the support has been refused. Stop what you do as part of the plan, or do not begin "
    "it, do not use what was shared with you for it any more, and say here whether you have stopped.",
    Consent.WITHDRAWN: "Consent to the support has been withdrawn. Stop what you do as part of the plan, do not use "
    "what was shared with you for it any more, and say here whether you have stopped.",
    Consent.LAPSED: "The person has turned 18, and the consent of a parent or guardian counts no longer. Stop what "
    "you do as part of the plan until they have been asked themselves, and say here whether you have stopped.",
}
"""What everybody is told who has the person's data when consent changes; other duties of theirs stay as they are."""
REASONS: Mapping[Command, str] = {
    Command.CONSENT_REFUSED: "Consent to support was refused and there is a risk: offered for a police-led "
    "partnership.",
    Command.CONSENT_WITHDRAWN: "Consent to support was withdrawn and there is a risk: offered for a police-led "
    "partnership.",
}
"""The reason that is offered for giving the case back to the police; the officer writes on."""


@dataclass(frozen=True)
class Decision:
    """What somebody said about consent on a day.

    `told_age` is what the officer found out where no date of birth is known: 18 or over, or not; None: nobody asked.
    `newest` is the day of what was recorded last: consent counts in the order of days.
    """

    command: Command
    on: date
    by: Decider
    capacity: Capacity | None = None
    told_age: bool | None = None
    relationship: str = ""
    best_interests: str = ""
    newest: date | None = None


def to_be_asked(born: date | None, on: date) -> Asked:
    """Return who is asked for consent on a day."""
    of_age = is_of_age(born, on)
    if of_age is None:
        return Asked.UNKNOWN
    return Asked.PERSON if of_age else Asked.PARENT


def turned_18(born: date | None, on: date) -> date | None:
    """Return the day on which somebody turned 18 if that is not after a day, None otherwise."""
    birthday = eighteenth_birthday(born) if born else None
    return birthday if birthday and birthday <= on else None


def refused_because(said: Decision, born: date | None, today: date) -> tuple[tuple[str, str], ...]:
    """Return (field, sentence) for everything that makes a decision on consent invalid, or that is missing with it.

    The age counts on the day of the decision; what a parent or guardian said counts only until the 18th birthday.
    """
    if said.on > today:
        return (("on", "The day must not be in the future: record the decision when it has been made"),)
    if said.newest and said.on < said.newest:
        return (("on", "Something is recorded for a later day already, and it counts: write this one into a note"),)
    of_age = said.told_age if born is None else is_of_age(born, said.on)
    if of_age is None:
        return (("told_age", "Say whether the person is 18 or over: no date of birth is known"),)
    wrong = _adult(said) if of_age else _child(said, born, today)
    return tuple(wrong) + tuple(_words(said))


def _adult(said: Decision) -> list[tuple[str, str]]:
    if said.by in (Decider.PARENT, Decider.GUARDIAN):
        return [("by", "The person is 18 or over on that day, so only they can decide: ask them (CTSA 2015 s.36)")]
    if said.capacity is None and said.command is not Command.CONSENT_ASKED:
        return [("capacity", "Say whether the person has the capacity to decide about the support")]
    if said.by is Decider.SELF and said.capacity is Capacity.LACKS:
        sentence = "Somebody who does not have the capacity cannot decide: choose the best-interests decision"
        return [("by", f"{sentence} (Mental Capacity Act 2005 s.4)")]
    if said.by is Decider.BEST_INTERESTS and said.capacity is Capacity.HAS:
        return [("by", "The person has the capacity to decide, so only their own word counts")]
    return []


def _child(said: Decision, born: date | None, today: date) -> list[tuple[str, str]]:
    if said.by is Decider.BEST_INTERESTS:
        return [("by", "The person is under 18 on that day, so a parent or guardian decides")]
    # Nobody is supported who does not want it: a refusal counts whoever says it.
    if said.command in (Command.CONSENT_REFUSED, Command.CONSENT_WITHDRAWN):
        return []
    if said.by is Decider.SELF:
        sentence = "The person is under 18 on that day: support needs the consent of a parent or guardian"
        return [("by", f"{sentence} (CTSA 2015 s.36)")]
    if turned_18(born, today):
        return [("by", "The person has turned 18 since, so that consent counts no longer: ask them")]
    return []


def _words(said: Decision) -> list[tuple[str, str]]:
    wrong = []
    if said.by in (Decider.PARENT, Decider.GUARDIAN) and not said.relationship.strip():
        wrong.append(("relationship", "Enter how they are related to the person, for example mother"))
    decided = said.command is not Command.CONSENT_ASKED
    if decided and said.by is Decider.BEST_INTERESTS and not said.best_interests.strip():
        wrong.append(("best_interests", "Say who made the best-interests decision, who was heard, and why"))
    return wrong


@dataclass(frozen=True)
class Holder:
    """Somebody who has data of the person, and how they are reached: by the area file, in the console, or by mail."""

    name: str
    why: str
    recipient: str = ""
    officer_id: str = ""
    address: str = ""

    def owner(self) -> str:
        """Return how they are named in the clear: a typed name may lead to the person, so only why they know."""
        return self.name if self.recipient or self.officer_id else f"{self.why[:1].upper()}{self.why[1:]}"

    def key(self) -> str:
        """Return what makes two of them the same."""
        reached = (self.recipient, self.officer_id, self.address, self.name)
        return next((each.strip().casefold() for each in reached if each.strip()), "")


def each_once(holders: Iterable[Holder]) -> tuple[Holder, ...]:
    """Return everybody once, with every way in which they came by the data."""
    found: dict[str, Holder] = {}
    for each in holders:
        known = found.setdefault(each.key(), each)
        if each.why not in known.why.split(", "):
            found[each.key()] = replace(known, why=f"{known.why}, {each.why}")
    return tuple(found.values())


def told(holder: Holder, consent: Consent) -> str:
    """Return what somebody is told of a change; it is kept sealed, and begins with their name."""
    return f"To {holder.name}\n\n{TOLD[consent]}"


def addressee(message: str) -> str:
    """Return to whom such words went."""
    return message.partition("\n")[0].removeprefix("To ")


def lapses(consent: Consent) -> bool:
    """Say whether consent ends on the 18th birthday: it was a parent's or guardian's, or one of them was asked."""
    return consent in (Consent.GIVEN, Consent.AWAITED)
