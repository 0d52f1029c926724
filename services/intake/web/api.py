"""The partner API: one referral in, a reference out, and every refusal said field by field."""

import json
from collections.abc import Callable, Coroutine, Iterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from chassis import clock
from chassis.actor import Actor
from chassis.errors import ThroughlineError
from chassis.internal import ProblemRoute, problem, status_of
from contracts.vocabulary import Door, ReferralForm, tidy_reference
from services.intake.domain import (
    LONDON,
    KeyKind,
    Original,
    Reading,
    Receipt,
    impossible_age,
    key_for,
)
from services.intake.queries import ledger, likeness_key, localities_of
from services.intake.readers.files import load_json
from services.intake.spool import accept

BODY_LIMIT = 2 * 1024 * 1024
KEY_LIMIT = 255
ERRORS_LIMIT = 50
POINTER_LIMIT = 200
RECEIPT = "Your referral has been received and sent to the teams that must act on it. Keep the reference."

AGE_SENTENCE = "This must be the date of birth of somebody between 0 and 120 years old."

EXAMPLE = {
    "edition": "2025",
    "language": "en",
    "person": {
        "forenames": "Sample",
        "surname": "Synthetic-Person",
        "date_of_birth": "2009-04-27",
        "district": "Thanet",
        "addresses": [{"lines": "1 Example Street, Margate", "postcode": "CT9 9ZZ", "current": True}],
    },
    "concerns": {"narrative": "A synthetic concern, written to show where the referrer's own words go."},
    "referrer": {
        "forename": "Sample",
        "surname": "Referrer",
        "organisation": "Example School",
        "sector": "education",
        "email": "referrer@school.example",
    },
    "sharing_acknowledged": True,
}


class Accepted(BaseModel):
    """The answer to an accepted referral: it is kept, and the teams that must act are being told."""

    reference: str
    receipt: str
    received_at: str

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"reference": "KM-7F3K-92QM", "receipt": RECEIPT, "received_at": "2026-11-21T10:00:00+00:00"}
        }
    )


class FieldProblem(BaseModel):
    """One bad field: a JSON pointer into the body, and a sentence that never repeats what was sent."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """An RFC 9457 answer."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldProblem, ...] = ()


class Refused(Exception):
    """A body that cannot become a referral, with the answer to give."""

    def __init__(self, response: Response) -> None:
        """Keep the answer."""
        super().__init__()
        self.response = response


class WholeBodyRoute(APIRoute):
    """Reads the body itself, once, within its limit, and validates its bytes: no half-decoded text can get through."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that reads, stores and answers."""

        async def handle(request: Request) -> Response:
            try:
                return await _submit(request)
            except Refused as refused:
                return refused.response
            except ThroughlineError as error:
                return problem(status_of(error), error.reason, str(error))

        return handle


router = APIRouter(prefix="/api/v1", tags=["referrals"], route_class=WholeBodyRoute)
reading = APIRouter(prefix="/api/v1", tags=["referrals"], route_class=ProblemRoute)

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description, "content": {"application/problem+json": {}}}
    for status, description in {
        400: "The body is not JSON, or a header cannot be used.",
        409: "The Idempotency-Key came with another referral before.",
        413: "The body is larger than 2 MB.",
        415: "The body is not sent as JSON.",
        422: "Fields are missing or wrong; each is named.",
        503: "The service cannot keep referrals at the moment; send it again under the same key.",
    }.items()
}


@router.post("/referrals", status_code=201, response_model=Accepted, responses=_PROBLEMS)
async def submit_referral(
    form: Annotated[ReferralForm, Body(openapi_examples={"synthetic": {"summary": "Synthetic", "value": EXAMPLE}})],
    idempotency_key: Annotated[str, Header(max_length=KEY_LIMIT)] = "",
) -> None:
    """Make a referral; 201 says that it is kept and announced.

    Send an Idempotency-Key of your own, so that a repeat after a lost answer gets the same reference.
    """
    # The signature is the documentation; WholeBodyRoute answers.


@reading.get("/referrals/{reference}", response_model=Accepted)
async def show_referral(request: Request, reference: str) -> JSONResponse:
    """Say that a referral is here and when it came; nothing about whom it concerns."""
    async with request.app.state.runtime.database.transaction(Actor.public()) as session:
        found = await ledger(session, tidy_reference(reference))
    return JSONResponse(_accepted(Receipt(found.reference, found.received_at)))


