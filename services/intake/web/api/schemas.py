"""The shapes of the API as JSON Schema: the form as its model has it, and the answers."""

from collections.abc import Mapping
from typing import Any

from contracts.vocabulary import ProgressStage, ReferralForm
from services.intake.domain import PartnerScope
from services.intake.web.api.adding import WORDS_LIMIT
from services.intake.web.api.bodies import KEY_LIMIT
from services.intake.web.api.taking import ITEM_KEY, MOST_IN_BATCH

Schema = dict[str, Any]
SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What is cut off around a text, written out: `\\s` means something else in each language."""
LINE = r"^[^\x00-\x08\x0b-\x1f]*$"
TEXT = r"^[^\x00]*$"
WRITTEN_OUT = {
    LINE: rf"^[^\x00-\x08\x0b-\x1f]*[^\x00-\x1f{SPACE}][^\x00-\x08\x0b-\x1f]*$",
    TEXT: rf"^[^\x00]*[^\x00{SPACE}][^\x00]*$",
}
"""A text of nothing but spaces is empty."""
MAIL = rf"[^@{SPACE}<>,;\x00-\x1f]+"
MAIL_ADDRESS = rf"^[{SPACE}]*({MAIL}@{MAIL}\.{MAIL})?[{SPACE}]*$"


def of(name: str) -> Schema:
    """Return a reference to a shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def an_object(properties: Mapping[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    """Return the shape of an object with these properties and no others."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def _text(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


def _a_list(of_what: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": of_what, **more}


def _moment(description: str) -> Schema:
    return _text(description, format="date-time")


def schemas() -> dict[str, Schema]:
    """Return every named shape."""
    return _form() | {
        "Batch": _batch(),
        "Accepted": an_object(_accepted()),
        "Status": an_object(_accepted() | {"version": {"type": "integer", "minimum": 1}, "stages": _a_list(_stage())}),
        "Addition": _addition(),
        "Added": an_object({**_named(), "version": {"type": "integer", "minimum": 1}}),
        "BatchResult": _batch_result(),
        "FieldProblem": _field_problem(),
        "Problem": _problem(),
        "Token": _token(),
        "TokenError": an_object({"error": _text("A code of RFC 6749."), "error_description": _text("One sentence.")}),
    }


def _form() -> dict[str, Schema]:
    """Return the referral and its parts, with the rules that the model checks by code."""
    form = ReferralForm.model_json_schema(ref_template="#/components/schemas/{model}")
    found: dict[str, Schema] = form.pop("$defs")
    found["ReferralForm"] = form
    for schema in found.values():
        for field in schema.get("properties", {}).values():
            _write_out(field)
    known = ("date_of_birth", "approximate_age")
    found["Person"]["anyOf"] = [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in known]
    return found


def _write_out(field: Schema) -> None:
    """Say a text's rule as the service has it, so that it means the same in every language."""
    for schema in (field, field.get("items", {}), *field.get("anyOf", ())):
        pattern = schema.get("pattern", "")
        if schema.get("minLength"):
            schema["pattern"] = WRITTEN_OUT.get(pattern, pattern)
        elif "@" in pattern:
            schema["pattern"] = MAIL_ADDRESS


def _batch() -> Schema:
    key = _text("Your own for this referral.", minLength=1, maxLength=KEY_LIMIT, pattern=f"^{ITEM_KEY.pattern}$")
    other = {"description": "Anything else is refused by itself: its result says 400 or 422, the others are kept."}
    item = an_object({"idempotency_key": key, "referral": {"anyOf": [of("ReferralForm"), other]}})
    return an_object({"referrals": _a_list(item, minItems=1, maxItems=MOST_IN_BATCH)})


def _addition() -> Schema:
    words = _text("What is new, in the referrer's own words.", maxLength=WORDS_LIMIT, pattern=TEXT)
    danger = {"type": "boolean", "description": "Somebody is in immediate danger: call 999 first."}
    properties = {"referral": of("ReferralForm"), "words": words, "immediate_danger": danger}
    return an_object(properties, optional=tuple(properties)) | {
        "anyOf": [
            {"required": ["referral"]},
            {"required": ["words"], "properties": {"words": {"type": "string", "pattern": WRITTEN_OUT[TEXT]}}},
        ]
    }


def _named() -> dict[str, Schema]:
    return {
        "reference": _text("Names the referral to everybody; safe to say on the telephone.", examples=["KM-7F3K-92QM"]),
        "receipt": _text("A sentence for the referrer."),
    }


def _accepted() -> dict[str, Schema]:
    return {**_named(), "received_at": _moment("When the referral was first received.")}


def _stage() -> Schema:
    stage = {"type": "string", "enum": [str(each) for each in ProgressStage]}
    return an_object({"stage": stage, "reached_at": _moment("When."), "words": _text("For the referrer to read.")})


def _batch_result() -> Schema:
    status: Schema = {"type": "integer", "description": "201 new, 200 a repeat; else as for one referral."}
    place: Schema = {"type": "integer", "minimum": 0}
    taken = an_object({"index": place, "status": status, **_accepted()})
    refused = an_object({"index": place, "status": status, "problem": of("Problem")})
    count: Schema = {"type": "integer", "minimum": 0}
    return an_object({"accepted": count, "refused": count, "results": _a_list({"anyOf": [taken, refused]})})


def _field_problem() -> Schema:
    return an_object(
        {"pointer": _text("A JSON Pointer (RFC 6901) into what was sent."), "detail": _text("A sentence.")}
    )


def _problem() -> Schema:
    return an_object(
        {
            "type": _text("Names the reason.", format="uri"),
            "title": _text("The reason, for programs; it stays the same."),
            "status": {"type": "integer"},
            "detail": _text("One sentence that says what to mend."),
            "errors": _a_list(of("FieldProblem")),
        },
        optional=("errors",),
    )


def _token() -> Schema:
    return an_object(
        {
            "access_token": _text("Opaque to you: send it as `Authorization: Bearer`."),
            "token_type": {"type": "string", "enum": ["Bearer"]},
            "expires_in": {"type": "integer", "description": "Seconds."},
            "scope": _text("What it is good for.", examples=[" ".join(sorted(PartnerScope))]),
        }
    )
