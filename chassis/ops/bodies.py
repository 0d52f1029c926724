"""What operators may send to the operations plane."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from chassis.replay_order import Selection


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("remove the NUL character")
    return text.strip()


Reason = Annotated[str, Field(min_length=3, max_length=300), AfterValidator(_storable)]
"""Why an operator does something; it stays in the audit for ever, so it must not name a person."""


Words = Annotated[str, Field(max_length=100), AfterValidator(_storable)]
"""A part of a replay's order; what it means is read, and refused, in one place for every door."""


class ResolutionOrder(BaseModel):
    """Retry or discard a parked message."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: Reason
    dry_run: bool = False


class ReplayOrder(BaseModel):
    """Send published events again: all that is given must match; times carry their zone."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    topic: Words = ""
    subject: Words = ""
    since: Words = ""
    until: Words = ""
    dry_run: bool = False

    def selection(self) -> Selection:
        """Return what the order selects; raises ReplayUnbounded, ReplayUnreadable."""
        return Selection.read(topic=self.topic, subject=self.subject, since=self.since, until=self.until)


class ReplayFollowed(ReplayOrder):
    """Ask how far a replay has got: the order once more, and what its answer said."""

    ordered_at: AwareDatetime
    last_id: Annotated[int, Field(ge=0, le=2**63 - 1)]
    seconds: Annotated[float, Field(ge=0, le=600)] = 30.0


class ErasureOrder(BaseModel):
    """Erase everything about a subject in this service, or only one document of it; a dry run undoes what it did."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    subject: UUID
    reason: Reason
    document: UUID | None = None
    dry_run: bool = False
