"""What people type into the Channel console; what must be recorded with which command is the domain's to say."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from chassis.web import Form
from services.channel.domain import Record

Words = Annotated[str, Field(max_length=20_000)]


class ActionForm(Form):
    """One action on a case: `row_version` is the case as the person saw it."""

    row_version: int = Field(title="the version of the case")
    reason: Words = Field(default="", title="the reason")
    grounds: Words = Field(default="", title="the grounds")
    summary: Words = Field(default="", title="what was found")
    gathered_by: Annotated[str, Field(max_length=200)] = Field(default="", title="who gathered the information")

    messages: ClassVar[Mapping[str, str]] = {"row_version": "Open the case again: this form was not complete"}

    def record(self) -> Record:
        """Return what is to be recorded."""
        return Record(self.reason, self.grounds, summary=self.summary, gathered_by=self.gathered_by)
