"""How the cage and its child talk: a length, a JSON head, then the bytes that the head announces; no pickle."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from contracts.vocabulary import ReferralForm
from services.intake.readers.values import LONGEST_SHOWN, Attachment, Cause, FormReading, ReadMessage

LENGTH = 4


@dataclass(frozen=True)
class Packet:
    """One request or answer: its JSON head and the bytes that go with it."""

    head: Mapping[str, Any]
    bodies: tuple[bytes, ...] = ()


def pack(packet: Packet) -> bytes:
    """Return the bytes of a packet."""
    head = json.dumps({**packet.head, "sizes": [len(body) for body in packet.bodies]}).encode()
    return b"".join((len(head).to_bytes(LENGTH, "big"), head, *packet.bodies))


def size_of(start: bytes) -> int:
    """Return the length of the head that the first four bytes announce."""
    return int.from_bytes(start, "big")


def packed_message(message: ReadMessage) -> Packet:
    """Put a mail that was taken apart into a packet."""
    head = {
        "message_id": message.message_id,
        "sender": message.sender,
        "subject": message.subject,
        "text": message.text,
        "files": [[file.name, file.media_type, file.cause.value] for file in message.attachments],
        "automatic": message.automatic,
        "problems": list(message.problems),
        "cause": message.cause.value,
        "forms_in_text": list(message.forms_in_text),
    }
    return Packet(head, tuple(attachment.body for attachment in message.attachments))


def unpacked_message(packet: Packet) -> ReadMessage:
    """Take a mail out of a packet; ValueError or KeyError when the child wrote something else."""
    head = packet.head
    files = zip(head["files"], packet.bodies, strict=True)
    return ReadMessage(
        message_id=str(head["message_id"]),
        sender=str(head["sender"]),
        subject=str(head["subject"]),
        text=str(head["text"]),
        attachments=tuple(
            Attachment(str(name), str(media_type), body, Cause(cause)) for (name, media_type, cause), body in files
        ),
        automatic=head["automatic"] is True,
        problems=tuple(str(problem) for problem in head["problems"]),
        cause=Cause(head["cause"]),
        forms_in_text=tuple(str(text) for text in head["forms_in_text"]),
    )


def packed_form(reading: FormReading) -> Packet:
    """Put the reading of a form into a packet."""
    return Packet(
        {
            "form": reading.form.model_dump(mode="json") if reading.form is not None else None,
            "missing": list(reading.missing),
            "doubtful": list(reading.doubtful),
            "reason": reading.reason,
            "cause": reading.cause.value,
            "values": dict(reading.values),
            "text": reading.text[:LONGEST_SHOWN],
            "unplaced": list(reading.unplaced),
        }
    )


def unpacked_form(packet: Packet) -> FormReading:
    """Take the reading of a form out of a packet, checked again; ValueError or KeyError when it is something else."""
    head = packet.head
    return FormReading(
        form=ReferralForm.model_validate(head["form"]) if head["form"] is not None else None,
        missing=tuple(str(path) for path in head["missing"]),
        doubtful=tuple(str(path) for path in head["doubtful"]),
        reason=str(head["reason"]),
        cause=Cause(head["cause"]),
        values=MappingProxyType({str(path): str(text) for path, text in head["values"].items()}),
        text=str(head["text"])[:LONGEST_SHOWN],
        unplaced=tuple(str(words) for words in head["unplaced"]),
    )
