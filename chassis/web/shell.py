"""The outermost layer: headers on every answer, a limit on every body, an answer in time and after every failure."""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import cache
from itertools import islice
from typing import ClassVar
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import ThroughlineError, Unavailable
from chassis.patience import in_time
from chassis.sessions import LOOKING
from chassis.settling import OutcomeUnknown
from chassis.web.bodies import KIB, MIB, FormTooLarge, FormTooSlow
from chassis.web.pages import Site
from chassis.web.refusals import answer

BODY_LIMIT = 48 * MIB
PATIENCE_SECONDS = 15.0
SLOWEST = 16 * KIB
"""So many bytes a second a body must bring on the whole, once that patience is over."""
MOST_FROM_ONE = 200
SLOW_SECONDS = 2.0
"""So many bodies may be on their way from one address for so long: the server keeps about a thousand connections."""
YEAR = 31_536_000


class AnswerLate(Unavailable):
    """Who only wants to read something has waited long enough: the database, or what else it needs, says nothing."""

    reason: ClassVar[str] = "answer-late"


@cache
def security_headers(public_url: str, issuer_url: str) -> dict[str, str]:
    """Return the headers of every answer; forms may also lead to the identity provider, by redirect from sign-in."""
    issuer = urlsplit(issuer_url)
    form_targets = f"'self' {issuer.scheme}://{issuer.netloc}" if issuer.netloc else "'self'"
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        f"form-action {form_targets}; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
    if public_url.startswith("https://"):
        headers["strict-transport-security"] = f"max-age={YEAR}"
    return headers


class ShellMiddleware:
    """Wraps the whole service."""

    def __init__(self, app: ASGIApp, site: Callable[[], Site]) -> None:
        """Ask for the site at each request: its settings are there only once the service has started."""
        self.app = app
        self.site = site
        self.arriving: dict[str, dict[object, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        site = self.site()
        settings = site.runtime().settings
        exchange = _Exchange(scope, receive, send, security_headers(settings.public_url, settings.issuer_url))
        exchange.arriving = self.arriving
        try:
            await self._serve(scope, exchange, settings.answer_seconds)
        except Exception as error:
            if exchange.begun.done():
                raise
            await answer(Request(scope), site, _meant(error))(scope, receive, exchange.pass_on)

    async def _serve(self, scope: Scope, exchange: "_Exchange", seconds: float) -> None:
        """Let the service answer; to who only looks it says something in time.

        Who sends something waits: only its own door knows how long, and what became of it.
        """
        if scope["method"] not in LOOKING:
            await self.app(scope, exchange.receive, exchange.send)
            return
        try:
            await in_time(lambda: self.app(scope, exchange.receive, exchange.send), seconds, exchange.begun)
        except OutcomeUnknown:
            exchange.abandoned = True
            raise AnswerLate(
                "What you asked for could not be fetched in time, because the database does not answer: "
                "try again in a minute."
            ) from None


class _Exchange:
    """One request and its answer, with what the shell adds to both."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, fixed: Mapping[str, str]) -> None:
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.abandoned = False
        self._scope = scope
        self._receive = receive
        self._send = send
        self._fixed = fixed
        self._size = 0
        self._since = time.monotonic()
        self._whole = False
        self._cut = False
        self._peer = str((scope.get("client") or ("",))[0])
        self.arriving: dict[str, dict[object, float]] = {}

    async def send(self, message: Message) -> None:
        """Pass a part of the service's answer on, unless nobody waits for it any more."""
        if not self.abandoned:
            await self.pass_on(message)

    async def pass_on(self, message: Message) -> None:
        """Pass a part of an answer on, the first one with the headers of every answer."""
        if message["type"] == "http.response.start":
            self.begun.set_result(None)
            headers = MutableHeaders(scope=message)
            for name, value in self._fixed.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", _caching(self._scope))
            if self._cut:
                headers["connection"] = "close"
        await self._send(message)

    async def receive(self) -> Message:
        """Pass a part of the request on; raises FormTooLarge once there is too much of it, FormTooSlow for a trickle.

        Who sends a body byte by byte, or hundreds of them at once, would keep everybody else out.
        """
        message = await (self._receive() if self._whole else self._part())
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > BODY_LIMIT:
            raise FormTooLarge(f"What you sent is larger than {BODY_LIMIT // MIB} MB: send less.")
        return message

    async def _part(self) -> Message:
        self._cut = True
        others = self.arriving.setdefault(self._peer, {})
        latest = next(islice(others.values(), MOST_FROM_ONE - 1, None), None)
        if latest is not None and time.monotonic() - latest > SLOW_SECONDS:
            raise FormTooSlow("Too much is on its way from your address at once: send it again in a minute.")
        others[self] = time.monotonic()
        try:
            async with asyncio.timeout(self._since + PATIENCE_SECONDS + self._size / SLOWEST - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise FormTooSlow("What you sent did not arrive in time: send it again.") from None
        finally:
            del others[self]
            if not others:
                self.arriving.pop(self._peer, None)
        self._cut = False
        return message


def _meant(error: Exception) -> Exception:
    # Starlette wraps our error in one of its own when a session could not be written while an answer was on its way.
    return error.__cause__ if isinstance(error.__cause__, ThroughlineError) else error


def _caching(scope: Scope) -> str:
    if not scope["path"].startswith("/assets/"):
        return "no-store"
    return f"public, max-age={YEAR}, immutable" if b"v=" in scope["query_string"] else "no-cache"