async def _submit(request: Request) -> Response:
    key = _idempotency_key(request)
    body = await _body(request)
    now = clock.now()
    today = now.astimezone(LONDON).date()
    form = form_in(body, today)
    runtime = request.app.state.runtime
    keys = (key_for(KeyKind.IDEMPOTENCY_KEY, key, body),) if key else (key_for(KeyKind.DIGEST, body),)
    original = Original(
        door=Door.API,
        practice=localities_of(runtime).by_district(form.person.district, today),
        name="referral.json",
        media_type="application/json",
        body=body,
        keys=keys,
        reading=Reading.READ,
        form=form,
        likeness_key=likeness_key(runtime),
    )
    receipt = await accept(runtime, original, now=now)
    return JSONResponse(_accepted(receipt), 201, headers={"Location": f"/api/v1/referrals/{receipt.reference}"})


def _accepted(receipt: Receipt) -> dict[str, str]:
    return {"reference": receipt.reference, "receipt": RECEIPT, "received_at": receipt.received_at.isoformat()}


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > KEY_LIMIT or not key.isascii() or not key.isprintable():
        sentence = f"The Idempotency-Key must be at most {KEY_LIMIT} printable ASCII characters."
        raise Refused(problem(400, "idempotency-key-unusable", sentence))
    return key


async def _body(request: Request) -> bytes:
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise Refused(problem(415, "not-json", "Send the referral as application/json."))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            sentence = "The referral is larger than 2 MB: send its documents by mail."
            raise Refused(problem(413, "original-too-large", sentence))
    return bytes(body)


def form_in(body: bytes, today: date) -> ReferralForm:
    """Return the referral in a body; raises Refused with the answer that names each bad field."""
    try:
        form = ReferralForm.model_validate_json(body)
    except ValidationError as invalid:
        raise _refused(invalid.errors(include_url=False, include_input=False)) from None
    _, twice = load_json(body)
    if twice:
        sentence = "A name stands twice in one object of the body, and nobody can know which is meant: send it once."
        raise Refused(problem(422, "json-ambiguous", sentence))
    if impossible_age(form.person, today):
        raise _not_valid([{"pointer": "/person/date_of_birth", "detail": AGE_SENTENCE}])
    return form


def _refused(details: list[ErrorDetails]) -> Refused:
    if details[0]["type"] == "json_invalid":
        sentence = "The body cannot be read as JSON in UTF-8: check brackets, quotes and the encoding."
        return Refused(problem(400, "json-unreadable", sentence))
    return _not_valid(list(_field_problems(details)))


def _not_valid(errors: list[dict[str, str]]) -> Refused:
    named = "1 field is" if len(errors) == 1 else f"{len(errors)} fields are"
    content = {
        "type": "urn:throughline:referral-not-valid",
        "title": "referral-not-valid",
        "status": 422,
        "detail": f"{named} missing or wrong: mend each one that `errors` names and send the referral again.",
        "errors": errors,
    }
    return Refused(Response(json.dumps(content), 422, media_type="application/problem+json"))


def _field_problems(details: list[ErrorDetails]) -> Iterator[dict[str, str]]:
    for detail in details[:ERRORS_LIMIT]:
        yield {"pointer": _pointer(detail["loc"]), "detail": _sentence(detail)}


def _pointer(place: tuple[int | str, ...]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in place)
    return "".join(f"/{part}" for part in parts)[:POINTER_LIMIT]


_SENTENCES = {
    "missing": "This field is needed.",
    "extra_forbidden": "The form has no such field: leave it out.",
    "string_type": "This must be text.",
    "string_too_short": "This must not be empty.",
    "string_too_long": "This must be {max_length} characters or fewer.",
    "string_pattern_mismatch": "This holds characters that cannot be kept, or is not an address like name@example.org.",
    "enum": "This must be one of {expected}.",
    "literal_error": "This must be {expected}.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be true or false.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "greater_than_equal": "This must be {ge} or more.",
    "less_than_equal": "This must be {le} or less.",
    "too_long": "This must have {max_length} entries or fewer.",
    "tuple_type": "This must be a list.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "value_error": "{error}.",
}


def _sentence(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind.startswith("date"):
        return "This must be a date like 2009-04-27."
    return _SENTENCES.get(kind, "This cannot be used: look at the field in the API description.").format(
        **detail.get("ctx", {})
    )
