"""An assessment as people made it: narrative and presence for each factor, never a number and never a sum."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from contracts.vocabulary.classes import LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY
from contracts.vocabulary.pack import Part


class Presence(StrEnum):
    """Whether a factor is there, as far as the assessor knows."""

    PRESENT = "present"
    NOT_PRESENT = "not-present"
    NOT_KNOWN = "not-known"


PRESENCE_WORDS = {
    Presence.PRESENT: "Present",
    Presence.NOT_PRESENT: "Not present",
    Presence.NOT_KNOWN: "Not known",
}


class Check(StrEnum):
    """What became of a search in another system: whether it was made, and never what it holds."""

    DONE = "done"
    NOT_DONE = "not-done"
    NOTHING_TO_RECORD = "nothing-to-record"


CHECK_WORDS = {
    Check.DONE: "Done",
    Check.NOT_DONE: "Not done",
    Check.NOTHING_TO_RECORD: "Done, nothing to record",
}


FINDING_WORDS = {
    "clear-evidence": "Clear evidence of vulnerability to radicalisation",
    "limited-information": "Limited information, but a concern may exist",
    "not-appropriate": "Not appropriate for Prevent",
}
"""What a Gateway assessment concludes, as people read it."""


def in_full(narrative: str, evidence: str) -> str:
    """Return a narrative with the evidence in a paragraph of its own, where there is any."""
    return "\n\n".join(part for part in (narrative, f"How it is known: {evidence}" if evidence else "") if part)


class Kind(StrEnum):
    """How a factor is answered: by presence and narrative, or as a check that was made or not, without content."""

    PRESENCE = "presence"
    CHECK = "check"


class Factor(Part):
    """One thing that an instrument asks about; `id` is stable between editions, `hint` says what is meant."""

    id: str
    label: str
    hint: str = ""
    kind: Kind = Kind.PRESENCE


class Dimension(Part):
    """Factors that belong together."""

    id: str
    label: str
    factors: tuple[Factor, ...]


class Instrument(Part):
    """An assessment instrument as its file has it: an edition never changes, a new one is a new file."""

    id: str
    edition: str
    name: str
    source: str
    dimensions: tuple[Dimension, ...]

    def factors(self) -> Iterator[Factor]:
        """Yield every factor in reading order."""
        for dimension in self.dimensions:
            yield from dimension.factors


class FactorAnswer(Part):
    """What the assessor wrote of one factor, with the words that were asked, so that it reads without the file.

    A check that was made or not has `check` and no narrative; its presence is "not known" and means nothing. `evidence`
    says how it is known, where that is asked apart from the narrative. `changed` says what is new since the assessment
    before with the same instrument.
    """

    factor: Annotated[str, OPERATIONAL]
    dimension: Annotated[str, OPERATIONAL]
    label: Annotated[str, OPERATIONAL]
    presence: Annotated[Presence, SPECIAL_CATEGORY]
    narrative: Annotated[str, SPECIAL_CATEGORY] = ""
    changed: Annotated[str, SPECIAL_CATEGORY] = ""
    check: Annotated[Check | None, SPECIAL_CATEGORY] = None
    evidence: Annotated[str, SPECIAL_CATEGORY] = ""

    def words(self) -> str:
        """Return the answer as people read it, without the narrative."""
        return PRESENCE_WORDS[self.presence] if self.check is None else CHECK_WORDS[self.check]

    def text(self) -> str:
        """Return the narrative, and how it is known, as people read both."""
        return in_full(self.narrative, self.evidence)


class Assessment(Part):
    """One complete assessment; `number` counts those of the referral or case, `changed` says what is new since."""

    instrument: Annotated[str, OPERATIONAL]
    edition: Annotated[str, OPERATIONAL]
    name: Annotated[str, OPERATIONAL]
    number: Annotated[int, OPERATIONAL]
    completed_at: Annotated[datetime, LINKING]
    completed_by: Annotated[str, POLICE]
    finding: Annotated[str, SPECIAL_CATEGORY] = ""
    summary: Annotated[str, SPECIAL_CATEGORY] = ""
    management_plan: Annotated[str, SPECIAL_CATEGORY] = ""
    changed: Annotated[str, SPECIAL_CATEGORY] = ""
    factors: Annotated[tuple[FactorAnswer, ...], SPECIAL_CATEGORY] = ()


class Written(Part):
    """What somebody has written of one factor so far: `answer` is a presence or a check, empty until one is chosen."""

    factor: str
    label: str
    answer: str = ""
    narrative: str = ""
    evidence: str = ""

    def text(self) -> str:
        """Return the narrative, and how it is known, as people read both."""
        return in_full(self.narrative, self.evidence)


class Draft(Part):
    """An assessment that is not complete: as it was typed, of whichever edition it was begun with."""

    finding: str = ""
    summary: str = ""
    management_plan: str = ""
    changed: str = ""
    written: tuple[Written, ...] = ()

    def of(self, factor: str) -> Written | None:
        """Return what is written of a factor, None where nothing is."""
        return next((each for each in self.written if each.factor == factor), None)
