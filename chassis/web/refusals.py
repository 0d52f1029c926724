"""What a person or a machine is told when something is refused or fails: one sentence, never a detail of the inside."""

import secrets
import traceback
from typing import NamedTuple

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chassis import telemetry
from chassis.errors import NotYet, ThroughlineError, Unavailable
from chassis.internal import problem, status_of
from chassis.sessions import MACHINE_PATHS
from chassis.web.bodies import FormTooLarge, FormUnreadable
from chassis.web.pages import PageRequest, Site

NOT_FOUND = 404
SERVER_ERRORS = 500
TITLES = {
    400: "There is a problem with what you sent",
    403: "You cannot do this",
    404: "Page not found",
    405: "This page does not take that",
    408: "What you sent did not arrive",
    409: "Somebody else was first",
    413: "What you sent is too large",
    422: "There is a problem with what you sent",
    503: "The service is not available for the moment",
}
SENTENCES = {
    404: "There is nothing at this address: check it, or start from the home page.",
    405: "This address does not answer that kind of request: start from the home page.",
}
WORTH_COPYING = 40
"""Whoever wrote less than so many characters writes them again."""
log = telemetry.logger("chassis.web")


class Refusal(NamedTuple):
    """How an error is said outside: HTTP status, stable reason, one sentence."""

    status: int
    reason: str
    sentence: str


def refusal_for(error: Exception) -> Refusal:
    """Return how to say an error; an unexpected one gets a code that is also in the log, and no detail."""
    if isinstance(error, ThroughlineError):
        return Refusal(_status(error), error.reason, str(error))
    if isinstance(error, RequestValidationError):
        fields = sorted({".".join(str(part) for part in found["loc"][1:]) for found in error.errors()})
        return Refusal(422, "request-unreadable", f"Check these fields: {', '.join(fields)}.")
    if isinstance(error, HTTPException):
        sentence = SENTENCES.get(error.status_code, "The request was refused: start again from the home page.")
        return Refusal(error.status_code, f"http-{error.status_code}", sentence)
    return _unexpected(error)


def answer(request: Request, site: Site, error: Exception) -> Response:
    """Return the page that explains an error, or problem+json on the paths that machines use."""
    if isinstance(error, HTTPException) and error.status_code == NOT_FOUND and (meant := _without_slash(request, site)):
        return RedirectResponse(meant)
    refusal = refusal_for(error)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, Unavailable):
        headers["retry-after"] = "10"
    if request.url.path.startswith(MACHINE_PATHS):
        response: Response = problem(refusal.status, refusal.reason, refusal.sentence)
    else:
        response = _page(request, site, refusal)
    response.headers.update(headers)
    return response


def to_sign_in(request: Request, site: Site) -> Response:
    """Send somebody who has not signed in to do so, and afterwards back to the page that they wanted."""
    path = request.url.path
    wanted = path if site.opens("GET", path) else "/"
    if wanted == path and request.method in {"GET", "HEAD"} and request.url.query:
        wanted = f"{path}?{request.url.query}"
    return RedirectResponse(site.url("sign_in", next=wanted), status_code=303)


def typed(request: Request) -> tuple[str, ...]:
    """Return what was written at length on a page that is refused: going back may lose it.

    Only to whom the browser says that our own page sent it: nobody else puts words on ours.
    """
    sent = request.scope.get("sent")
    if sent is None or not sent_by_our_page(request):
        return ()
    return tuple(text for texts in sent.fields.values() for text in texts if " " in text and len(text) > WORTH_COPYING)


def sent_by_our_page(request: Request) -> bool:
    """Say whether the browser says that a page of this address sent the request."""
    return request.headers.get("sec-fetch-site") == "same-origin"


def _without_slash(request: Request, site: Site) -> str:
    """Return where somebody meant to go who put a slash behind the address of a page; nothing for anything else."""
    path = request.url.path.rstrip("/")
    if not path or path == request.url.path or not site.opens("GET", path):
        return ""
    return f"{path}?{request.url.query}" if request.url.query else path


def _status(error: ThroughlineError) -> int:
    if isinstance(error, FormUnreadable | FormTooLarge):
        return error.status
    return 503 if isinstance(error, NotYet) else status_of(error)


def _page(request: Request, site: Site, refusal: Refusal) -> Response:
    title = TITLES.get(refusal.status, "Something went wrong")
    asked = PageRequest(request, site)
    return asked.render(
        "refusal",
        status=refusal.status,
        title=title,
        sentence=refusal.sentence,
        reason=refusal.reason,
        unavailable=refusal.status >= SERVER_ERRORS,
        typed=typed(request),
        again=site.opens("GET", request.url.path),
    )


def _unexpected(error: Exception) -> Refusal:
    code = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    facts = {"reference": code, "error": type(error).__name__, "place": where}
    log.error("A request failed unexpectedly.", extra={"facts": facts})
    return Refusal(
        SERVER_ERRORS,
        "unexpected",
        f"The service failed and the failure was noted: try again, or quote the code {code}.",
    )
