"""What people type about the plan, interventions, closure and reviews; what is wrong with it is the domain's to say."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from services.channel.domain.planning import ItemState
from services.channel.web.forms import CaseForm, Words

Number = Annotated[int, Field(ge=0, le=1000)]


class SupportForm(CaseForm):
    """The base, with what is asked for as a whole number."""

    messages: ClassVar[Mapping[str, str]] = {
        **CaseForm.messages,
        "sessions": "Enter the number of sessions as a whole number, for example 7",
        "count": "Enter the number of sessions as a whole number, for example 7",
        "every": "Enter the number of days as a whole number, for example 7",
    }


class CommissionForm(SupportForm):
    """Whom to commission, for how many sessions until when, why, and what of the plan or assessment it answers."""

    provider: Annotated[str, Field(max_length=100)] = Field(default="", title="the provider")
    sessions: Number = Field(title="the number of sessions")
    finish_on: date = Field(title="the day of the last session")
    cites: tuple[str, ...] = Field(default=(), title="what it answers")
    purpose: Words = Field(default="", title="what it is for")


class BriefForm(SupportForm):
    """A brief for a provider."""

    words: Words = Field(default="", title="the brief")


class PlanSessionsForm(SupportForm):
    """The first day, how many sessions, and how many days apart."""

    first: date = Field(title="the day of the first session")
    count: Number = Field(title="the number of sessions")
    every: Annotated[int, Field(ge=1, le=365)] = Field(default=7, title="the days between sessions")


class SessionForm(SupportForm):
    """What became of a session."""

    state: Annotated[str, Field(max_length=20)] = Field(default="", title="what became of it")
    words: Words = Field(default="", title="the report")


class WhyForm(SupportForm):
    """Why sessions are missing."""

    reason: Words = Field(default="", title="the reason")


class EndingForm(SupportForm):
    """Why an intervention ends, and what came of it."""

    reason: Words = Field(default="", title="the reason")
    outcome: Words = Field(default="", title="what came of it")


class ClosingForm(SupportForm):
    """A closing report."""

    changed: Words = Field(default="", title="what changed")
    remains: Words = Field(default="", title="what remains")
    holders: Words = Field(default="", title="who holds which risk")
    summary: Words = Field(default="", title="the summary")


class FindingsForm(SupportForm):
    """What a review after closure found."""

    findings: Words = Field(default="", title="what the review found")


class ProgressForm(SupportForm):
    """How an item of the plan stands."""

    state: ItemState = Field(title="how it stands")
    words: Words = Field(default="", title="what happened")

    messages: ClassVar[Mapping[str, str]] = {**SupportForm.messages, "state": "Choose how it stands"}
