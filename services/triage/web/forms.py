"""What people type into the police console; what must be recorded with which command is the domain's to say."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from chassis.web import Form
from services.triage.domain import Record

RECORDED = (
    *("reason", "rationale", "grounds", "service", "message", "finding"),
    *("alternatives", "earlier", "risk_owner", "review_on", "force"),
)
Words = Annotated[str, Field(max_length=20_000)]


class DecisionForm(Form):
    """One decision of any kind: `row_version` is the referral as the person saw it, `step` how far they are."""

    row_version: int = Field(title="the version of the referral")
    step: str = ""
    reason: Words = Field(default="", title="the reason")
    rationale: Words = Field(default="", title="the rationale")
    finding: Words = Field(default="", title="what was found about the concern itself")
    grounds: Words = Field(default="", title="the grounds")
    service: Words = Field(default="", title="the service")
    message: Words = Field(default="", title="the message")
    alternatives: Words = Field(default="", title="what else was considered")
    earlier: Words = Field(default="", title="how you looked at earlier referrals")
    risk_owner: str = Field(default="", max_length=200, title="who owns the risk")
    review_on: date | None = Field(default=None, title="the date of the review")
    force: str = Field(default="", max_length=100, title="the force")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}

    def record(self) -> Record:
        """Return what is to be recorded."""
        return Record(**{name: getattr(self, name) for name in RECORDED})


class DeconflictionForm(Form):
    """What the intelligence unit found."""

    row_version: int = Field(title="the version of the referral")
    outcome: str = Field(default="", title="what was found")
    rationale: Words = Field(default="", title="the note")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}


class TakeForm(Form):
    """Taking a referral: only the version that was seen."""

    row_version: int = Field(title="the version of the referral")
