"""What people type into the police console; what must be recorded with which command is the domain's to say."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from chassis.web import Form
from services.triage.domain import Record

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

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}

    def record(self) -> Record:
        """Return what is to be recorded."""
        return Record(self.reason, self.rationale, self.grounds, self.service, self.message, finding=self.finding)


class DeconflictionForm(Form):
    """What the intelligence unit found."""

    row_version: int = Field(title="the version of the referral")
    outcome: str = Field(default="", title="what was found")
    rationale: Words = Field(default="", title="the note")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the referral again: this form was not complete"}


class TakeForm(Form):
    """Taking a referral: only the version that was seen."""

    row_version: int = Field(title="the version of the referral")
