"""Pages: the site map's rows, what a view is given, and how an answer is made."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlencode

from jinja2 import Environment
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis import clock
from chassis.actor import Actor
from chassis.policy import PUBLIC, PermissionTable, may
from chassis.sessions import Session, actor_of
from chassis.web import csrf
from chassis.web.bodies import MIB, FormData, read_form
from chassis.web.templating import environment

if TYPE_CHECKING:
    from chassis.database import Session as DatabaseSession
    from chassis.runtime import Runtime

FORM_LIMIT = 1 * MIB
UPLOAD_LIMIT = 25 * MIB
MOST_IN_MENU = 6
MORE = "more"
"""A menu holds so many places on one line; a service that has a page of this name shows the others there."""
PLACEHOLDER = re.compile(r"\{(\w+)(?::\w+)?\}")
__all__ = ["FORM_LIMIT", "PUBLIC", "UPLOAD_LIMIT", "Page", "PageRequest", "Response", "Shell", "Site", "View"]

View = Callable[["PageRequest"], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """A row of the site map: who may do what at which address.

    `permission` is a name in the service's permission table, or PUBLIC. `body_limit` is in bytes: UPLOAD_LIMIT where
    files are sent.
    """

    method: str
    path: str
    view: View
    permission: str
    name: str = ""
    body_limit: int = FORM_LIMIT

    @property
    def title(self) -> str:
        """Return the name that links and redirects use: the view's own, unless another is given."""
        return self.name or getattr(self.view, "__name__", "page")


class Shell(Protocol):
    """What the web shell needs to know about a service."""

    @property
    def name(self) -> str:
        """The service's name in addresses and cookies."""

    @property
    def title(self) -> str:
        """The service's name as people read it."""

    @property
    def pages(self) -> tuple[Page, ...]:
        """The site map."""

    @property
    def permissions(self) -> PermissionTable:
        """Which roles carry which permission."""

    @property
    def navigation(self) -> tuple[tuple[str, str], ...]:
        """Labels and page names, in reading order."""

    @property
    def refusal_values(self) -> "Callable[[PageRequest], Mapping[str, object]] | None":
        """What the service's own template of an error page needs besides: the reader's language, say."""


@dataclass
class Site:
    """One service's pages, templates and addresses."""

    service: Shell
    runtime: "Callable[[], Runtime]"
    templates: Path | None = None
    pages: dict[str, Page] = field(default_factory=dict)

    @cached_property
    def environment(self) -> Environment:
        """The templates, read when first needed."""
        return environment(self.templates)

    def add(self, pages: Iterable[Page]) -> None:
        """Take pages into the address book; one name is one address, whichever methods it answers."""
        for page in pages:
            known = self.pages.setdefault(page.title, page)
            if known.path != page.path:
                raise ValueError(f"Two pages are called {page.title}: give one of them another name.")

    def url(self, name: str, /, **values: object) -> str:
        """Return the address of a page; values that its path does not hold become the query."""
        page = self.pages[name]
        wanted = PLACEHOLDER.findall(page.path)
        path = PLACEHOLDER.sub(lambda found: quote(str(values[found[1]]), safe=""), page.path)
        query = urlencode({key: value for key, value in values.items() if key not in wanted})
        return f"{path}?{query}" if query else path

    def opens(self, method: str, path: str) -> bool:
        """Say whether a page of that method has the very path: used to return people to where they were."""
        return any(
            page.method == method and re.fullmatch(PLACEHOLDER.sub("[^/]+", page.path), path)
            for page in self.pages.values()
        )


