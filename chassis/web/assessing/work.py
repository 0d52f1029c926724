"""A draft as its pages have it: its parts, what was typed into one, and what stands there already."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from chassis.assessing import DraftNotFound, HeldDraft
from chassis.web.bodies import FormData
from contracts.vocabulary.assessment import (
    FINDING_WORDS,
    Assessment,
    Dimension,
    Draft,
    Factor,
    Instrument,
    Kind,
    Written,
)
from contracts.vocabulary.drafting import (
    CONCLUSION,
    Asks,
    answer_field,
    choices,
    evidence_field,
    left_over,
    words_field,
)

LONGEST = 10_000
CONCLUDED = ("finding", "summary", "management_plan", "changed")
TITLES = {
    "finding": "The finding",
    "summary": "The summary",
    "management_plan": "The management plan",
    "changed": "What changed since the last assessment",
}


class Assessed(Protocol):
    """What is assessed: a referral or a case, by its row."""

    @property
    def subject(self) -> UUID:
        """Return the subject's id."""

    @property
    def area(self) -> str:
        """Return the area."""

    @property
    def reference(self) -> str:
        """Return the reference as people write it."""

    @property
    def row_version(self) -> int:
        """Return how often it was changed."""


class Equipped(Protocol):
    """Local practice, as far as it says what is assessed with."""

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """Return the editions in use, by the instrument's id."""


class Found(Protocol):
    """What a view of a console has opened."""

    @property
    def held(self) -> Assessed:
        """Return what is assessed."""

    @property
    def practice(self) -> Equipped:
        """Return the area's practice."""


FoundT = TypeVar("FoundT", bound=Found)


@dataclass(frozen=True)
class Work(Generic[FoundT]):
    """A draft that is being written: of what, with which instrument, after which assessments of one's own team.

    `instrument` is the edition that the area uses now, None where it uses the instrument no longer. `brought` are
    assessments that another team made and handed over; `refusal` says why the draft cannot be completed now.
    """

    found: FoundT
    held: HeldDraft
    instrument: Instrument | None
    before: tuple[Assessment, ...]
    brought: tuple[Assessment, ...] = ()
    refusal: str = ""

    @property
    def draft(self) -> Draft:
        """Return what is written so far."""
        return self.held.draft

    @property
    def stale(self) -> bool:
        """Say whether the draft was begun with an edition that the area uses no longer."""
        return self.instrument is None or self.instrument.edition != self.held.line.edition

    @property
    def again(self) -> bool:
        """Say whether this team has assessed before, so that what changed is asked."""
        return bool(self.before)

    @property
    def earlier(self) -> Assessment | None:
        """Return the last assessment with the same instrument, whichever its edition and whoever made it."""
        every = (*self.before, *self.brought)
        return next((each for each in every if each.instrument == self.held.line.instrument), None)

    def part_names(self) -> tuple[str, ...]:
        """Return the names of all parts in the order in which they are asked."""
        return (*(each.id for each in self.instrument.dimensions), CONCLUSION) if self.instrument else ()

    def dimension(self, name: str) -> Dimension | None:
        """Return a part by its name, None for the conclusion; DraftNotFound where there is no such part."""
        if name not in self.part_names():
            raise DraftNotFound("This assessment has no such part: open the draft and choose one that it has.")
        return next((each for each in self.instrument.dimensions if each.id == name), None) if self.instrument else None

    def homeless(self) -> tuple[Written, ...]:
        """Return what was written that has no place in the edition in use."""
        return left_over(self.instrument, self.draft)

    def answer(self, factor: Factor) -> tuple[str, str]:
        """Return what is answered to a factor and the words with it, each empty where there is nothing."""
        written = self.draft.of(factor.id)
        return (dict(choices(factor)).get(written.answer, ""), written.text()) if written else ("", "")

    def conclusion(self) -> list[tuple[str, str]]:
        """Return what the conclusion says so far, each part under its title."""
        texts = [(TITLES[name], getattr(self.draft, name)) for name in CONCLUDED]
        return [(label, FINDING_WORDS.get(text, text)) for label, text in texts if text]


