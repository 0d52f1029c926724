"""The doors between machines: who may knock at /internal and /ops, and how an error is said to a machine."""

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from chassis.actor import Actor
from chassis.errors import (
    Conflict,
    Forbidden,
    Missing,
    NotYet,
    Rejected,
    SubjectErased,
    ThroughlineError,
    Unavailable,
)

WATCHER = "monitor"
"""The service that asks every other one how it is, by itself and all day."""
SCRAPER = "prometheus"
"""Who collects the figures, with a credential that opens nothing else."""
_OPERATOR = re.compile(r"[\w][\w .@'+-]{0,79}")


class MachineCredentialRefused(Forbidden):
    """The caller is not a service that may use this door."""

    reason: ClassVar[str] = "machine-credential-refused"


class OperatorRefused(Forbidden):
    """The caller does not hold the operator token, or does not say who is using it."""

    reason: ClassVar[str] = "operator-refused"


_STATUS: tuple[tuple[type[ThroughlineError], int], ...] = (
    (MachineCredentialRefused, 401),
    (OperatorRefused, 401),
    (SubjectErased, 410),
    (Rejected, 422),
    (Forbidden, 403),
    (Missing, 404),
    (Conflict, 409),
    (Unavailable, 503),
    (NotYet, 503),
)


class ProblemRoute(APIRoute):
    """A route for machines: every refusal is answered as problem+json with a reason and one sentence."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with its refusals turned into answers."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except ThroughlineError as error:
                return problem(status_of(error), error.reason, str(error))
            except RequestValidationError as error:
                return problem(422, "request-unreadable", _validation_sentence(error))
            except HTTPException:
                return problem(400, "request-unreadable", "The body cannot be read: send JSON in UTF-8.")

        return answer


def problem(status: int, reason: str, sentence: str) -> JSONResponse:
    """Return an RFC 9457 answer; `reason` is the kebab-case name of a runbook page."""
    content = {"type": f"urn:throughline:{reason}", "title": reason, "status": status, "detail": sentence}
    return JSONResponse(content, status, media_type="application/problem+json")


def status_of(error: ThroughlineError) -> int:
    """Return the HTTP status of an error's family."""
    return next((status for family, status in _STATUS if isinstance(error, family)), 500)


def require_machine(request: Request, accepted: Collection[str]) -> str:
    """Return the name of the calling service, taken from `Authorization: Bearer <service>.<random>`.

    Raises MachineCredentialRefused unless the credential's SHA-256 is the one kept for that service and the service is
    among the accepted ones.
    """
    credential = _bearer(request)
    service = credential.partition(".")[0]
    known = request.app.state.runtime.secrets.machine_digests.get(service, "")
    if not _matches(credential, known):
        raise MachineCredentialRefused("This door needs the credential of a service: send it as a bearer token.")
    if service not in accepted:
        raise MachineCredentialRefused(f"The service {service} may not use this door.")
    return service


def require_operator(request: Request) -> Actor:
    """Return the operator who is calling: the token proves the right, `X-Operator` says who uses it.

    Raises OperatorRefused when the token is not the operator's or the name is missing or unreadable.
    """
    if not _matches(_bearer(request), request.app.state.runtime.secrets.ops_digest):
        raise OperatorRefused("This door needs the operator token: send it as a bearer token.")
    name = request.headers.get("x-operator", "").strip()
    if not _OPERATOR.fullmatch(name):
        raise OperatorRefused("Say who you are: send your name in the X-Operator header, at most 80 characters.")
    return Actor.operator(name)


def require_watcher(request: Request) -> Actor:
    """Return the watching service itself when it shows its own machine credential, and the operator otherwise.

    Raises OperatorRefused when the caller is neither.
    """
    if _matches(_bearer(request), request.app.state.runtime.secrets.machine_digests.get(WATCHER, "")):
        return Actor.service(WATCHER)
    return require_operator(request)


def digest_of(credential: str) -> str:
    """Return the SHA-256 of a whole credential in hex: what is kept in place of the credential."""
    return hashlib.sha256(credential.encode()).hexdigest()


def _bearer(request: Request) -> str:
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""


def _matches(credential: str, digest: str) -> bool:
    return hmac.compare_digest(digest_of(credential), digest) and bool(digest)


def _in_words(message: str) -> str:
    return message.removeprefix("Value error, ")


def _validation_sentence(error: RequestValidationError) -> str:
    named = {
        ".".join(str(part) for part in found["loc"][1:]) or str(found["loc"][0]): _in_words(found["msg"])
        for found in error.errors()
    }
    return "; ".join(f"{field}: {message}" for field, message in sorted(named.items())) + "."
