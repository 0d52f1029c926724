"""Proof that a form was sent from our own page: a token derived from the session's name, so it needs no row."""

import hmac
from typing import ClassVar

from starlette.requests import Request

from chassis.errors import Forbidden
from chassis.sessions import Session, derive

FIELD = "csrf_token"
HEADER = "x-csrf-token"


class FormNotTrusted(Forbidden):
    """A form arrived without the token of the page that it claims to come from."""

    reason: ClassVar[str] = "form-not-trusted"


def token_for(session: Session, secret: str) -> str:
    """Return the token to put into a form, in hex; gives the session a name when it has none."""
    return derive(secret, "csrf", session.ensure_token()).hex()


def check(request: Request, session: Session, secret: str, sent: str) -> None:
    """Return when the token belongs to the session; raise FormNotTrusted otherwise.

    A browser that says the form came from another site is refused even with the right token.
    """
    elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    expected = derive(secret, "csrf", session.token).hex() if session.token else ""
    if elsewhere or not expected or not hmac.compare_digest(expected.encode(), sent.encode("utf-8", "replace")):
        raise FormNotTrusted(
            "This form was open for too long, or the page is an old one, so nothing was saved: go back, "
            "copy what you wrote, reload the page, and send it again."
        )
