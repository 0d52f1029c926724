"""Mails that come back, taken apart: reports of servers (RFC 3464), bounces in plain words, and automatic replies."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from services.notify.domain import Report, What

LARGEST = 512 * 1024
"""So many bytes of a mail are read: a report with the headers of what it is about needs far less."""
_LARGEST_HEAD = 64 * 1024
_MOST_PARTS = 40
_READ_WORDS = 16 * 1024
_LONGEST_FIELD = 1_000
"""So much of a field is looked at: the library's own parser of fields needs minutes for a long one made to that end."""
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<!\d)([45])\d\d[ -]")
_ACTIONS = {
    "failed": What.BOUNCED,
    "delayed": What.DELAYED,
    "delivered": What.DELIVERED,
    "relayed": What.RELAYED,
    "expanded": What.RELAYED,
}
_WORST_FIRST = (What.BOUNCED, What.DELAYED, What.DELIVERED, What.RELAYED)
_DAEMONS = re.compile(r"mailer-daemon|postmaster|mail delivery (?:system|subsystem)|microsoftexchange", re.IGNORECASE)
_FAILED = re.compile(
    r"could ?n[o']t be delivered|could not be delivered|was not delivered|wasn't delivered|cannot be delivered"
    r"|delivery (?:has |to [^\n]{0,120})?failed|returning message to sender|returned mail|undeliver(?:able|ed)"
    r"|wasn't able to deliver|unable to deliver|permanent (?:fatal )?error|nicht zugestellt|n'a pas pu être remis",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"will (?:continue|keep) (?:to try|trying)|still being retried|has been delayed|delayed for|not yet been delivered"
    r"|you do(?: not|n't) need to (?:resend|send)|warning only|will be retried",
    re.IGNORECASE,
)
_AUTOMATIC = re.compile(
    r"^(?:\[?external\]?:? *)?"
    r"(?:auto(?:matic|mated)?[ -]?(?:reply|response|antwort)|out of (?:the )?office|abwesenheit)",
    re.IGNORECASE,
)


def bounce(raw: bytes) -> Report:
    """Return what a mail that came back says; UNREADABLE where no software can tell. Raises nothing, whatever it is."""
    if len(raw) > LARGEST or len(raw.partition(b"\r\n\r\n")[0]) > _LARGEST_HEAD:
        return Report(What.UNREADABLE)
    if raw.lower().count(b"boundary=") > _MOST_PARTS:
        return Report(What.UNREADABLE)
    try:
        return _read(message_from_bytes(raw))
    except Exception:  # noqa: BLE001  the libraries raise many things for what was made to break them
        return Report(What.UNREADABLE)


def _read(mail: Message) -> Report:
    kinds = {part.get_content_type() for part in _own_parts(mail)}
    if "message/delivery-status" in kinds:
        return _reported(mail)
    if "message/disposition-notification" in kinds:
        return Report(What.AUTO_REPLY)
    return _in_words(mail)


def _field(mail: Message, name: str) -> str:
    """Return the beginning of a field as it is written, "" where there is none."""
    return str(mail.get(name, ""))[:_LONGEST_FIELD].strip()


def _own_parts(mail: Message) -> Iterator[Message]:
    """Yield the parts of a mail, and nothing of a mail that it brings back or quotes."""
    yield mail
    if mail.get_content_maintype() == "multipart":
        for part in mail.get_payload():
            if isinstance(part, Message):
                yield from _own_parts(part)


def _head(raw: bytes) -> Message:
    return message_from_bytes(raw[:_LARGEST_HEAD].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0] + b"\n\n")


def _reported(mail: Message) -> Report:
    """Return the worst that a report says of any recipient: our mails have one."""
    found = [report for group in _groups(mail) if (report := _of_recipient(group)) is not None]
    worst = sorted(found, key=lambda report: _WORST_FIRST.index(report.what))
    return worst[0] if worst else Report(What.UNREADABLE)


def _groups(mail: Message) -> "Iterator[Message[str, str]]":
    """Yield the groups of fields of the first report in a mail."""
    report = next(part for part in _own_parts(mail) if part.get_content_type() == "message/delivery-status")
    payload: Any = report.get_payload()
    if isinstance(payload, list):
        yield from payload
    elif isinstance(payload, str):
        yield from (message_from_bytes(each.encode("utf-8", "replace")) for each in re.split(r"\n\s*\n", payload))


def _of_recipient(group: "Message[str, str]") -> Report | None:
    status = _STATUS.search(_field(group, "Status"))
    code = status[1] if status else ""
    action = _field(group, "Action").split("(")[0].strip().lower()
    if action in _ACTIONS:
        what = _ACTIONS[action]
        return Report(what, code or _status_in(_field(group, "Diagnostic-Code")))
    if not code or "Final-Recipient" not in group:
        return None
    return Report({"5": What.BOUNCED, "4": What.DELAYED, "2": What.DELIVERED}[code[0]], code)


def _status_in(words: str) -> str:
    """Return the enhanced status code in free words; the class alone where only a reply code of SMTP stands there."""
    found = _STATUS.search(words)
    if found:
        return found[1]
    reply = _REPLY_CODE.search(words)
    return f"{reply[1]}.0.0" if reply else ""


def _in_words(mail: Message) -> Report:
    """Return what a mail without a report says: only what servers write counts, by whom it is from or by its fields."""
    subject, words = str(make_header(decode_header(_field(mail, "Subject")))), _words(mail)
    if mail.get("X-Failed-Recipients") is not None:
        return Report(What.DELAYED if _LATER.search(words) else What.BOUNCED, _status_in(words))
    by_server = bool(_DAEMONS.search(_field(mail, "From"))) or _field(mail, "Return-Path") == "<>"
    said = f"{subject}\n{words}"
    if by_server and _LATER.search(said):
        return Report(What.DELAYED, _status_in(words))
    if by_server and _FAILED.search(said):
        return Report(What.BOUNCED, _status_in(words))
    return Report(What.AUTO_REPLY if _is_automatic(mail, subject) else What.UNREADABLE)


def _is_automatic(mail: Message, subject: str) -> bool:
    submitted = _field(mail, "Auto-Submitted").split(";")[0].strip().lower()
    precedence = _field(mail, "Precedence").strip().lower()
    marked = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
    return (
        submitted not in {"", "no"}
        or precedence in {"auto_reply", "auto-reply", "bulk", "junk"}
        or any(mail.get(name) is not None for name in marked)
        or bool(_AUTOMATIC.match(subject.strip()))
    )


def _words(mail: Message) -> str:
    """Return the beginning of what people read in a mail."""
    parts = [part for part in _own_parts(mail) if part.get_content_maintype() == "text"]
    content = parts[0].get_payload(decode=True) if parts else b""
    return content[:_READ_WORDS].decode("utf-8", "replace") if isinstance(content, bytes) else ""
