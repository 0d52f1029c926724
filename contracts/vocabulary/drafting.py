"""Assessments: what a draft still lacks, how it is completed, carried to another edition, and compared with another."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from contracts.vocabulary.assessment import (
    CHECK_WORDS,
    PRESENCE_WORDS,
    Assessment,
    Check,
    Dimension,
    Draft,
    Factor,
    FactorAnswer,
    Instrument,
    Kind,
    Presence,
    Written,
)

CONCLUSION = "conclusion"
"""The last part of every draft: what the assessment comes to."""


@dataclass(frozen=True)
class Asks:
    """What a team asks beside presence and narrative.

    `findings` are the conclusions that an assessment may come to; where there are none, none is asked. `evidence` says
    that how a factor is known has words of its own.
    """

    findings: frozenset[str] = frozenset()
    evidence: bool = False


NOTHING_ELSE = Asks()


class Progress(StrEnum):
    """How far one part of a draft is written; it says nothing about the person."""

    NOT_BEGUN = "not-begun"
    BEGUN = "begun"
    ANSWERED = "answered"


@dataclass(frozen=True)
class Lack:
    """Something that a draft still lacks: on which part's page, in which field, and the sentence that asks for it."""

    part: str
    field: str
    sentence: str


@dataclass(frozen=True)
class Author:
    """Who completes an assessment, when, and as the how-manieth of what is assessed."""

    name: str
    at: datetime
    number: int


@dataclass(frozen=True)
class Compared:
    """One question of two assessments: what each says; an empty text where one of them does not ask it."""

    label: str
    dimension: str
    before: str
    after: str
    before_words: str = ""
    after_words: str = ""
    order: int = field(default=0, compare=False)

    @property
    def differs(self) -> bool:
        """Say whether the two answers differ in anything."""
        return (self.before, self.before_words) != (self.after, self.after_words)


def answer_field(factor: str) -> str:
    """Return the name of the field that holds the choice for a factor."""
    return f"answer-{factor}"


def words_field(factor: str) -> str:
    """Return the name of the field that holds the narrative of a factor."""
    return f"words-{factor}"


def evidence_field(factor: str) -> str:
    """Return the name of the field that says how a factor is known."""
    return f"evidence-{factor}"


def choices(factor: Factor) -> tuple[tuple[str, str], ...]:
    """Return the answers that a factor may have, each with its words."""
    if factor.kind is Kind.CHECK:
        return tuple((each.value, CHECK_WORDS[each]) for each in Check)
    return tuple((each.value, PRESENCE_WORDS[each]) for each in Presence)


def progress(dimension: Dimension, draft: Draft, asks: Asks = NOTHING_ELSE) -> Progress:
    """Return how far a dimension of a draft is written."""
    written = [draft.of(factor.id) for factor in dimension.factors]
    if not any(each and (each.answer or each.narrative or each.evidence) for each in written):
        return Progress.NOT_BEGUN
    return Progress.BEGUN if dimension_lacks(dimension, draft, asks) else Progress.ANSWERED


def conclusion_progress(draft: Draft, asks: Asks = NOTHING_ELSE, *, again: bool) -> Progress:
    """Return how far the conclusion is written."""
    if not (draft.finding or draft.summary or draft.management_plan or draft.changed):
        return Progress.NOT_BEGUN
    return Progress.BEGUN if conclusion_lacks(draft, asks, again=again) else Progress.ANSWERED


def lacking(instrument: Instrument, draft: Draft, asks: Asks = NOTHING_ELSE, *, again: bool) -> tuple[Lack, ...]:
    """Return everything that a draft lacks before it can be completed; `again`: an earlier assessment is there."""
    of_dimensions = (lack for each in instrument.dimensions for lack in dimension_lacks(each, draft, asks))
    return (*of_dimensions, *conclusion_lacks(draft, asks, again=again))


def dimension_lacks(dimension: Dimension, draft: Draft, asks: Asks = NOTHING_ELSE) -> tuple[Lack, ...]:
    """Return what is unanswered in one dimension, and where a present factor has no words."""
    lacks = (_factor_lacks(factor, draft, asks) for factor in dimension.factors)
    return tuple(Lack(dimension.id, *lack) for found in lacks for lack in found)


