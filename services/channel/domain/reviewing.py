"""Closure and the reviews after it: what a closing report says, who is asked, and how long reviews go on (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from chassis.errors import Conflict, Missing
from contracts.vocabulary import day_in_words
from contracts.vocabulary.assessment import Assessment
from services.channel.domain.panel import POLICE
from services.channel.domain.standing import Member, force_key
from services.channel.domain.words import ClosingOutcome

ASKED_BEFORE = timedelta(days=28)
"""How long before a review is due the police are asked for it, where they carry it out."""


class ReviewNotFound(Missing):
    """The case has no such review after closure."""

    reason: ClassVar[str] = "review-not-found"


class ReviewDecided(Conflict):
    """The panel has decided on this review already, or it is of an earlier closure."""

    reason: ClassVar[str] = "review-decided"


@dataclass(frozen=True)
class FactorChange:
    """How the presence of a factor was assessed at first and in the end."""

    label: str
    before: str
    after: str


def factor_changes(assessments: Sequence[Assessment]) -> tuple[FactorChange, ...]:
    """Return the factors whose presence the last assessment sees otherwise than the first, which come oldest first.

    Only assessments with the instrument of the last one are compared; nothing is added up.
    """
    if not assessments:
        return ()
    last = assessments[-1]
    first = next(each for each in assessments if each.instrument == last.instrument)
    before = {each.factor: each.presence for each in first.factors}
    return tuple(
        FactorChange(each.label, _words(before.get(each.factor)), _words(each.presence))
        for each in last.factors
        if each.check is None and before.get(each.factor) != each.presence
    )


def _words(presence: str | None) -> str:
    return presence.replace("-", " ") if presence else "not assessed"


def has_reviews(outcome: str) -> bool:
    """Say whether a closed case is reviewed: nobody reviews a person who has died."""
    return outcome != ClosingOutcome.DIED


def why_not_until(until: date | None, latest: date, today: date) -> str:
    """Return why reviews cannot go on until a day, nothing where they can (guidance: two years from closure)."""
    if until is not None and today < until <= latest:
        return ""
    return f"Enter a day after today and until {day_in_words(latest, 'en')}: reviews go on no longer"


def to_be_asked(members: Iterable[Member], force: str) -> Member | None:
    """Return the member of the police who carries out a review: of the person's home force, else of any."""
    police = [each for each in members if each.sector == POLICE]
    return next((each for each in police if force_key(each.force) == force_key(force)), police[0] if police else None)
