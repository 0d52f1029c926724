"""What the headers of a mail say, read one by one, so that one hostile header spoils nothing else."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr

LONGEST_HEADER = 500
LONGEST_RAW_HEADER = 2_000
MOST_OF_A_KIND = 50
UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What cannot be stored, and what turns the direction of writing: a name `exe.pdf` would show an `.exe` as a PDF."""
MAIL_ADDRESS = re.compile(r"[^@\s<>,;\x00-\x1f\x7f-\x9f]+@[^@\s<>,;\x00-\x1f\x7f-\x9f]+", re.ASCII)
MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
RESULTS = "authentication-results"
IN_WORDS = ("message-id", "subject", "auto-submitted", "precedence", "in-reply-to", "references")
DELIVERED = ("delivered-to", "x-original-to", "to", "cc")
KNOWN = frozenset({*IN_WORDS, *DELIVERED, "from", "reply-to", "content-type", "list-id", "return-path"})


@dataclass(frozen=True)
class MailHeaders:
    """What the headers say of the sender and the mail; "" or nothing where they say nothing.

    `answers` are the Message-IDs that it answers; `results` the values of Authentication-Results, topmost first, each
    with the number of Received headers that stand above it; `null_sender` says that Return-Path is empty.
    """

    message_id: str = ""
    subject: str = field(default="", repr=False)
    sender: str = field(default="", repr=False)
    reply_to: str = field(default="", repr=False)
    automatic: bool = False
    submitted: str = ""
    report: bool = False
    null_sender: bool = False
    received: int = 0
    answers: tuple[str, ...] = ()
    results: tuple[tuple[int, str], ...] = field(default=(), repr=False)
    written_to: tuple[str, ...] = field(default=(), repr=False)

    @property
    def delivered_to(self) -> tuple[str, ...]:
        """Return the addresses that the mail was delivered to or written to, those first that a server added."""
        parts = (part for line in self.written_to for part in line.split(","))
        return tuple(address for part in parts if (address := _address(part)))


def read_headers(head: bytes) -> MailHeaders:
    """Read what the headers say of the sender and the mail, and nothing else; nothing is raised."""
    try:
        message = BytesHeaderParser(policy=policy.compat32).parsebytes(head)
        return _read(message)
    except Exception:  # noqa: BLE001 - the parser of hostile mail raises anything; people still get the original
        return MailHeaders()


def _read(message: Message) -> MailHeaders:
    # One walk over the headers, because every mail at the door waits for it.
    firsts: dict[str, str] = {}
    results: list[tuple[int, str]] = []
    received = 0
    for given, value in message.raw_items():
        name = given.lower()
        received += name == "received"
        if name == RESULTS and len(results) < MOST_OF_A_KIND:
            results.append((received, " ".join(UNWANTED.sub("\ufffd", _text(value)).split())))
        elif name in KNOWN and name not in firsts:
            firsts[name] = _text(value)
    said = {name: tidy(words(firsts[name])) for name in IN_WORDS if name in firsts}
    report = firsts.get("content-type", "").lower().lstrip().startswith("multipart/report")
    return MailHeaders(
        message_id=said.get("message-id", ""),
        subject=said.get("subject", ""),
        sender=_address(firsts.get("from", "")),
        reply_to=_address(firsts.get("reply-to", "")),
        automatic=_automatic(said.get, report=report, listed=bool(firsts.get("list-id"))),
        submitted=said.get("auto-submitted", "").lower().partition(";")[0].strip(),
        report=report,
        null_sender=firsts.get("return-path", "").strip() == "<>",
        received=received,
        answers=tuple(MESSAGE_ID.findall(f"{said.get('in-reply-to', '')} {said.get('references', '')}")),
        results=tuple(results),
        written_to=tuple(firsts[name] for name in DELIVERED if name in firsts),
    )


def header(message: Message, name: str) -> str:
    """Return a header in words, on one line and without anything that cannot be stored; "" without one."""
    return tidy(words(raw_header(message, name)))


def raw_header(message: Message, name: str) -> str:
    """Return a header as it came, its beginning only; "" without one."""
    return next((_text(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")


def _text(value: object) -> str:
    return str(value)[:LONGEST_RAW_HEADER].encode("ascii", "surrogateescape").decode("utf-8", "replace")


def words(raw: str) -> str:
    """Return a header with its encoded words decoded, as it came where they are broken."""
    if "=?" not in raw:
        return raw
    try:
        return str(make_header(decode_header(raw)))
    except Exception:  # noqa: BLE001 - unknown character sets and broken encodings; it is shown as it came
        return raw


def tidy(text: str) -> str:
    """Return a text on one line, without anything that cannot be stored, its beginning only."""
    return " ".join(UNWANTED.sub("\ufffd", text).split())[:LONGEST_HEADER]


def sender(message: Message) -> str:
    """Return the bare address of From, "" where there is none."""
    return _address(raw_header(message, "From"))


def _address(raw: str) -> str:
    # The name beside the address may hold anything once it is decoded, commas and other addresses too.
    address = parseaddr(tidy(raw))[1]
    return address if MAIL_ADDRESS.fullmatch(address) else ""


def _automatic(said: Callable[[str, str], str], *, report: bool, listed: bool) -> bool:
    """Say whether no person has just written this mail (RFC 3834): two machines could write to each other for ever."""
    submitted, precedence = said("auto-submitted", "").lower(), said("precedence", "").lower()
    return submitted not in {"", "no"} or precedence in {"bulk", "junk", "list", "auto_reply"} or report or listed


def media_type(part: Message) -> str:
    """Return the declared media type in small letters."""
    try:
        return UNWANTED.sub("", part.get_content_type().lower())[:100]
    except Exception:  # noqa: BLE001 - as above
        return "application/octet-stream"
