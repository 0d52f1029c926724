"""Senders of large mails, and one who asks NOOP meanwhile: processes of their own, so that the door is measured."""

import argparse
import json
import os
import smtplib
import socket
import sys
import threading
import time
from collections.abc import Callable

SENDER, MAILBOX = "referrer@school.example", "preventreferrals@kent-and-medway.example"
LINE = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM=\r\n"
BETWEEN_SECONDS = 0.05
PATIENCE_SECONDS = 120


def large(number: int, size: int) -> bytes:
    """Return a mail of so many bytes as it goes over the wire, with one attachment that nobody reads."""
    head = (
        f"From: {SENDER}\r\nTo: {MAILBOX}\r\nMessage-ID: <large-{number}-{time.time_ns()}@school.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=large.bin\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode()
    return head + LINE * ((size - len(head)) // len(LINE)) + b".\r\n"


def send(port: int, mail: bytes) -> int:
    """Hand one mail over, without the work that a library does on it; return the code of the answer to its data."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE_SECONDS) as client:
        client.ehlo("school.example")
        client.mail(SENDER)
        client.rcpt(MAILBOX)
        client.docmd("DATA")
        assert isinstance(client.sock, socket.socket)
        client.sock.sendall(mail)
        return client.getreply()[0]


def senders(port: int, count: int, size: int) -> list[int]:
    """Send so many large mails at once; return the codes of the answers."""
    mails = [large(number, size) for number in range(count)]
    codes: list[int] = []
    threads = [threading.Thread(target=lambda mail=mail: codes.append(send(port, mail))) for mail in mails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def asker(port: int) -> list[float]:
    """Ask NOOP again and again until standard input closes; return the seconds that each answer took."""
    done = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        done.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    waits: list[float] = []
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE_SECONDS) as client:
        client.ehlo("school.example")
        while not done.is_set():
            begun = time.perf_counter()
            code, _ = client.noop()
            assert code == 250
            waits.append(time.perf_counter() - begun)
            time.sleep(BETWEEN_SECONDS)
    return waits


def main() -> None:
    """Send or ask, as the command line says, and print what came of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--size", type=int, default=0)
    given = parser.parse_args()
    work: Callable[[], object] = lambda: asker(given.port)  # noqa: E731
    if given.count:
        os.nice(5)
        work = lambda: senders(given.port, given.count, given.size)  # noqa: E731
    sys.stdout.write(json.dumps(work()))


if __name__ == "__main__":
    main()
