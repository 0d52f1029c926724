"""What people type into the police console; what must be recorded with which command is the domain's to say."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from chassis import marks
from chassis.web import Form
from contracts.vocabulary import ConcernType
from services.triage.domain import Record

RECORDED = (
    *("reason", "rationale", "grounds", "service", "message", "finding"),
    *("alternatives", "earlier", "risk_owner", "review_on", "force"),
)
Words = Annotated[str, Field(max_length=20_000)]


def why_not_open(text: str) -> str:
    """Return the sentence that refuses words which mark intelligence material, nothing where none are found."""
    words = marks.found(text)
    if not words:
        return ""
    return (
        f"“{words}” looks like intelligence material: write it in the intelligence system;"
        " say here only what others may see"
    )


def _open(text: str) -> str:
    """Refuse words that mark intelligence material: nobody can confirm them away, only write something else."""
    if refusal := why_not_open(text):
        raise ValueError(refusal)
    return text


def _unit(text: str) -> str:
    """Refuse what even the intelligence unit may not write here."""
    if words := marks.too_high(text):
        raise ValueError(f"“{words}” is a marking above what this system may hold: leave that material out")
    return text


OPEN_HINT = "Never write intelligence material here: no markings, grades, log numbers or sources."
"""What the pages say beside every field whose words others may see."""
OpenWords = Annotated[str, Field(max_length=20_000), AfterValidator(_open)]
"""Words that others than the intelligence unit may see."""
OpenLine = Annotated[str, Field(max_length=200), AfterValidator(_open)]
"""One line of such words."""
UnitWords = Annotated[str, Field(max_length=20_000), AfterValidator(_unit)]
"""Words that only the intelligence unit sees."""


class DecisionForm(Form):
    """One decision of any kind: `row_version` is the referral as the person saw it, `step` how far they are."""

    row_version: int = Field(title="the version of the referral")
    step: str = ""
    reason: Words = Field(default="", title="the reason")
    rationale: OpenWords = Field(default="", title="the rationale")
    finding: OpenWords = Field(default="", title="what was found about the concern itself")
    grounds: OpenWords = Field(default="", title="the grounds")
    service: Words = Field(default="", title="the service")
    message: OpenWords = Field(default="", title="the message")
    alternatives: OpenWords = Field(default="", title="what else was considered")
    earlier: OpenWords = Field(default="", title="how you looked at earlier referrals")
    risk_owner: str = Field(default="", max_length=200, title="who owns the risk")
    review_on: date | None = Field(default=None, title="the date of the review")
    force: str = Field(default="", max_length=100, title="the force")
    concern: ConcernType | None = Field(default=None, title="the type of concern")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}

    def record(self) -> Record:
        """Return what is to be recorded."""
        said = {name: getattr(self, name) for name in RECORDED}
        return Record(**said, concern=self.concern or "")


class DeconflictionForm(Form):
    """What the intelligence unit found."""

    row_version: int = Field(title="the version of the referral")
    outcome: str = Field(default="", title="what was found")
    contact: OpenLine = Field(default="", title="whom the Gateway is to speak to")
    rationale: UnitWords = Field(default="", title="the note")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}


class SafeguardForm(Form):
    """A note, a correction, a restriction or its end; which answers are needed, the page says."""

    row_version: int = Field(title="the version of the referral")
    step: str = ""
    reason: str = Field(default="", max_length=100, title="what was wrong")
    keeps: str = Field(default="", max_length=10, title="whether the officer goes on seeing it")
    risk_owner: OpenLine = Field(default="", title="the investigating officer")
    rationale: OpenWords = Field(default="", title="the words")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}

    def record(self) -> Record:
        """Return what is to be recorded."""
        return Record(reason=self.reason, rationale=self.rationale, risk_owner=self.risk_owner)


class PursueForm(SafeguardForm):
    """What becomes of an offer to the investigation: the words stay with the intelligence unit."""

    officer: OpenLine = Field(default="", title="the investigating officer")
    rationale: UnitWords = Field(default="", title="the words")

    def record(self) -> Record:
        """Return what is to be recorded."""
        return Record(rationale=self.rationale, risk_owner=self.risk_owner, officer=self.officer)


class MoveManyForm(Form):
    """Why referrals under an older version of the practice move, and how far the person is."""

    step: str = ""
    rationale: OpenWords = Field(default="", title="why they move")


class AccessForm(Form):
    """An officer for the access list, chosen or by sign-in id and name, and why."""

    row_version: int = Field(title="the version of the referral")
    officer: str = Field(default="", max_length=200, title="the officer")
    officer_id: str = Field(default="", max_length=200, title="the sign-in id")
    officer_name: OpenLine = Field(default="", title="the name")
    rationale: OpenWords = Field(default="", title="the reason")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}


class TakeForm(Form):
    """Taking a referral: only the version that was seen."""

    row_version: int = Field(title="the version of the referral")


class AllocateForm(Form):
    """To whom a referral is allocated, by the officer's id, and why."""

    row_version: int = Field(title="the version of the referral")
    officer: str = Field(default="", max_length=200, title="the officer")
    rationale: OpenWords = Field(default="", title="the reason")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}


class SearchForm(Form):
    """What is searched for: a reference, a name, a telephone number or a postcode."""

    words: str = Field(default="", max_length=200, title="what to search for")


class ClockForm(Form):
    """Why a clock is extended, paused or let run on, and until which day; which answers are needed, the page says."""

    row_version: int = Field(title="the version of the referral")
    until: date | None = Field(default=None, title="the day")
    reason: str = Field(default="", max_length=100, title="why it stands still")
    rationale: OpenWords = Field(default="", title="the reason")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}

    def record(self) -> Record:
        """Return what is to be recorded."""
        return Record(reason=self.reason, rationale=self.rationale)


class ObligationForm(Form):
    """What is asked of somebody, or what was said of it; which answers are needed, the page says."""

    row_version: int = Field(title="the version of the referral")
    step: str = ""
    officer: OpenLine = Field(default="", title="who is asked")
    officer_name: OpenLine = Field(default="", title="the name")
    message: OpenWords = Field(default="", title="what is asked")
    review_on: date | None = Field(default=None, title="the date")
    answer: str = Field(default="", title="whether anything is known")
    told_by: OpenLine = Field(default="", title="who told you")
    rationale: OpenWords = Field(default="", title="what was said")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}


class SameForm(Form):
    """Whether two referrals are about the same person, and how the officer knows."""

    row_version: int = Field(title="the version of the referral")
    other: str = Field(default="", max_length=100, title="the other reference")
    answer: str = Field(default="", max_length=20, title="the answer")
    reason: OpenWords = Field(default="", title="how you know")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}


class SeparateForm(Form):
    """Which of a person's referrals are about somebody else, and how the officer knows."""

    reason: OpenWords = Field(default="", title="how you know")
