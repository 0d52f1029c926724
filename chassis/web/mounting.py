"""Puts a service's pages, static files, sessions and error pages into its application."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from chassis.errors import ThroughlineError
from chassis.policy import PUBLIC, allow
from chassis.session_store import DatabaseSessions
from chassis.sessions import (
    WHO_UNKNOWN,
    CookiePlan,
    Limits,
    SessionKeeper,
    SessionMiddleware,
    SessionStore,
    SessionUnknown,
)
from chassis.web.bodies import check_text
from chassis.web.csrf import FormNotTrusted
from chassis.web.pages import Page, PageRequest, Shell, Site
from chassis.web.refusals import answer, sent_by_our_page, to_sign_in, typed
from chassis.web.shell import ShellMiddleware
from chassis.web.templating import STATIC

if TYPE_CHECKING:
    from chassis.runtime import Runtime

SAFE_METHODS = frozenset({"GET", "HEAD"})
SIGNED_OUT = (
    "You have been signed out meanwhile, so nothing was saved: copy what you wrote, sign in, and send it again."
)


def install(
    app: FastAPI,
    service: Shell,
    runtime: "Callable[[], Runtime]",
    *,
    templates: Path | None = None,
    store: SessionStore | None = None,
) -> Site:
    """Mount the service's pages and everything around them; `runtime` is asked at each request.

    Templates are those of services/<name>/web/templates and sessions live in the service's database, unless given.
    Raises ValueError when a page asks for a permission that the service's table does not name.
    """
    site = Site(service, runtime, templates or _templates_of(service.name))
    app.state.site = site
    app.router.redirect_slashes = False  # the router's own redirect would lead to whatever host the request names
    mount(app, service.pages)
    for label, name in service.navigation:
        if name not in site.pages:
            raise ValueError(f"The navigation item {label} leads to {name!r}, which is no page: name one of the pages.")
    app.mount("/assets", StaticFiles(directory=STATIC), name="assets")
    for family in (ThroughlineError, HTTPException, RequestValidationError):
        app.add_exception_handler(family, _explain(site))
    app.add_middleware(SessionMiddleware, keeping=_keeping(service.name, runtime, store))
    app.add_middleware(ShellMiddleware, site=lambda: site)
    return site


def mount(app: FastAPI, pages: Iterable[Page]) -> None:
    """Add pages to an application whose shell is installed."""
    site: Site = app.state.site
    listed = tuple(pages)
    for page in listed:
        if page.permission != PUBLIC and page.permission not in site.service.permissions:
            raise ValueError(f"The page {page.title} asks for {page.permission!r}: add it to the permission table.")
    site.add(listed)
    for page in listed:
        app.router.add_route(page.path, _endpoint(site, page), [page.method], page.title, include_in_schema=False)


def _endpoint(site: Site, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        request.scope["route"] = page  # its path names the span, as FastAPI's own routes do
        for text in (*map(str, request.path_params.values()), *sum(request.query_params.multi_items(), ())):
            check_text(text)
        asked = PageRequest(request, site, page)
        if page.permission != PUBLIC:
            await _keep_typed(asked)
            if asked.session.doubtful:
                raise SessionUnknown(WHO_UNKNOWN)
            if asked.actor.kind == "public":
                if typed(request):
                    raise FormNotTrusted(SIGNED_OUT)
                return to_sign_in(request, site)
            allow(asked.actor, page.permission, site.service.permissions)
        if page.method not in SAFE_METHODS:
            await asked.form()
        return await page.view(asked)

    return serve


async def _keep_typed(asked: PageRequest) -> None:
    """Read what one of our own pages sent for somebody who is signed out by now, so that they get it back."""
    nobody = asked.session.doubtful or asked.actor.kind == "public"
    if nobody and asked.request.method not in SAFE_METHODS and sent_by_our_page(asked.request):
        with suppress(FormNotTrusted):
            await asked.form()


def _explain(site: Site) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def explain(request: Request, error: Exception) -> Response:
        return answer(request, site, error)

    return explain


def _keeping(
    name: str, runtime: "Callable[[], Runtime]", store: SessionStore | None
) -> Callable[[], tuple[SessionKeeper, CookiePlan]]:
    def keeping() -> tuple[SessionKeeper, CookiePlan]:
        running = runtime()
        kept_in = store or DatabaseSessions(running.database)
        secure = running.settings.public_url.startswith("https://")
        # Under this prefix no browser takes the cookie from a neighbouring site: nobody can plant a session's name.
        cookie = CookiePlan(f"{'__Host-' if secure else ''}throughline_{name}", secure=secure)
        return SessionKeeper(kept_in, running.secrets.session_secret, Limits()), cookie

    return keeping


def _templates_of(name: str) -> Path | None:
    package = find_spec(f"services.{name}.web")
    folder = Path(package.origin).parent / "templates" if package and package.origin else None
    return folder if folder and folder.is_dir() else None