class PageRequest:
    """What a view is given: who asks, when, for what; and the means to answer."""

    def __init__(self, request: Request, site: Site, page: Page | None = None) -> None:
        """Wrap a request; `page` is the site map's row that matched, None while an error is explained."""
        self.request = request
        self.site = site
        self.page = page
        self.now: datetime = clock.now()
        # An error page before the session is open (the database is down, say) is shown to nobody in particular.
        self.session: Session = request.scope.setdefault("session", Session())
        self.actor: Actor = actor_of(self.session)
        self._form: FormData | None = None

    @property
    def runtime(self) -> "Runtime":
        """The running service: settings, secrets, database, areas, clients."""
        return self.site.runtime()

    @property
    def path(self) -> Mapping[str, str]:
        """The values in the address, as text."""
        return {name: str(value) for name, value in self.request.path_params.items()}

    @property
    def query(self) -> Mapping[str, str]:
        """The values after the question mark; the last one wins."""
        return self.request.query_params

    async def form(self) -> FormData:
        """Return what was sent, within limits and with the CSRF token checked; see bodies.read_form for the errors."""
        if self._form is None:
            sent = await read_form(self.request, self.page.body_limit if self.page else FORM_LIMIT)
            self.request.scope["sent"] = sent  # the page that refuses it may give back what was typed
            token = self.request.headers.get(csrf.HEADER) or sent.get(csrf.FIELD)
            csrf.check(self.request, self.session, self._secret, token)
            self._form = FormData(
                {name: values for name, values in sent.fields.items() if name != csrf.FIELD}, sent.files
            )
        return self._form

    def transaction(self) -> "AbstractAsyncContextManager[DatabaseSession]":
        """Open a transaction as the person who asks; it commits when the block ends without an error."""
        return self.runtime.database.transaction(self.actor)

    def may(self, permission: str) -> bool:
        """Say whether the person may: for buttons and links; the page behind them checks again."""
        return may(self.actor, permission, self.site.service.permissions)

    def flash(self, sentence: str) -> None:
        """Show a sentence at the top of the next page that this browser opens."""
        self.session["flashes"] = [*self.session.get("flashes", []), sentence]

    def url(self, name: str, /, **values: object) -> str:
        """Return the address of a page of this service."""
        return self.site.url(name, **values)

    def redirect(self, name: str, /, **values: object) -> Response:
        """Send the browser to another page with GET."""
        return RedirectResponse(self.url(name, **values), status_code=303)

    def render(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return the page made from a template ("case" or "case.html") and plain values."""
        file = template if template.endswith(".html") else f"{template}.html"
        body = self.site.environment.get_template(file).render(self._shell() | values)
        return HTMLResponse(body, status_code=status)

    @property
    def _secret(self) -> str:
        return self.runtime.secrets.session_secret

    def _shell(self) -> dict[str, object]:
        explains = self.site.service.refusal_values if self.page is None else None
        return {
            "service_title": self.site.service.title,
            "demonstration": self.runtime.settings.mode == "demo",
            "navigation": self._navigation(),
            "actor": self.actor,
            "signed_in": self.actor.kind == "person",
            "now": self.now,
            "flashes": self.session.pop("flashes", []),
            "url": self.url,
            "may": self.may,
            "csrf_field": self._csrf_field,
            **(explains(self) if explains else {}),
        }

    def _csrf_field(self) -> Markup:
        token = csrf.token_for(self.session, self._secret)
        return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, token)

    def _navigation(self) -> list[dict[str, object]]:
        beyond = self.beyond_menu()
        if not beyond:
            return self._places()
        here = self.page is not None and self.page.title in {MORE, *(each["name"] for each in beyond)}
        return [*self._places()[: MOST_IN_MENU - 1], {"text": "More", "href": self.url(MORE), "current": here}]

    def beyond_menu(self) -> list[dict[str, object]]:
        """Return the places that this person may open and that the menu has no room for: label, address and name."""
        places = self._places()
        folds = len(places) > MOST_IN_MENU and MORE in self.site.pages
        return places[MOST_IN_MENU - 1 :] if folds else []

    def _places(self) -> list[dict[str, object]]:
        items = ((label, name, self.site.pages[name]) for label, name in self.site.service.navigation)
        here = self.page.title if self.page else ""
        return [
            {"text": label, "href": self.url(name), "current": name == here, "name": name}
            for label, name, page in items
            if self.may(page.permission)
        ]
