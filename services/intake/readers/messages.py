"""A mail taken apart with the standard library, header by header, so that one hostile header spoils nothing else."""

import re
from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser
from html.parser import HTMLParser

from services.intake.readers.headers import (
    LONGEST_RAW_HEADER,
    UNWANTED,
    header,
    is_automatic,
    media_type,
    sender,
    words,
)
from services.intake.readers.values import Attachment, ReadMessage

MOST_PARTS = 200
LONGEST_TEXT = 200_000
TOO_MANY_PARTS = f"The mail has more than {MOST_PARTS} parts; only the first ones were opened."
DAMAGED = "The mail is damaged and could not be taken apart in full; open the original."
EXTENSIONS = {"message/rfc822": ".eml", "text/html": ".html", "application/pdf": ".pdf", "application/json": ".json"}


def read_message(raw: bytes) -> ReadMessage:
    """Take a mail apart; whatever cannot be read is left out and said in `problems`, nothing is raised."""
    try:
        # The newer policies take headers apart by grammar, which 64 KB of quotation marks keep busy for a minute.
        return _taken_apart(BytesParser(policy=policy.compat32).parsebytes(raw))
    except Exception:  # noqa: BLE001 - the parser of hostile mail raises anything; people still get the original
        return ReadMessage(problems=(DAMAGED,))


def _taken_apart(message: Message) -> ReadMessage:
    problems: list[str] = []
    attachments: list[Attachment] = []
    plain: list[str] = []
    marked_up: list[str] = []
    for number, part in enumerate(_leaves(message)):
        if number >= MOST_PARTS:
            problems.append(TOO_MANY_PARTS)
            break
        body = _body(part)
        if body is None:
            problems.append(DAMAGED)
        elif _is_text(part):
            (plain if media_type(part) == "text/plain" else marked_up).append(_decoded(part, body))
        elif body:
            attachments.append(Attachment(_file_name(part, len(attachments) + 1), media_type(part), body))
    return ReadMessage(
        message_id=header(message, "Message-ID"),
        sender=sender(message),
        subject=header(message, "Subject"),
        text="\n".join(plain or [_without_markup(text) for text in marked_up])[:LONGEST_TEXT],
        attachments=tuple(attachments),
        automatic=is_automatic(message),
        problems=tuple(dict.fromkeys(problems)),
    )


def _leaves(message: Message) -> Iterator[Message]:
    # A stack of our own, not Message.walk(): thousands of nested parts must not exhaust Python's.
    waiting: list[Message] = [message]
    while waiting:
        part = waiting.pop()
        content = part.get_payload()
        if isinstance(content, list):
            waiting.extend(reversed([inner for inner in content if isinstance(inner, Message)]))
        else:
            yield part


def _is_text(part: Message) -> bool:
    try:
        attached = part.get_content_disposition() == "attachment" or bool(part.get_filename())
    except Exception:  # noqa: BLE001 - as above
        attached = True
    return not attached and media_type(part) in {"text/plain", "text/html"}


def _body(part: Message) -> bytes | None:
    try:
        body = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001 - as above
        return None
    return body if isinstance(body, bytes) else None


def _decoded(part: Message, body: bytes) -> str:
    try:
        text = body.decode(part.get_content_charset() or "utf-8", "replace")
    except Exception:  # noqa: BLE001 - unknown or hostile character sets
        text = body.decode("utf-8", "replace")
    return UNWANTED.sub("\ufffd", text)


def _file_name(part: Message, number: int) -> str:
    try:
        given = words(str(part.get_filename() or "")[:LONGEST_RAW_HEADER])
    except Exception:  # noqa: BLE001 - as above
        given = ""
    bare = re.split(r"[/\\]", " ".join(UNWANTED.sub("", given).split()))[-1].strip(". ")
    return bare[-150:] or f"attachment-{number}{EXTENSIONS.get(media_type(part), '')}"


class _Text(HTMLParser):
    """The words of a page, without its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in {"script", "style"}
        if tag in {"p", "br", "div", "tr", "li"}:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in {"script", "style"}))

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def _without_markup(text: str) -> str:
    page = _Text()
    try:
        page.feed(text[:LONGEST_TEXT])
    except Exception:  # noqa: BLE001 - as above; the marked-up text is better than none
        return text
    return "".join(page.words).strip()
