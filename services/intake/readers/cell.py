"""The child process in which hostile files are opened: python -m services.intake.readers.cell."""

import json
import os
import sys
from dataclasses import asdict
from typing import BinaryIO

from services.intake.readers.confinement import allow_seconds, confine
from services.intake.readers.files import read_form
from services.intake.readers.messages import read_message
from services.intake.readers.values import Attachment
from services.intake.readers.wire import LENGTH, Packet, pack, packed_form, packed_message, size_of

CPU_SECONDS = 10


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
        return packed_message(read_message(body))
    name, media_type = str(packet.head.get("name", "")), str(packet.head.get("media_type", ""))
    return packed_form(read_form(Attachment(name, media_type, body)))


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
