"""Outcome analysis without identity: what is counted, over which months, which counts are too small to show (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.channel.domain.words import Command, State

MONTHS = 12
_YEAR = 12
NOT_SHOWN = "not shown"


class Measure(StrEnum):
    """What is counted by month, in the order of the pathway."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    ADOPTED = "adopted"
    NOT_ADOPTED = "not-adopted"
    CONSENT_GIVEN = "consent-given"
    CONSENT_REFUSED = "consent-refused"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    CLOSED = "closed"
    REOPENED = "reopened"


MEASURE_LABELS: Mapping[Measure, str] = {
    Measure.OFFERED: "Packs offered",
    Measure.ACCEPTED: "Packs accepted",
    Measure.RETURNED: "Packs returned",
    Measure.ADOPTED: "Adopted",
    Measure.NOT_ADOPTED: "Not adopted",
    Measure.CONSENT_GIVEN: "Consent given",
    Measure.CONSENT_REFUSED: "Consent refused",
    Measure.CONSENT_WITHDRAWN: "Consent withdrawn",
    Measure.CLOSED: "Closed",
    Measure.REOPENED: "Opened again",
}

MEASURE_OF: Mapping[Command, Measure] = {
    Command.OPEN: Measure.OFFERED,
    Command.RECEIVE_TRANSFER: Measure.OFFERED,
    Command.ACCEPT: Measure.ACCEPTED,
    Command.RETURN: Measure.RETURNED,
    Command.ADOPT: Measure.ADOPTED,
    Command.NOT_ADOPT: Measure.NOT_ADOPTED,
    Command.CONSENT_GIVEN: Measure.CONSENT_GIVEN,
    Command.CONSENT_REFUSED: Measure.CONSENT_REFUSED,
    Command.CONSENT_WITHDRAWN: Measure.CONSENT_WITHDRAWN,
    Command.CLOSING_REPORT: Measure.CLOSED,
    Command.REOPEN: Measure.REOPENED,
}
"""Only commands that moved a case are counted: a case that is adopted again after a refusal counts again."""

STAGES: Mapping[State, str] = {
    State.OFFERED: "From the offer to the answer",
    State.ACCEPTED: "From acceptance until the information was gathered",
    State.GATHERED: "From the information to the section 36 decision",
    State.REFERRED: "From the referral to the panel’s decision",
    State.ADOPTED: "From adoption to a complete plan",
    State.PLANNED: "From the plan to an answer on consent",
    State.SUPPORTED: "Support",
    State.NO_CONSENT: "Without consent, until it was given or the case went on",
    State.CLOSING: "From the decision to close to the closing report",
}
"""The states whose length is measured, from when a case came there until it left."""


@dataclass(frozen=True)
class Stay:
    """How many cases left a state, and after how many days: the median, and the days within which nine in ten did."""

    state: State
    count: int
    median: float
    nine_in_ten: float


def later_month(month: date, by: int) -> date:
    """Return the first day of the month that comes so many after that of a day, or before it."""
    counted = month.year * _YEAR + month.month - 1 + by
    return date(counted // _YEAR, counted % _YEAR + 1, 1)


def months_until(last: date, number: int = MONTHS) -> tuple[date, ...]:
    """Return the first days of so many months, the last of which is that of a day."""
    return tuple(later_month(last, by) for by in range(1 - number, 1))


def shown(count: int, threshold: int) -> str:
    """Return a count as it is shown: one that is smaller than the threshold, nought included, only as such."""
    return f"fewer than {threshold}" if count < threshold else str(count)


def guarded(counts: Sequence[int], threshold: int) -> tuple[str, ...]:
    """Return counts whose total is shown beside them, so that no hidden one can be worked out from the others.

    Where the total would give one away, the smallest of the others is not shown either.
    """
    _, held_back = _hidden(counts, threshold)
    return tuple(NOT_SHOWN if place in held_back else shown(count, threshold) for place, count in enumerate(counts))


def total(counts: Sequence[int], threshold: int) -> str:
    """Return the total that is shown beside guarded counts: not shown where it would still give one of them away."""
    small, held_back = _hidden(counts, threshold)
    safe = not small or sum(counts) < threshold or _doubtful(counts, small, held_back, threshold)
    return shown(sum(counts), threshold) if safe else NOT_SHOWN


def _hidden(counts: Sequence[int], threshold: int) -> tuple[set[int], set[int]]:
    """Return which counts are small, and which are held back so that the total gives none of these away."""
    small = {place for place, count in enumerate(counts) if count < threshold}
    held_back: set[int] = set()
    rest = sorted((place for place in range(len(counts)) if place not in small), key=lambda place: counts[place])
    while small and rest and sum(counts) >= threshold and not _doubtful(counts, small, held_back, threshold):
        held_back.add(rest.pop(0))
    return small, held_back


def _doubtful(counts: Sequence[int], small: set[int], held_back: set[int], threshold: int) -> bool:
    """Say whether every small count could be at least two things for somebody who knows the total and the rest."""
    hidden = sum(counts[place] for place in small | held_back)
    if held_back:
        return hidden - len(held_back) * threshold >= 1
    return len(small) > 1 and 0 < hidden < len(small) * (threshold - 1)


def rate(part: int, whole: int, threshold: int) -> str:
    """Return a part of a whole with both numbers and the share; neither part nor remainder may be small."""
    if part < threshold or whole - part < threshold:
        return NOT_SHOWN
    return f"{part} of {whole} ({round(100 * part / whole)}%)"


def days_in_words(days: float) -> str:
    """Return a number of days, rounded: a half is a day, less is the same day."""
    whole = int(days + 0.5)
    return "the same day" if whole == 0 else f"{whole} day{'' if whole == 1 else 's'}"
