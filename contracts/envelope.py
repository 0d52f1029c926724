"""The envelope around every event: clear routing facts outside, one sealed blob with everything personal inside."""

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL


class Event(BaseModel):
    """A fact that one service announces to one audience; its docstring begins "Sent when".

    Consumers ignore fields that they do not know, so that a version may gain optional fields.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    wire_type: ClassVar[str]
    topic: ClassVar[str]


class DocumentReference(BaseModel):
    """Claim check for a document: the consumer fetches the body from the publisher and compares the digest."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: Annotated[UUID, LINKING]
    name: Annotated[str, IDENTITY]
    media_type: Annotated[str, OPERATIONAL]
    size: Annotated[int, OPERATIONAL]
    digest: Annotated[str, LINKING]


def associated_data(event_id: UUID, wire_type: str, subject: UUID) -> bytes:
    """Return the bytes that an event's sealed blob is bound to."""
    return f"{event_id}|{wire_type}|{subject}".encode()


@dataclass(frozen=True)
class Envelope:
    """What travels on the bus.

    `sequence` counts from 1 without gaps within (topic, subject, epoch); `sealed` is AES-GCM under the topic's key,
    authenticated with event id, type and subject; `traceparent` is W3C trace context or empty.
    """

    event_id: UUID
    type: str
    topic: str
    area: str
    area_version: str
    subject: UUID
    epoch: int
    sequence: int
    correlation_id: UUID | None
    causation_id: UUID | None
    traceparent: str
    key_id: str
    sealed: bytes

    def associated_data(self) -> bytes:
        """Return the bytes that the sealed blob is bound to."""
        return associated_data(self.event_id, self.type, self.subject)


MARKS_ANEW = "moved"
"""The state of a receipt that says that what a team's people have done counts no more: it is with others now."""


class ReceiptItem(BaseModel):
    """What a consumer tells a publisher about one event; upserted there, never receipted, never parked."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_id: UUID
    topic: str
    subject: UUID
    recipient: str
    state: str
    team: str = ""
    at: str = ""


class ReplayRequest(BaseModel):
    """What a consumer asks of a publisher when a number of a subject has not come."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: str
    subject: UUID
    recipient: str
    epoch: int
    from_sequence: int
    to_sequence: int


class ReceiptBatch(BaseModel):
    """One unsequenced message to a publisher: receipts and replay requests of one handled batch."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    recipient: str
    items: tuple[ReceiptItem, ...] = ()
    replay: tuple[ReplayRequest, ...] = ()
