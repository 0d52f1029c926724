"""The description of the API in OpenAPI 3.1, by which partners write and test their side."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from services.intake.domain import PartnerScope
from services.intake.web.api import examples
from services.intake.web.api.bodies import ATTACHMENT_TYPES, KEY_LIMIT, MOST_ATTACHMENTS
from services.intake.web.api.problems import PROBLEM_JSON
from services.intake.web.api.schemas import Schema, an_object, of, schemas

JSON = "application/json"
MULTIPART = "multipart/form-data"
KEY_PATTERN = rf"^([!-~]([ -~]{{0,{KEY_LIMIT - 2}}}[!-~])?)?$"
REFERENCE_PATTERN = r"^[A-Za-z]{2,3}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}$"
DESCRIPTION = """Refer a person to Prevent from your own system, and ask how far your referrals have got.

Ask `/api/v1/token` for an access token with the client id and secret that you were given, and send it with each call.
A token holds for 15 minutes. Send each referral under an `Idempotency-Key` of your own: a repeat after a lost answer
gets the first answer again, for 30 days, or is told that the referral has been erased since. Every refusal is
`application/problem+json` (RFC 9457) and names each bad field by a JSON Pointer; it never repeats what you sent.

If somebody is in immediate danger, call 999 first."""
REFUSALS = {
    400: "The body or a header cannot be read.",
    401: "There is no access token that holds: ask for another.",
    403: "The token lacks the scope.",
    404: "No referral of yours has that reference.",
    409: "The Idempotency-Key came with another request before: keys are of one space, whatever you send.",
    410: "The referral, or what first came under this Idempotency-Key, has been erased; nothing was kept now.",
    413: "The body or a file is too large.",
    415: "The body is not sent as JSON or as parts.",
    422: "Fields, files or items are missing or wrong; each is named.",
    429: "Too many requests: wait as Retry-After says.",
    503: "Nothing can be kept at the moment; send it again under the same key.",
}


def document(public_url: str = "") -> dict[str, Any]:
    """Return the whole description; `public_url` is where this installation is found from outside."""
    return _document() | ({"servers": [{"url": public_url}]} if public_url else {})


@cache
def _document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Prevent referrals: partner API", "version": "1.0.0", "description": DESCRIPTION},
        "paths": {
            "/api/v1/token": {"post": _token()},
            "/api/v1/referrals": {"post": _referral()},
            "/api/v1/referrals/batch": {"post": _batch()},
            "/api/v1/referrals/{reference}": {"get": _status()},
            "/api/v1/referrals/{reference}/versions": {"post": _version()},
        },
        "components": {"schemas": schemas(), "securitySchemes": _security(), "headers": _headers()},
    }


def _security() -> dict[str, Any]:
    scopes = {
        str(PartnerScope.WRITE): "Make referrals.",
        str(PartnerScope.READ): "Ask how far your own referrals have got.",
    }
    flow = {"tokenUrl": "/api/v1/token", "scopes": scopes}
    return {
        "partner": {"type": "oauth2", "flows": {"clientCredentials": flow}},
        "client": {"type": "http", "scheme": "basic", "description": "Client id and secret."},
    }


def _headers() -> dict[str, Any]:
    seconds = {"type": "integer", "minimum": 1}
    return {
        "RetryAfter": {"description": "Seconds to wait.", "schema": seconds},
        "RateLimit": {"description": "What is left: `r` requests, full again in `t` seconds.", "schema": _string()},
        "RateLimitPolicy": {"description": "`q` requests in each `w` seconds.", "schema": _string()},
        "Replayed": {
            "description": "`true` where this is the answer to an earlier request under the same key.",
            "schema": {"type": "string", "enum": ["true"]},
        },
        "Location": {"description": "Where to ask how far the referral has got.", "schema": _string()},
        "Challenge": {"description": "How to prove who you are.", "schema": _string()},
    }


def _string() -> Schema:
    return {"type": "string"}


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


_PACE = {"RateLimit": _header("RateLimit"), "RateLimit-Policy": _header("RateLimitPolicy")}


def _answer(description: str, schema: str, example: object, headers: Mapping[str, Any] = _PACE) -> dict[str, Any]:
    content = {JSON: {"schema": of(schema), "examples": {"synthetic": {"value": example}}}}
    return {"description": description, "headers": dict(headers), "content": content}


def _refusals(*statuses: int) -> dict[str, Any]:
    return {str(status): _refusal(status) for status in (*statuses, 429, 503)}


def _refusal(status: int) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if status in {429, 503}:
        headers["Retry-After"] = _header("RetryAfter")
    if status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = _header("Challenge")
    media: dict[str, Any] = {"schema": of("Problem")}
    if status == 422:  # noqa: PLR2004
        media["examples"] = {"fields": {"value": examples.NOT_VALID}}
    return {"description": REFUSALS[status], "headers": headers, "content": {PROBLEM_JSON: media}}


def _token() -> dict[str, Any]:
    asked = an_object(
        {
            "grant_type": {"type": "string", "enum": ["client_credentials"]},
            "client_id": {"type": "string", "minLength": 1, "description": "Where you do not use HTTP Basic."},
            "client_secret": {"type": "string", "minLength": 1, "description": "As above."},
            "scope": {"type": "string", "enum": [*PartnerScope, " ".join(sorted(PartnerScope))]},
        },
        optional=("client_id", "client_secret", "scope"),
    )
    form = {"schema": asked, "examples": {"synthetic": {"value": {"grant_type": "client_credentials"}}}}
    wrong = {JSON: {"schema": of("TokenError")}}
    challenge = {"WWW-Authenticate": _header("Challenge")}
    return {
        "operationId": "askForToken",
        "tags": ["access"],
        "summary": "Exchange a client id and secret for an access token (RFC 6749, section 4.4).",
        "security": [{"client": []}],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": form}},
        "responses": {
            "200": _answer("An access token.", "Token", examples.TOKEN, {}),
            "400": {"description": "The request is not one of RFC 6749.", "content": wrong},
            "401": {"description": "Not a partner's client id and secret.", "headers": challenge, "content": wrong},
            **_refusals(),
        },
    }


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A key of your own for this one request, so that a repeat makes no second one. Kept for 30 days.",
    "schema": {"type": "string", "maxLength": KEY_LIMIT, "pattern": KEY_PATTERN},
    "example": "example-school-0001",
}
_REFERENCE = {
    "name": "reference",
    "in": "path",
    "required": True,
    "description": "As your receipt names it.",
    "schema": {"type": "string", "pattern": REFERENCE_PATTERN},
    "example": examples.ACCEPTED["reference"],
}


def _referral() -> dict[str, Any]:
    created = {**_PACE, "Location": _header("Location"), "Idempotency-Replayed": _header("Replayed")}
    return {
        "operationId": "makeReferral",
        "tags": ["referrals"],
        "summary": "Make a referral; 201 says that it is kept and announced.",
        "security": [{"partner": [str(PartnerScope.WRITE)]}],
        "parameters": [_KEY],
        "requestBody": {
            "required": True,
            "content": {JSON: _referral_media(), MULTIPART: _parts("referral", "ReferralForm")},
        },
        "responses": {
            "201": _answer("Kept, and sent to the teams that must act.", "Accepted", examples.ACCEPTED, created),
            **_refusals(400, 401, 403, 409, 410, 413, 415, 422),
        },
    }


def _referral_media() -> dict[str, Any]:
    return {"schema": of("ReferralForm"), "examples": {"synthetic": {"value": examples.EXAMPLE}}}


def _parts(name: str, schema: str) -> dict[str, Any]:
    file = {"type": "string", "format": "binary", "minLength": 1}
    files = {"type": "array", "items": file, "maxItems": MOST_ATTACHMENTS}
    parts = an_object({name: of(schema), "attachment": files}, optional=("attachment",))
    encoding = {name: {"contentType": JSON}, "attachment": {"contentType": ", ".join(ATTACHMENT_TYPES)}}
    return {"schema": parts, "encoding": encoding}


def _batch() -> dict[str, Any]:
    media = {"schema": of("Batch"), "examples": {"synthetic": {"value": examples.BATCH}}}
    return {
        "operationId": "makeReferrals",
        "tags": ["referrals"],
        "summary": "Make up to 100 referrals, each under a key of its own; each is kept or refused by itself.",
        "security": [{"partner": [str(PartnerScope.WRITE)]}],
        "requestBody": {"required": True, "content": {JSON: media}},
        "responses": {
            "200": _answer("What became of each, in order.", "BatchResult", examples.RESULTS),
            **_refusals(400, 401, 403, 413, 415, 422),
        },
    }


def _status() -> dict[str, Any]:
    return {
        "operationId": "showReferral",
        "tags": ["referrals"],
        "summary": "Ask how far your own referral has got, as far as its area tells referrers.",
        "security": [{"partner": [str(PartnerScope.READ)]}],
        "parameters": [_REFERENCE],
        "responses": {
            "200": _answer("The stages that may be told.", "Status", examples.STATUS),
            **_refusals(401, 403, 404, 410),
        },
    }


def _version() -> dict[str, Any]:
    media = {"schema": of("Addition"), "examples": {"synthetic": {"value": examples.ADDITION}}}
    headers = {**_PACE, "Idempotency-Replayed": _header("Replayed")}
    return {
        "operationId": "addToReferral",
        "tags": ["referrals"],
        "summary": "Correct your own referral or add to it; 201 says that it is kept and announced as a version.",
        "security": [{"partner": [str(PartnerScope.WRITE)]}],
        "parameters": [_REFERENCE, _KEY],
        "requestBody": {"required": True, "content": {JSON: media, MULTIPART: _parts("addition", "Addition")}},
        "responses": {
            "201": _answer("Kept, and sent to the teams that have the referral.", "Added", examples.ADDED, headers),
            **_refusals(400, 401, 403, 404, 409, 410, 413, 415, 422),
        },
    }


def written() -> str:
    """Return the description as it is committed."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
