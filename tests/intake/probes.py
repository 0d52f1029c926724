"""A child of the cage whose reader does what a file tells it: what a file that had taken the reader over could do."""

import os
import socket
import time
from collections.abc import Callable, Mapping

from services.intake.readers import cell, files
from services.intake.readers.examination import file_cause
from services.intake.readers.values import Attachment, Cause, FormReading


def spin() -> None:
    """Use the processor for ever."""
    while True:
        pass


def sleep() -> None:
    """Wait longer than anybody waits."""
    time.sleep(3600)


def eat() -> int:
    """Take memory until there is no more; return how many MB there were."""
    held = []
    try:
        while True:
            held.append(bytearray(8 << 20))
    except MemoryError:
        return len(held) * 8


def connect() -> None:
    """Speak to a port of this machine."""
    socket.create_connection(("127.0.0.1", 25), 2).close()


def listen() -> None:
    """Offer a port."""
    socket.create_server(("127.0.0.1", 0)).close()


def pair() -> None:
    """Make two sockets that are tied to each other, the most harmless there are."""
    for end in socket.socketpair():
        end.close()


def fork() -> None:
    """Make another process."""
    if os.fork() == 0:
        os._exit(0)


def run() -> None:
    """Become another program."""
    os.execv("/bin/true", ["/bin/true"])  # noqa: S606


def kill() -> None:
    """Send the parent a signal that does nothing."""
    os.kill(os.getppid(), 0)


def write() -> None:
    """Make a file where everybody may."""
    with open("/tmp/throughline-probe", "w", encoding="ascii") as made:  # noqa: PTH123, S108
        made.write("x")


def read() -> None:
    """Read a file that everybody may read."""
    with open("/etc/passwd", encoding="utf-8") as opened:  # noqa: PTH123
        opened.read()


def remove() -> None:
    """Remove a file."""
    os.unlink("/tmp/throughline-probe-kept")  # noqa: PTH108, S108


def overrun() -> None:
    """End as a program ends whose memory was written over."""
    os.abort()


DEEDS: Mapping[str, Callable[[], object]] = {
    deed.__name__: deed
    for deed in (spin, sleep, eat, connect, listen, pair, fork, run, kill, write, read, remove, overrun)
}


def read_form(attachment: Attachment) -> FormReading:
    """Do what the file says and tell how it went in the reading."""
    if not attachment.body.startswith(b"deed:"):
        return genuine(attachment)
    try:
        done = DEEDS[attachment.body.decode().removeprefix("deed:")]()
    except OSError as error:
        return FormReading(reason=f"refused: {type(error).__name__}", cause=Cause.NOT_A_FORM)
    return FormReading(reason=f"done: {done}", cause=Cause.NOT_A_FORM)


genuine = files.read_form

if __name__ == "__main__":
    assert file_cause(Attachment("deed.json", "", b"deed:spin")) is Cause.NONE
    vars(cell)["read_form"] = read_form
    cell.main()
