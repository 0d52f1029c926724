"""How the API says no: problem+json with a pointer to each bad field, and never a word of what was sent."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from chassis.errors import ThroughlineError, Unavailable
from chassis.internal import status_of

ERRORS_LIMIT = 50
POINTER_LIMIT = 200
PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_SECONDS = 10

AGE_SENTENCE = "This must be the date of birth of somebody between 0 and 120 years old."


class Refused(Exception):
    """A request that cannot be done, with what is answered."""

    def __init__(
        self,
        status: int,
        content: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        media_type: str = PROBLEM_JSON,
    ) -> None:
        """Keep the parts of the answer."""
        super().__init__()
        self.status, self.content = status, content
        self._headers, self._media_type = headers, media_type

    @property
    def response(self) -> JSONResponse:
        """Return the answer."""
        return JSONResponse(self.content, self.status, self._headers, self._media_type)


def as_problem(
    status: int, reason: str, sentence: str, headers: Mapping[str, str] | None = None, **more: object
) -> Refused:
    """Return the refusal with a status, a reason that has a runbook page, and a sentence (RFC 9457)."""
    content = {"type": f"urn:throughline:{reason}", "title": reason, "status": status, "detail": sentence}
    return Refused(status, content | more, headers)


def refusal_of(error: ThroughlineError) -> Refused:
    """Return how the API says one of our errors; one that passes by itself says when to try again."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if isinstance(error, Unavailable) else {}
    return as_problem(status_of(error), error.reason, str(error), headers)


def not_valid(errors: Sequence[Mapping[str, str]]) -> Refused:
    """Return the refusal of a referral whose fields are missing or wrong; each entry has `pointer` and `detail`."""
    named = "1 field is" if len(errors) == 1 else f"{len(errors)} fields are"
    sentence = f"{named} missing or wrong: mend each one that `errors` names and send the referral again."
    return as_problem(422, "referral-not-valid", sentence, errors=list(errors))


def not_json() -> Refused:
    """Return the refusal of a body that is no JSON."""
    sentence = "The body cannot be read as JSON in UTF-8: check brackets, quotes and the encoding."
    return as_problem(400, "json-unreadable", sentence)


def unreadable(invalid: ValidationError) -> Refused:
    """Return the refusal of a body that pydantic could not make a model of."""
    details = invalid.errors(include_url=False, include_input=False)
    if details[0]["type"] == "json_invalid":
        return not_json()
    return not_valid(list(_field_problems(details)))


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
