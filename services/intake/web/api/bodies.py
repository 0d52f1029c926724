"""Reads what a partner sends: JSON, or JSON with files beside it, within limits and refused field by field."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from chassis.web import FormData, FormTooLarge, FormUnreadable
from chassis.web.bodies import MULTIPART, read_form
from contracts.vocabulary import ReferralForm
from services.intake.domain import Attachment, impossible_age
from services.intake.readers.structured import load_json
from services.intake.web.api.problems import AGE_SENTENCE, Refused, as_problem, not_json, not_valid, unreadable

Model = TypeVar("Model", bound=BaseModel)
MIB = 1024 * 1024
BODY_LIMIT = 2 * MIB
BATCH_LIMIT = 16 * MIB
KEY_LIMIT = 255
MOST_ATTACHMENTS = 10
ATTACHMENT_LIMIT = 10 * MIB
MULTIPART_LIMIT = 30 * MIB
REFERRAL_PART = "referral"
ATTACHMENT_PART = "attachment"
JSON = "application/json"
OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How an Office file begins: as a zip file, or, under a password, as the container that Office seals it in."""
ATTACHMENT_TYPES = {
    "application/pdf": (b"%PDF-",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": OFFICE,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": OFFICE,
    "application/vnd.oasis.opendocument.text": (b"PK\x03\x04",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "text/plain": (b"",),
}
"""What may come beside a referral, and how such a file begins: nothing that is named as something else."""


@dataclass(frozen=True)
class Sent:
    """A referral as it was sent: its bytes and form, the files beside it, and what a repeat of it must equal."""

    body: bytes
    form: ReferralForm
    attachments: tuple[Attachment, ...]
    request: bytes


async def read_sent(request: Request, today: date) -> Sent:
    """Return what a request holds; raises Refused with the answer that says what to mend."""
    body, attachments = await read_body(request, REFERRAL_PART)
    content = unambiguous(body)
    form = checked_form(body, content, today)
    return Sent(body, form, attachments, with_files(content, attachments) if attachments else canonical(content))


async def read_body(request: Request, part: str) -> tuple[bytes, tuple[Attachment, ...]]:
    """Return the JSON of a request and, where it comes in parts, the files beside it; raises Refused."""
    if media_type_of(request) == MULTIPART:
        return await _read_parts(request, part)
    return await read_json(request, BODY_LIMIT), ()


def media_type_of(request: Request) -> str:
    """Return the media type that a request names, JSON where it names none."""
    return request.headers.get("content-type", JSON).partition(";")[0].strip().lower()


async def read_json(request: Request, limit: int) -> bytes:
    """Return a body that is sent as JSON, of at most `limit` bytes; raises Refused."""
    media_type = media_type_of(request)
    if media_type != JSON and not media_type.endswith("+json"):
        raise as_problem(
            415, "not-json", "Send the referral as application/json, or as multipart/form-data with files."
        )
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise as_problem(413, "original-too-large", f"The body is larger than {limit // MIB} MB: send less.")
    except ClientDisconnect:
        raise as_problem(400, "json-unreadable", "The body did not arrive in full: send it again.") from None
    return bytes(body)


def checked_form(body: bytes, content: object, today: date) -> ReferralForm:
    """Return the referral in a body, of which the JSON value is known; raises Refused, which names each bad field."""
    form = validated(ReferralForm, body, content)
    check_age(form, today)
    return form


def validated(model: type[Model], body: bytes, content: object) -> Model:
    """Return the model in a body, of which the JSON value is known; raises Refused, which names each bad field."""
    try:
        found = model.model_validate_json(body)
    except ValidationError as invalid:
        raise unreadable(invalid) from None
    if loose := list(_loosely_written(content, found, "")):
        raise not_valid(loose)
    return found


def check_age(form: ReferralForm, today: date, place: str = "") -> None:
    """Raise Refused where nobody is of that age; `place` is where the form stands in the body."""
    if impossible_age(form.person, today):
        raise not_valid([{"pointer": f"{place}/person/date_of_birth", "detail": AGE_SENTENCE}])


def _loosely_written(content: Any, kept: object, pointer: str) -> Iterator[dict[str, str]]:
    """Yield the values that the model takes in another type than the description says, as "yes" for true."""
    if isinstance(kept, BaseModel):
        for name, value in content.items():
            yield from _loosely_written(value, getattr(kept, name), f"{pointer}/{name}")
    elif isinstance(kept, tuple):
        for place, (value, one) in enumerate(zip(content, kept, strict=True)):
            yield from _loosely_written(value, one, f"{pointer}/{place}")
    elif type(kept) is bool and content is not kept:
        yield {"pointer": pointer, "detail": "This must be true or false."}
    elif type(kept) is int and (isinstance(content, bool) or not isinstance(content, int | float)):
        yield {"pointer": pointer, "detail": "This must be a whole number."}
    elif isinstance(kept, date) and content != kept.isoformat():
        yield {"pointer": pointer, "detail": "This must be a date like 2009-04-27."}


def unambiguous(body: bytes) -> object:
    """Return the JSON value of a body; raises Refused where a name stands twice in an object."""
    try:
        content, twice = load_json(body)
    except (ValueError, RecursionError):
        raise not_json() from None
    if twice:
        sentence = "A name stands twice in one object of the body, and nobody can know which is meant: send it once."
        raise as_problem(422, "json-ambiguous", sentence)
    return content


def canonical(content: object) -> bytes:
    """Return the bytes by which a repeat is known: spaces and the order of names do not count."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def with_files(content: object, attachments: Iterable[Attachment]) -> bytes:
    """Return the bytes by which a repeat is known that comes with files."""
    digests = [[each.name, each.media_type, hashlib.sha256(each.body).hexdigest()] for each in attachments]
    return canonical([content, digests])


def usable_key(key: str) -> str:
    """Return an Idempotency-Key without the spaces around it; raises Refused for one that no header can carry."""
    key = key.strip()
    if len(key) > KEY_LIMIT or not key.isascii() or (key and not key.isprintable()):
        sentence = f"The Idempotency-Key must be at most {KEY_LIMIT} printable ASCII characters."
        raise as_problem(400, "idempotency-key-unusable", sentence)
    return key


async def _read_parts(request: Request, name: str) -> tuple[bytes, tuple[Attachment, ...]]:
    """Return the JSON of the part with a name, and the files beside it; raises Refused."""
    try:
        sent = await read_form(request, MULTIPART_LIMIT)
    except FormTooLarge as error:
        raise as_problem(413, "form-too-large", str(error)) from None
    except FormUnreadable as error:
        raise as_problem(400, "form-unreadable", str(error)) from None
    body = _json_part(sent, name)
    attachments = tuple(
        _attachment(number, Attachment(each.name, each.media_type.partition(";")[0].strip().lower(), each.body))
        for number, each in enumerate(sent.uploads(ATTACHMENT_PART))
    )
    if len(attachments) > MOST_ATTACHMENTS:
        raise _attachment_refused(
            f"At most {MOST_ATTACHMENTS} files may come with a referral: send the others by mail."
        )
    return body, attachments


def _json_part(sent: FormData, name: str) -> bytes:
    """Return the one part that holds the JSON, sent as a field or as a file."""
    strangers = {*sent.fields, *sent.files} - {name, ATTACHMENT_PART}
    texts = [text.encode() for text in sent.all(name)]
    found = [*texts, *(each.body for each in sent.uploads(name))]
    if strangers or sent.all(ATTACHMENT_PART) or len(found) != 1:
        sentence = f"Send one part `{name}` with the JSON, and a file part `{ATTACHMENT_PART}` for each file."
        raise as_problem(422, "parts-not-valid", sentence)
    if len(found[0]) > BODY_LIMIT:
        raise as_problem(413, "original-too-large", f"The referral is larger than {BODY_LIMIT // MIB} MB: send less.")
    return found[0]


def _attachment(number: int, given: Attachment) -> Attachment:
    """Return a file that may be kept; raises Refused, naming it by its place and never by its name."""
    which = f"File {number + 1}"
    if not given.name.strip() or not given.name.isprintable():
        raise _attachment_refused(f"{which} has no name that can be shown: give each file one.")
    if not given.body:
        raise _attachment_refused(f"{which} is empty: leave it out, or send it again.")
    if len(given.body) > ATTACHMENT_LIMIT:
        sentence = f"{which} is larger than {ATTACHMENT_LIMIT // MIB} MB: send it by mail."
        raise as_problem(413, "attachment-too-large", sentence)
    begins = ATTACHMENT_TYPES.get(given.media_type)
    if begins is None:
        raise _attachment_refused(
            f"{which} is of a type that is not taken: send PDF, DOCX, XLSX, ODT, JPEG, PNG or text."
        )
    if not given.body.startswith(begins):
        raise _attachment_refused(f"{which} is not what its type says: name the type that it is.")
    return given


def _attachment_refused(sentence: str) -> Refused:
    return as_problem(422, "attachment-not-usable", sentence)
