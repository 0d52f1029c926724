"""Reads form bodies of either encoding within limits, and refuses what no database could keep."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from chassis.errors import Rejected

KIB = 1024
MIB = 1024 * KIB
FIELDS_LIMIT = 500
FIELD_SIZE_LIMIT = 128 * KIB
FILES_LIMIT = 20
NAME_LIMIT = 255
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class FormUnreadable(Rejected):
    """A request holds text or a form that cannot be read or kept."""

    reason: ClassVar[str] = "form-unreadable"
    status: ClassVar[int] = 400


class FormTooSlow(FormUnreadable):
    """A request does not arrive in the time that anybody's line needs for it."""

    status: ClassVar[int] = 408


class FormTooLarge(Rejected):
    """A request is larger, or has more fields, than any of our forms."""

    reason: ClassVar[str] = "form-too-large"
    status: ClassVar[int] = 413


@dataclass(frozen=True)
class Upload:
    """A file that somebody sent: its name as given (never a path to open), its declared type, and its bytes."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True)
class FormData:
    """What a form sent: every value of every field, in order, with line ends as single newlines; and its files."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, tuple[Upload, ...]] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """Return the last value of a field, as browsers mean it, or the default."""
        return (self.fields.get(name) or (default,))[-1]

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field: the ticked checkboxes."""
        return self.fields.get(name, ())

    def uploads(self, name: str) -> tuple[Upload, ...]:
        """Return the files chosen in a field; none when it was left empty."""
        return self.files.get(name, ())


async def read_form(request: Request, limit: int) -> FormData:
    """Return the form in a request body of at most `limit` bytes.

    Raises FormTooLarge for too many bytes, fields or files, and FormUnreadable for a broken form, another encoding than
    UTF-8, or a character that cannot be stored (NUL, half a surrogate pair).
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == MULTIPART:
        return await _read_multipart(request, limit)
    body = b"".join([chunk async for chunk in _limited(request, limit)])
    if media_type == URLENCODED:
        return _gathered(_urlencoded(body), [])
    if body:
        raise FormUnreadable("This is not a form: send it from the page, or as application/x-www-form-urlencoded.")
    return FormData()


def check_text(text: str) -> str:
    """Return the text; raise FormUnreadable when it holds a character that cannot be stored."""
    if UNSTORABLE.search(text):
        raise FormUnreadable("The text holds a character that cannot be stored: remove it, or type the text again.")
    return text


async def _limited(request: Request, limit: int) -> AsyncIterator[bytes]:
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            yield chunk
    except ClientDisconnect as gone:
        raise FormUnreadable("The form did not arrive in full: send it again.") from gone


def _too_large(limit: int) -> FormTooLarge:
    size = f"{limit // MIB} MB" if limit >= MIB else f"{limit // KIB} KB"
    return FormTooLarge(f"What you sent is larger than {size}: send less, or fewer and smaller files.")


def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    if body.count(b"&") >= FIELDS_LIMIT:
        raise FormTooLarge(f"The form has more than {FIELDS_LIMIT} fields: send it from the page.")
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError as unreadable:
        raise FormUnreadable("The form is not in UTF-8: send it from the page, or encode it as UTF-8.") from unreadable


class _Parts(MultiPartParser):
    """Starlette's parser, strict where the original is silent: about UTF-8, and about a form cut off in the middle."""

    complete = False

    def on_end(self) -> None:
        self.complete = True

    def on_part_end(self) -> None:
        if self._current_part.file is None:
            self.items.append((self._current_part.field_name, self._current_part.data.decode("utf-8")))
        else:
            super().on_part_end()


async def _read_multipart(request: Request, limit: int) -> FormData:
    headers = Headers({"content-type": request.headers["content-type"]})
    stream = _limited(request, limit)
    parser = _Parts(
        headers,
        stream,  # type: ignore[arg-type]  # Starlette asks for a generator, and iterates
        max_files=FILES_LIMIT,
        max_fields=FIELDS_LIMIT,
        max_part_size=FIELD_SIZE_LIMIT,
    )
    try:
        items = (await parser.parse()).multi_items()
    except MultiPartException as refused:
        raise _multipart_refusal(refused) from refused
    except (FormParserError, UnicodeError, ValueError) as broken:
        raise FormUnreadable("The form is broken or not in UTF-8: send it again from the page.") from broken
    try:
        if not parser.complete:
            raise FormUnreadable("The form did not arrive in full: send it again.")
        files = [(name, await _upload(value)) for name, value in items if isinstance(value, UploadFile)]
    finally:
        for _, value in items:
            if isinstance(value, UploadFile):
                await value.close()
    return _gathered([(name, value) for name, value in items if isinstance(value, str)], files)


def _multipart_refusal(refused: MultiPartException) -> Rejected:
    if refused.message.startswith(("Too many", "Part exceeded")):
        return FormTooLarge(
            f"A form may have {FIELDS_LIMIT} fields of {FIELD_SIZE_LIMIT // KIB} KB and {FILES_LIMIT} files: send less."
        )
    return FormUnreadable("The form is broken: send it again from the page.")


async def _upload(part: UploadFile) -> Upload:
    name = check_text(part.filename or "")[-NAME_LIMIT:]
    return Upload(name, part.content_type or "application/octet-stream", await part.read())


def _gathered(values: list[tuple[str, str]], files: list[tuple[str, Upload]]) -> FormData:
    fields: dict[str, tuple[str, ...]] = {}
    uploads: dict[str, tuple[Upload, ...]] = {}
    for name, value in values:
        fields[check_text(name)] = (*fields.get(name, ()), _lines(check_text(value)))
    for name, upload in files:
        if upload.name or upload.body:
            uploads[check_text(name)] = (*uploads.get(name, ()), upload)
    return FormData(fields, uploads)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
