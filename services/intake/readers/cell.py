"""The child process in which hostile files are opened: python -m services.intake.readers.cell."""

import json
import os
import sys
from dataclasses import asdict, replace
from typing import BinaryIO

from services.intake.readers.archives import is_zip, with_members
from services.intake.readers.confinement import allow_seconds, confine
from services.intake.readers.examination import mail_cause, unread_cause
from services.intake.readers.failures import sentence
from services.intake.readers.files import read_form
from services.intake.readers.messages import read_message
from services.intake.readers.pdf import pdf_pages
from services.intake.readers.values import Attachment, Cause, ReadMessage
from services.intake.readers.wire import LENGTH, Packet, pack, packed_form, packed_message, size_of

CPU_SECONDS = 10
LOADED = pdf_pages
"""Its library must be there before the child gives up opening files."""


def main() -> None:
    """Give up everything but the two pipes, say hello, then answer one request after another until the pipe closes."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _send(answers, Packet(asdict(confine())))
    while (packet := _receive(requests)) is not None:
        allow_seconds(CPU_SECONDS)
        _send(answers, _answer(packet))


def _answer(packet: Packet) -> Packet:
    body = packet.bodies[0] if packet.bodies else b""
    if packet.head.get("kind") == "message":
        return packed_message(_message(body))
    name, media_type = str(packet.head.get("name", "")), str(packet.head.get("media_type", ""))
    return packed_form(read_form(Attachment(name, media_type, body)))


def _message(raw: bytes) -> ReadMessage:
    """Take a mail and its zip files apart unless they declare too much; files that no reader knows are marked."""
    cause = mail_cause(raw)
    if cause is not Cause.NONE:
        return ReadMessage(problems=(sentence(cause),), cause=cause)
    message = read_message(raw)
    return replace(message, attachments=tuple(_marked(file) for file in with_members(message.attachments)))


def _marked(file: Attachment) -> Attachment:
    return file if file.may_be_form or is_zip(file) else replace(file, cause=unread_cause(file))


def _receive(stream: BinaryIO) -> Packet | None:
    start = stream.read(LENGTH)
    if len(start) < LENGTH:
        return None
    head = json.loads(stream.read(size_of(start)))
    return Packet(head, tuple(stream.read(int(size)) for size in head.get("sizes", [])))


def _send(stream: BinaryIO, packet: Packet) -> None:
    stream.write(pack(packet))
    stream.flush()


if __name__ == "__main__":
    os.environ.clear()
    main()
