"""What people type into the Channel console; what must be recorded with which command is the domain's to say."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from chassis.web import Form, FormData
from services.channel.domain import Record
from services.channel.domain.consenting import Capacity, Decider

MOST_WORDS, LONGEST_LINE = 20_000, 200
Words = Annotated[str, Field(max_length=MOST_WORDS)]
Line = Annotated[str, Field(max_length=LONGEST_LINE)]


def too_long(data: FormData, labels: Mapping[str, str], most: int = MOST_WORDS) -> tuple[tuple[str, str], ...]:
    """Return a sentence for each of these fields that holds too much; for those that no form class names beforehand."""
    long_ones = ((name, label) for name, label in labels.items() if len(data.get(name)) > most)
    return tuple(
        (name, f"{label} must have {most:,} characters or fewer: shorten it, nothing is lost")
        for name, label in long_ones
    )


class CaseForm(Form):
    """What every page of a case sends: `row_version` is the case as the person saw it."""

    row_version: int = Field(title="the version of the case")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the case again: this form was not complete"}


class ActionForm(CaseForm):
    """One action on a case."""

    reason: Words = Field(default="", title="the reason")
    grounds: Words = Field(default="", title="the grounds")
    summary: Words = Field(default="", title="what was found")
    gathered_by: Annotated[str, Field(max_length=200)] = Field(default="", title="who gathered the information")
    missing: Words = Field(default="", title="why you go on without an answer")

    def record(self) -> Record:
        """Return what is to be recorded."""
        return Record(
            self.reason, self.grounds, summary=self.summary, gathered_by=self.gathered_by, missing=self.missing
        )


class ClockForm(CaseForm):
    """Why a clock is extended, paused or let run on, and until which day; which answers are needed, the page says."""

    until: date | None = Field(default=None, title="the day")
    reason: str = Field(default="", max_length=100, title="why it stands still")
    rationale: Words = Field(default="", title="the reason")


class DiscardForm(CaseForm):
    """Why something is discarded that somebody else has begun."""

    reason: Words = Field(default="", title="the reason")


class RequestForm(CaseForm):
    """Who is asked for information, what, and by when."""

    partners: tuple[str, ...] = Field(default=(), max_length=50, title="who is asked")
    other_name: Line = Field(default="", title="the name of another body")
    other_address: Line = Field(default="", title="its email address")
    message: Words = Field(default="", title="why you ask")
    questions: Words = Field(default="", title="the questions")
    due_on: date | None = Field(default=None, title="the day by which they answer")


class OwingForm(CaseForm):
    """Who is given an action or signposted to, what they are told, and by when."""

    owner: Line = Field(default="", title="who it is")
    other_name: Line = Field(default="", title="their name")
    other_address: Line = Field(default="", title="their email address")
    message: Words = Field(default="", title="what is to be done")
    due_on: date | None = Field(default=None, title="the day by which it is done")


class EndingForm(CaseForm):
    """What was answered or done, or why it is cancelled; answers to questions are read beside it."""

    told_by: Line = Field(default="", title="who told you")
    taken: Line = Field(default="", title="what has been done about the change")
    reason: Words = Field(default="", title="what was said")


class RemindForm(CaseForm):
    """Whom to mail once more."""

    address: Line = Field(default="", title="the email address")


class AllocateForm(CaseForm):
    """Who is given the case, and why."""

    officer: Line = Field(default="", title="who is given the case")
    reason: Words = Field(default="", title="why")


class TransferForm(CaseForm):
    """Which panel a case is offered to, and why; or why the offer is called back."""

    panel: Line = Field(default="", title="the panel")
    reason: Words = Field(default="", title="the reason")

    def record(self) -> Record:
        """Return what is to be recorded."""
        return Record(reason=self.reason, officer=self.panel)


class MineForm(Form):
    """What somebody answers for themselves; answers to questions are read beside it."""

    taken: Line = Field(default="", title="what has been done about the change")
    reason: Words = Field(default="", title="what you did or know")


class PlanRequestForm(Form):
    """How, when and by whom consent is to be requested; what is missing is said in the draft."""

    seen: str = Field(default="", max_length=100)
    how: Words = Field(default="", title="how consent is asked for")
    on: date | None = Field(default=None, title="the day")
    by_whom: str = Field(default="", max_length=200, title="who asks")


class PlanItemForm(Form):
    """One item of the plan; what is missing of it is said in the draft."""

    seen: str = Field(default="", max_length=100)
    support: Words = Field(title="what support is to be given")
    factors: tuple[str, ...] = ()
    owner: str = Field(default="", max_length=300, title="who is responsible")
    owner_name: str = Field(default="", max_length=200, title="the name")
    owner_address: str = Field(default="", max_length=254, title="the mail address")
    provided: Words = Field(default="", title="how and when it is provided")
    due_on: date | None = Field(default=None, title="the date")
    measure: Words = Field(default="", title="the measure")


class PlanCompleteForm(CaseForm):
    """That the draft of the plan is complete, as it was seen; a revision says why."""

    seen: str = Field(default="", max_length=100)
    reason: Words = Field(default="", title="the reason")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the draft again: this form was not complete"}


class ConsentForm(CaseForm):
    """What was said on consent: which answers are needed, the command and the law say."""

    on: date = Field(title="the day")
    by: Decider = Field(title="who it was")
    name: str = Field(default="", max_length=200, title="the name")
    relationship: str = Field(default="", max_length=200, title="how they are related")
    told_age: Literal["", "yes", "no"] = Field(default="", title="whether the person is 18 or over")
    capacity: Capacity | None = Field(default=None, title="the capacity")
    best_interests: Words = Field(default="", title="the best-interests decision")
    asked_by: str = Field(default="", max_length=200, title="who asked")
    how: Words = Field(default="", title="how it was asked")
    reason: Words = Field(default="", title="the reason")
    risk: Literal["", "yes", "no"] = Field(default="", title="whether there is a risk")
    next_on: date | None = Field(default=None, title="the next date")

    messages: ClassVar[Mapping[str, str]] = {
        "row_version": "Open the page again: this form was not complete",
        "by": "Choose who it was",
        "on.missing": "Enter the day, for example 27 3 2027",
    }
