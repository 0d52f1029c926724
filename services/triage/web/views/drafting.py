"""A draft as its pages have it: its parts, what was typed into one, and what stands there already."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from chassis.database import Session
from chassis.web import FormData, PageRequest
from contracts.vocabulary.assessment import Assessment, Dimension, Draft, Instrument, Kind, Written
from services.triage import operations, queries
from services.triage.domain import Command, DraftNotFound, Finding
from services.triage.domain.assessing import CONCLUSION, answer_field, choices, left_over, words_field
from services.triage.queries import HeldDraft
from services.triage.web.forms import why_not_open
from services.triage.web.views.asked import Opened, as_it_stands, opened

LONGEST = 10_000
CONCLUDED = ("finding", "summary", "management_plan", "changed")
TITLES = {
    "finding": "The finding",
    "summary": "The summary",
    "management_plan": "The management plan",
    "changed": "What changed since the last assessment",
}


@dataclass(frozen=True)
class Work:
    """A draft that is being written: of which referral, with which instrument, after which assessments.

    `instrument` is the edition that the area uses now, None where it uses the instrument no longer.
    """

    found: Opened
    held: HeldDraft
    instrument: Instrument | None
    before: tuple[Assessment, ...]

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
        """Say whether an earlier assessment of this referral is there, so that what changed is asked."""
        return bool(self.before)

    @property
    def earlier(self) -> Assessment | None:
        """Return the last assessment with the same instrument, whichever its edition."""
        return next((each for each in self.before if each.instrument == self.held.line.instrument), None)

    @property
    def refusal(self) -> str:
        """Return why the assessment cannot be completed now, nothing where it can."""
        return self.found.refusal(Command.ASSESS)

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


async def worked(page: PageRequest, session: Session, *, hold: bool = False, shows: bool = True) -> Work:
    """Open the referral and this officer's draft of the address, and keep other windows waiting where it is to change.

    What `shows` nothing of the record is no reading of it. ReferralNotFound and DraftNotFound as queries says.
    """
    if shows:
        found = await opened(page, session, reason="assessment")
    else:
        found = await as_it_stands(page, session, await queries.held_by_reference(session, page.path["reference"]))
    draft_id = _id(page.path["draft"])
    if hold:
        held = await operations.hold_draft(session, found.held, draft_id)
    else:
        held = await queries.own_draft(session, found.held.subject, draft_id)
    instrument = found.practice.instruments.get(held.line.instrument)
    return Work(found, held, instrument, await queries.assessments(session, found.held.subject))


def mark(dimension: Dimension | None, draft: Draft) -> str:
    """Return what tells one state of a part from another; a page sends it back, so nothing is overwritten unseen."""
    digest = sha256()
    for text in before(dimension, draft).values():
        digest.update(f"{len(text)}:{text}".encode())
    return digest.hexdigest()[:32]


def mark_of_all(draft: Draft) -> str:
    """Return what tells one state of a whole draft from another."""
    return sha256(draft.model_dump_json().encode()).hexdigest()[:32]


def before(dimension: Dimension | None, draft: Draft) -> dict[str, str]:
    """Return what stands in every field of a part."""
    if dimension is None:
        return {name: getattr(draft, name) for name in CONCLUDED}
    values: dict[str, str] = {}
    for factor in dimension.factors:
        written = draft.of(factor.id)
        values[answer_field(factor.id)] = written.answer if written else ""
        values[words_field(factor.id)] = written.narrative if written else ""
    return values


def unusable(dimension: Dimension | None, data: FormData) -> tuple[tuple[str, str], ...]:
    """Return (field, sentence) for whatever cannot even be kept in a draft.

    That is no such choice, what is far too long, and intelligence material: Channel reads what is completed.
    """
    wrong: list[tuple[str, str]] = []
    for name, label, allowed in _asked(dimension):
        typed = data.get(name)
        if allowed is not None and typed and typed not in allowed:
            wrong.append((name, f"Choose one of the answers to “{label}”"))
        if allowed is None and len(typed) > LONGEST:
            wrong.append((name, f"“{label}” must have {LONGEST:,} characters or fewer: shorten it, nothing is lost"))
        elif allowed is None and (refusal := why_not_open(typed)):
            wrong.append((name, refusal))
    return tuple(wrong)


def said(dimension: Dimension, data: FormData) -> tuple[Written, ...]:
    """Return what was typed into a dimension; a check has no narrative, whatever was sent."""
    return tuple(
        Written(
            factor=factor.id,
            label=factor.label,
            answer=data.get(answer_field(factor.id)),
            narrative="" if factor.kind is Kind.CHECK else data.get(words_field(factor.id)).strip(),
        )
        for factor in dimension.factors
    )


def concluded(data: FormData) -> Draft:
    """Return what was typed into the conclusion."""
    return Draft.model_validate({name: data.get(name).strip() for name in CONCLUDED})


def typed(data: FormData, draft: Draft) -> tuple[tuple[str, str], ...]:
    """Return the words of a form that no page asks for any more, each with its label as far as the draft knows it."""
    labels = {words_field(each.factor): each.label for each in draft.written} | TITLES
    said = {name: data.get(name).strip() for name in data.fields if name in labels or name.startswith(words_field(""))}
    return tuple((labels.get(name, "Your words"), text) for name, text in said.items() if text and name != "finding")


def first_field(dimension: Dimension | None) -> str:
    """Return the first field of a part, where a sentence about the whole part is shown."""
    return answer_field(dimension.factors[0].id) if dimension else CONCLUDED[0]


def _asked(dimension: Dimension | None) -> list[tuple[str, str, Mapping[str, str] | None]]:
    """Return name, label and choices (None for words) of every field of a part."""
    if dimension is None:
        findings = {each.value: each.value for each in Finding}
        return [(name, TITLES[name], findings if name == "finding" else None) for name in CONCLUDED]
    fields: list[tuple[str, str, Mapping[str, str] | None]] = []
    for factor in dimension.factors:
        fields.append((answer_field(factor.id), factor.label, dict(choices(factor))))
        fields.append((words_field(factor.id), factor.label, None))
    return fields


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise DraftNotFound("There is no such draft: open the referral and begin or go on from there.") from None