def _factor_lacks(factor: Factor, draft: Draft, asks: Asks) -> list[tuple[str, str]]:
    written = draft.of(factor.id) or Written(factor=factor.id, label=factor.label)
    if written.answer not in dict(choices(factor)):
        return [(answer_field(factor.id), f"Choose an answer for “{factor.label}”")]
    if written.answer != Presence.PRESENT:
        return []
    found: list[tuple[str, str]] = []
    if not written.narrative.strip():
        how = "" if asks.evidence else ", and how it is known"
        found.append((words_field(factor.id), f"Say why “{factor.label}” is present{how}"))
    if asks.evidence and not written.evidence.strip():
        found.append((evidence_field(factor.id), f"Say how it is known that “{factor.label}” is present"))
    return found


def conclusion_lacks(draft: Draft, asks: Asks = NOTHING_ELSE, *, again: bool) -> tuple[Lack, ...]:
    """Return what the conclusion lacks; what changed is asked from the second assessment on."""
    asked = {
        "finding": (not asks.findings or draft.finding in asks.findings, "Choose what the assessment concludes"),
        "summary": (bool(draft.summary.strip()), "Enter the summary"),
        "changed": (not again or bool(draft.changed.strip()), "Say what changed since the last assessment"),
    }
    return tuple(Lack(CONCLUSION, name, sentence) for name, (there, sentence) in asked.items() if not there)


def completed(instrument: Instrument, draft: Draft, earlier: Assessment | None, author: Author) -> Assessment:
    """Return a draft that lacks nothing as the assessment that is kept; `earlier` is the last with this instrument."""
    before = {each.factor: each for each in earlier.factors} if earlier else {}
    answers = [
        _answered(dimension.label, factor, draft, before.get(factor.id))
        for dimension in instrument.dimensions
        for factor in dimension.factors
    ]
    return Assessment(
        instrument=instrument.id,
        edition=instrument.edition,
        name=instrument.name,
        number=author.number,
        completed_at=author.at,
        completed_by=author.name,
        finding=draft.finding,
        summary=draft.summary.strip(),
        management_plan=draft.management_plan.strip(),
        changed=draft.changed.strip(),
        factors=tuple(answers),
    )


def _answered(dimension: str, factor: Factor, draft: Draft, before: FactorAnswer | None) -> FactorAnswer:
    written = draft.of(factor.id) or Written(factor=factor.id, label=factor.label)
    is_check = factor.kind is Kind.CHECK
    answer = FactorAnswer(
        factor=factor.id,
        dimension=dimension,
        label=factor.label,
        presence=Presence.NOT_KNOWN if is_check else Presence(written.answer),
        narrative="" if is_check else written.narrative.strip(),
        evidence="" if is_check else written.evidence.strip(),
        check=Check(written.answer) if is_check else None,
    )
    return answer.model_copy(update={"changed": _said_change(before, answer)})


def _said_change(before: FactorAnswer | None, now: FactorAnswer) -> str:
    if before is None:
        return ""
    if before.words() != now.words():
        return f"“{before.words()}” before, “{now.words()}” now."
    return "The words changed." if before.text() != now.text() else ""


def replaced(draft: Draft, dimension: Dimension, written: tuple[Written, ...]) -> Draft:
    """Return a draft with the answers of one dimension written anew; the others stay as they are."""
    names = {factor.id for factor in dimension.factors}
    kept = tuple(each for each in draft.written if each.factor not in names)
    return draft.model_copy(update={"written": (*kept, *written)})


def reconcluded(draft: Draft, said: Draft) -> Draft:
    """Return a draft with the finding, summary, plan and changes of `said`; what is written of factors stays."""
    return said.model_copy(update={"written": draft.written})


def left_over(instrument: Instrument | None, draft: Draft) -> tuple[Written, ...]:
    """Return what was written of factors that an instrument does not have: all of it where the instrument is gone."""
    names = {factor.id for factor in instrument.factors()} if instrument else set()
    return tuple(each for each in draft.written if each.factor not in names and (each.answer or each.text()))


def compared(before: Assessment, after: Assessment) -> tuple[Compared, ...]:
    """Return every factor that either asks, those whose answers differ first, each in the reading order of the newer.

    There is no other order and no sum: what differs is said in words.
    """
    old = {each.factor: each for each in before.factors}
    new = {each.factor: each for each in after.factors}
    pairs = [_pair(number, old.get(name), new.get(name)) for number, name in enumerate(dict.fromkeys([*new, *old]))]
    return tuple(sorted(pairs, key=lambda each: (not each.differs, each.order)))


def _pair(number: int, before: FactorAnswer | None, after: FactorAnswer | None) -> Compared:
    named = after or before
    return Compared(
        label=named.label if named else "",
        dimension=named.dimension if named else "",
        before=before.words() if before else "",
        after=after.words() if after else "",
        before_words=before.text() if before else "",
        after_words=after.text() if after else "",
        order=number,
    )
