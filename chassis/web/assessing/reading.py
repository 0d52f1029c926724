"""Complete assessments are read: one by one, and two side by side; in words, never a sum."""

from dataclasses import dataclass

from chassis.assessing import AssessmentNotFound
from contracts.vocabulary.assessment import FINDING_WORDS, Assessment, FactorAnswer
from contracts.vocabulary.drafting import compared


@dataclass(frozen=True)
class Version:
    """One complete assessment among those that a console shows: `key` is its part of the address."""

    key: str
    label: str
    assessment: Assessment


def chosen(versions: tuple[Version, ...], key: str) -> Version:
    """Return the version that an address names; AssessmentNotFound where there is none."""
    for each in versions:
        if each.key == key:
            return each
    raise AssessmentNotFound("There is no such assessment here: go back, and choose one that is listed.")


def before(versions: tuple[Version, ...], this: Version) -> Version | None:
    """Return the version before this one with the same instrument, else the one before it of any (newest first)."""
    older = versions[versions.index(this) + 1 :]
    same = (each for each in older if each.assessment.instrument == this.assessment.instrument)
    return next(same, older[0] if older else None)


def side_by_side(versions: tuple[Version, ...], first: Version, second: Version) -> dict[str, object]:
    """Return two versions as a page compares them, the older on the left, what differs first."""
    new, old = sorted((first, second), key=versions.index)
    pairs = compared(old.assessment, new.assessment)
    same_instrument = old.assessment.instrument == new.assessment.instrument
    return {
        "old": in_words(old.assessment) | {"label": old.label},
        "new": in_words(new.assessment) | {"label": new.label},
        "differing": [vars(each) for each in pairs if each.differs],
        "alike": [vars(each) for each in pairs if not each.differs],
        "other_instrument": not same_instrument,
        "other_edition": same_instrument and old.assessment.edition != new.assessment.edition,
    }


def heading(this: Assessment) -> dict[str, object]:
    """Return what a list says of an assessment."""
    return {
        "number": this.number,
        "name": this.name,
        "finding": FINDING_WORDS.get(this.finding, this.finding),
        "by": this.completed_by,
        "at": this.completed_at,
    }


def in_words(this: Assessment) -> dict[str, object]:
    """Return an assessment as plain values: its conclusion, then its factors by dimension."""
    labels = list(dict.fromkeys(each.dimension for each in this.factors))
    return {
        **heading(this),
        "edition": this.edition,
        "summary": this.summary,
        "management_plan": this.management_plan,
        "changed": this.changed,
        "dimensions": [
            {"label": label, "factors": [answer_in_words(each) for each in this.factors if each.dimension == label]}
            for label in labels
        ],
    }


def answer_in_words(answer: FactorAnswer) -> dict[str, str]:
    """Return what was answered to one factor."""
    return {
        "label": answer.label,
        "answer": answer.words(),
        "narrative": answer.text(),
        "changed": answer.changed,
    }
