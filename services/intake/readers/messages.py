"""A mail taken apart with the standard library, header by header, so that one hostile header spoils nothing else."""

import re
from collections.abc import Iterator, Mapping
from email import policy
from email.message import Message
from email.parser import BytesParser
from html.parser import HTMLParser

from services.intake.readers.headers import (
    LONGEST_RAW_HEADER,
    UNWANTED,
    header,
    media_type,
    sender,
    words,
)
from services.intake.readers.plain import looks_like_form
from services.intake.readers.values import Attachment, ReadMessage

MOST_PARTS = 200
MOST_LINES_ATTACHED = 200_000
SPACES = re.compile(r"[\s\u00a0]+")
BLANK_LINES = re.compile(r"\n{3,}")
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
    plain: dict[int, list[str]] = {}
    marked_up: dict[int, list[str]] = {}
    for number, (part, holder) in enumerate(_leaves(message)):
        if number >= MOST_PARTS:
            problems.append(TOO_MANY_PARTS)
            break
        body = _body(part)
        if body is None:
            problems.append(DAMAGED)
        elif _is_text(part):
            kept = plain if media_type(part) == "text/plain" else marked_up
            kept.setdefault(holder, []).append(_decoded(part, body))
        elif body:
            attachments.append(Attachment(_file_name(part, len(attachments) + 1), media_type(part), body))
    texts = tuple(_texts(plain, marked_up))
    return ReadMessage(
        sender=sender(message),
        subject=header(message, "Subject"),
        text="\n".join(texts)[:LONGEST_TEXT],
        attachments=tuple(attachments),
        problems=tuple(dict.fromkeys(problems)),
        forms_in_text=tuple(text for text in texts if looks_like_form(text)),
    )


def _texts(plain: Mapping[int, list[str]], marked_up: Mapping[int, list[str]]) -> Iterator[str]:
    """Yield the text of each message, the outer one first: as plain text where it has some, else without its markup."""
    for holder in sorted({*plain, *marked_up}):
        pieces = plain.get(holder) or [_without_markup(text) for text in marked_up[holder]]
        text = "\n".join(pieces)[:LONGEST_TEXT]
        yield text if text.strip() or holder not in marked_up else "\n".join(map(_without_markup, marked_up[holder]))


def _leaves(message: Message) -> Iterator[tuple[Message, int]]:
    """Yield every part with the number of the message that holds it: 0 is the mail, then those inside it."""
    # A stack of our own, not Message.walk(): thousands of nested parts must not exhaust Python's.
    waiting: list[tuple[Message, int]] = [(message, 0)]
    messages = 0
    while waiting:
        part, holder = waiting.pop()
        content = part.get_payload()
        inner = [one for one in content if isinstance(one, Message)] if isinstance(content, list) else _attached(part)
        if inner is None:
            yield part, holder
            continue
        if not part.is_multipart() or media_type(part) == "message/rfc822":
            messages += 1
            holder = messages
        waiting.extend((one, holder) for one in reversed(inner))


def _attached(part: Message) -> list[Message] | None:
    """Return the message in a file that holds one and does not say so, None for any other part."""
    if not _file_name(part, 0).lower().endswith(".eml"):
        return None
    body = _body(part)
    if not body or body.count(b"\n") > MOST_LINES_ATTACHED:
        return None
    inner = BytesParser(policy=policy.compat32).parsebytes(body)
    return [inner] if inner.keys() else None


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
    return bare_name(given) or f"attachment-{number}{EXTENSIONS.get(media_type(part), '')}"


def bare_name(given: str) -> str:
    """Return the name of a file without its folders and without what turns the direction of writing; "" for none."""
    return re.split(r"[/\\]", " ".join(UNWANTED.sub("", given).split()))[-1].strip(". ")[-150:]


class _Text(HTMLParser):
    """The words of a page, without its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in {"script", "style"}
        self._cells += tag in {"td", "th"}
        if tag in {"p", "br", "div", "tr", "li", "h1", "h2", "h3", "h4"}:
            self.words.append(" " if self._cells and tag != "tr" else "\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in {"script", "style"}))
        if tag in {"td", "th"}:
            self._cells = max(0, self._cells - 1)
            self.words.append("\t")
        elif tag in {"p", "div", "table", "tr"} and not self._cells:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(SPACES.sub(" ", data))


def _without_markup(text: str) -> str:
    page = _Text()
    try:
        page.feed(text[:LONGEST_TEXT])
    except Exception:  # noqa: BLE001 - as above; the marked-up text is better than none
        return text
    lines = (line.strip(" \r") for line in "".join(page.words).split("\n"))
    return BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
