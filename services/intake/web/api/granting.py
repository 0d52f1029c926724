"""The token endpoint: a partner's system shows its client id and secret and gets an access token (RFC 6749, 4.4)."""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from chassis import telemetry
from chassis.errors import Rejected
from chassis.web import FormData
from chassis.web.bodies import URLENCODED, read_form
from services.intake.domain import NOBODY, Partner, PartnerScope
from services.intake.web.api.access import Gate, refuse_address
from services.intake.web.api.bodies import media_type_of
from services.intake.web.api.problems import Refused
from services.intake.web.api.tokens import LIFETIME_SECONDS

GRANT = "client_credentials"
ATTEMPTS_PER_MINUTE = 120
GUESSES_PER_MINUTE = 10
FORM_LIMIT = 16 * 1024
CHALLENGE = {"WWW-Authenticate": 'Basic realm="throughline", charset="UTF-8"'}

log = telemetry.logger("intake.partners")


@dataclass(frozen=True, repr=False)
class Shown:
    """The credentials that a request shows."""

    client_id: str
    secret: str


async def grant(request: Request) -> Response:
    """Answer with a token for what was asked; raises Refused, in the form that RFC 6749 gives it, and for 429 ours."""
    gate = Gate.of(request.app.state.runtime)
    refuse_address(gate, request, ATTEMPTS_PER_MINUTE, "token")
    asked = await _asked(request)
    partner = await _proven(gate, request, _shown(request, asked))
    scopes = _scopes(partner, asked.get("scope", ""))
    content = {
        "access_token": gate.tokens.issue(partner, scopes),
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "scope": " ".join(sorted(scopes)),
    }
    return JSONResponse(content, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


async def _asked(request: Request) -> Mapping[str, str]:
    """Return the parameters of a request, each sent once."""
    try:
        form = await read_form(request, FORM_LIMIT) if media_type_of(request) == URLENCODED else None
    except Rejected:
        form = None
    if form is None:
        raise _error("invalid_request", "Send the parameters as application/x-www-form-urlencoded, in UTF-8.")
    _refuse_repeats(form)
    asked = {name: values[0] for name, values in form.fields.items()}
    if "grant_type" not in asked:
        raise _error("invalid_request", f"Send grant_type={GRANT}.")
    if asked["grant_type"] != GRANT:
        raise _error("unsupported_grant_type", f"The only grant type here is {GRANT}.")
    return asked


def _refuse_repeats(form: FormData) -> None:
    if form.files or any(len(values) > 1 for values in form.fields.values()):
        raise _error("invalid_request", "Send each parameter once.")


def _shown(request: Request, asked: Mapping[str, str]) -> Shown:
    """Return the credentials of the Authorization header or of the form; raises Refused without any."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        shown = Shown(asked.get("client_id", ""), asked.get("client_secret", ""))
    else:
        shown = _of_header(credentials) if scheme.lower() == "basic" else Shown("", "")
        if "client_secret" in asked or asked.get("client_id", shown.client_id) != shown.client_id:
            raise _unknown("Show the client's credentials in the Authorization header or in the form, not in both.")
    if not shown.client_id or not shown.secret:
        raise _unknown("Show the client id and secret by HTTP Basic, or as client_id and client_secret.")
    return shown


def _of_header(credentials: str) -> Shown:
    try:
        client_id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return Shown("", "")
    return Shown(unquote_plus(client_id), unquote_plus(secret))


async def _proven(gate: Gate, request: Request, shown: Shown) -> Partner:
    """Return the partner whose secret it is; what is wrong takes as long as what is right, and counts as a guess."""
    partner = await gate.directory.by_client_id(shown.client_id)
    kept = partner.secret if partner else NOBODY
    good = await asyncio.to_thread(kept.matches, shown.secret)
    if partner is None or not good:
        log.warning("A partner's credentials were refused.", extra={"facts": {"reason": "invalid_client"}})
        refuse_address(gate, request, GUESSES_PER_MINUTE, f"guess {shown.client_id[:100]}")
        raise _unknown("The client id and secret are not those of a partner: compare them, or ask for a new secret.")
    return partner


def _scopes(partner: Partner, asked: str) -> frozenset[PartnerScope]:
    allowed = partner.terms.scopes
    wanted = frozenset(asked.split())
    if not wanted <= allowed:
        raise _error("invalid_scope", "Ask for scopes that were agreed, or for none to get all of those.")
    return frozenset(scope for scope in allowed if scope in wanted) or allowed


def _unknown(sentence: str) -> Refused:
    return _error("invalid_client", sentence, 401, CHALLENGE)


def _error(code: str, sentence: str, status: int = 400, headers: Mapping[str, str] | None = None) -> Refused:
    content = {"error": code, "error_description": sentence}
    return Refused(status, content, {"Cache-Control": "no-store", **(headers or {})}, "application/json")
