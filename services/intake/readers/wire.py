"""How the cage and its child talk: a length, a JSON head, then the bytes that the head announces; no pickle."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from services.intake.readers.values import FormReading, ReadMessage

LENGTH = 4
MESSAGE, FORM = TypeAdapter(ReadMessage), TypeAdapter(FormReading)


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
    """Put a mail that was taken apart into a packet; the bytes of its files stand behind the head."""
    bare = replace(message, attachments=tuple(replace(file, body=b"") for file in message.attachments))
    return Packet({"message": MESSAGE.dump_python(bare, mode="json")}, tuple(file.body for file in message.attachments))


def unpacked_message(packet: Packet) -> ReadMessage:
    """Take a mail out of a packet; ValueError or KeyError when the child wrote something else."""
    message = MESSAGE.validate_python(packet.head["message"])
    files = zip(message.attachments, packet.bodies, strict=True)
    # What the scanner says is not for the child to say.
    whole = tuple(replace(file, body=body, signature="") for file, body in files)
    return replace(message, attachments=whole, signature="")


def packed_form(reading: FormReading) -> Packet:
    """Put the reading of a form into a packet."""
    return Packet({"reading": FORM.dump_python(reading, mode="json")})


def unpacked_form(packet: Packet) -> FormReading:
    """Take the reading of a form out of a packet, checked again; ValueError or KeyError when it is something else."""
    return FORM.validate_python(packet.head["reading"])
