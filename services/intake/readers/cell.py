"""The child process in which hostile files are opened: python -m services.intake.readers.cell."""

import ctypes
import json
import os
import resource
import signal
import sys
from typing import BinaryIO

from services.intake.readers.files import read_form
from services.intake.readers.messages import read_message
from services.intake.readers.values import Attachment
from services.intake.readers.wire import LENGTH, Packet, pack, packed_form, packed_message, size_of

CPU_SECONDS = 10
MEMORY = 1 << 30
OPEN_FILES = 16
NEW_USER, NEW_NETWORK = 0x1000_0000, 0x4000_0000
DIE_WITH_PARENT, NO_NEW_PRIVILEGES = 1, 38


def main() -> None:
    """Give up everything but the two pipes, say hello, then answer one request after another until the pipe closes."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    network_cut = _confine()
    _send(answers, Packet({"network_cut": network_cut}))
    while (packet := _receive(requests)) is not None:
        _allow_seconds(CPU_SECONDS)
        _send(answers, _answer(packet))


def _answer(packet: Packet) -> Packet:
    body = packet.bodies[0] if packet.bodies else b""
    if packet.head.get("kind") == "message":
        return packed_message(read_message(body))
    name, media_type = str(packet.head.get("name", "")), str(packet.head.get("media_type", ""))
    return packed_form(read_form(Attachment(name, media_type, body)))


def _confine() -> bool:
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    network_cut = library.unshare(NEW_NETWORK) == 0 or library.unshare(NEW_USER | NEW_NETWORK) == 0
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (most, most))
    return bool(network_cut)


def _allow_seconds(seconds: int) -> None:
    # The limit counts the life of the process, so each request is given its own share from here.
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, resource.RLIM_INFINITY))


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
