"""What operators may send to the operations plane."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from chassis.ops.replay import Selection


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("remove the NUL character")
    return text.strip()


Reason = Annotated[str, Field(min_length=3, max_length=300), AfterValidator(_storable)]
"""Why an operator does something; it stays in the audit for ever, so it must not name a person."""


class ResolutionOrder(BaseModel):
    """Retry or discard a parked message."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: Reason
    dry_run: bool = False


class ReplayOrder(BaseModel):
    """Send published events again: all that is given must match; times carry their zone."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    topic: Annotated[str, Field(max_length=100), AfterValidator(_storable)] | None = None
    subject: UUID | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    dry_run: bool = False

    def selection(self) -> Selection:
        """Return what the order selects."""
        return Selection(self.topic or None, self.subject, self.since, self.until)


class ErasureOrder(BaseModel):
    """Erase everything about a subject in this service."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    subject: UUID
    reason: Reason