@dataclass(frozen=True)
class Sheet:
    """One part of a draft as a form: a dimension, or the conclusion where there is none, and what a team asks."""

    dimension: Dimension | None
    asks: Asks

    def before(self, draft: Draft) -> dict[str, str]:
        """Return what stands in every field."""
        if self.dimension is None:
            return {name: getattr(draft, name) for name in CONCLUDED}
        values: dict[str, str] = {}
        for factor in self.dimension.factors:
            written = draft.of(factor.id) or Written(factor=factor.id, label=factor.label)
            values[answer_field(factor.id)] = written.answer
            values[words_field(factor.id)] = written.narrative
            values[evidence_field(factor.id)] = written.evidence
        return values

    def mark(self, draft: Draft) -> str:
        """Return what tells one state from another; a page sends it back, so that nothing is overwritten unseen."""
        digest = sha256()
        for text in self.before(draft).values():
            digest.update(f"{len(text)}:{text}".encode())
        return digest.hexdigest()[:32]

    def written(self, data: FormData) -> tuple[Written, ...]:
        """Return what was typed into a dimension; a check has no narrative, whatever was sent."""
        factors = self.dimension.factors if self.dimension else ()
        return tuple(
            Written(
                factor=factor.id,
                label=factor.label,
                answer=data.get(answer_field(factor.id)),
                narrative="" if factor.kind is Kind.CHECK else data.get(words_field(factor.id)).strip(),
                evidence=data.get(evidence_field(factor.id)).strip() if self._evidence(factor) else "",
            )
            for factor in factors
        )

    def first_field(self) -> str:
        """Return the first field, where a sentence about the whole part is shown."""
        if self.dimension:
            return answer_field(self.dimension.factors[0].id)
        return CONCLUDED[0] if self.asks.findings else CONCLUDED[1]

    def asked(self) -> list[tuple[str, str, frozenset[str] | None]]:
        """Return name, label and choices (None for words) of every field."""
        if self.dimension is None:
            return [(name, TITLES[name], self.asks.findings if name == "finding" else None) for name in CONCLUDED]
        fields: list[tuple[str, str, frozenset[str] | None]] = []
        for factor in self.dimension.factors:
            fields.append((answer_field(factor.id), factor.label, frozenset(dict(choices(factor)))))
            fields.append((words_field(factor.id), factor.label, None))
            fields.append((evidence_field(factor.id), f"How it is known: {factor.label}", None))
        return fields

    def fields_of(self, factor: Factor) -> dict[str, str]:
        """Return the names of a factor's fields; empty where it is not asked for words."""
        return {
            "answer": answer_field(factor.id),
            "words": "" if factor.kind is Kind.CHECK else words_field(factor.id),
            "evidence": evidence_field(factor.id) if self._evidence(factor) else "",
        }

    def _evidence(self, factor: Factor) -> bool:
        return self.asks.evidence and factor.kind is not Kind.CHECK


def mark_of_all(draft: Draft) -> str:
    """Return what tells one state of a whole draft from another."""
    return sha256(draft.model_dump_json().encode()).hexdigest()[:32]


def concluded(data: FormData, asks: Asks) -> Draft:
    """Return what was typed into the conclusion."""
    said = {name: data.get(name).strip() for name in CONCLUDED}
    return Draft.model_validate(said if asks.findings else said | {"finding": ""})


def typed(data: FormData, draft: Draft) -> tuple[tuple[str, str], ...]:
    """Return the words of a form that no page asks for any more, each with its label as far as the draft knows it."""
    labels = {words_field(each.factor): each.label for each in draft.written} | TITLES
    labels |= {evidence_field(each.factor): f"How it is known: {each.label}" for each in draft.written}
    forms = (words_field(""), evidence_field(""))
    said = {name: data.get(name).strip() for name in data.fields if name in labels or name.startswith(forms)}
    return tuple((labels.get(name, "Your words"), text) for name, text in said.items() if text and name != "finding")


def draft_id(text: str) -> UUID:
    """Return the id that an address names; DraftNotFound where it is none."""
    try:
        return UUID(text)
    except ValueError:
        raise DraftNotFound("There is no such draft: go back, and begin or go on from there.") from None
