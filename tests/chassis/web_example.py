"""A small service with the real web shell, and a memory in place of its database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

from fastapi import APIRouter, FastAPI, Request
from lxml import html
from pydantic import Field
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from chassis import auth
from chassis.actor import Actor, ActorKind
from chassis.errors import Conflict, Missing, Unavailable
from chassis.sessions import WHO_UNKNOWN, SessionUnknown, StoredSession, sign_in
from chassis.web import PUBLIC, UPLOAD_LIMIT, Form, FormErrors, Page, PageRequest, Response, blank, install, parse

OFFICER = "gateway-officer"
TEMPLATES = Path(__file__).parent / "web_templates"


class MemorySessions:
    """Session rows in a dictionary; counts the writes."""

    def __init__(self) -> None:
        self.rows: dict[str, StoredSession] = {}
        self.writes = 0

    async def read(self, key: str, now: datetime) -> StoredSession | None:
        row = self.rows.get(key)
        return row if row and row.expires_at > now else None

    async def write(self, key: str, row: StoredSession) -> None:
        self.writes += 1
        self.rows[key] = row

    async def rewrite(self, key: str, row: StoredSession) -> None:
        if key in self.rows:
            await self.write(key, row)

    async def touch(self, key: str, expires_at: datetime) -> None:
        if key in self.rows:
            await self.write(key, replace(self.rows[key], expires_at=expires_at))

    async def remove(self, key: str) -> None:
        self.rows.pop(key, None)

    async def revoke(self, subject: str) -> int:
        ended = [key for key, row in self.rows.items() if row.subject == subject]
        for key in ended:
            del self.rows[key]
        return len(ended)

    def expect(self, key: str) -> None:
        """Nothing is kept of what has no row."""

    def remembered(self, key: str, now: datetime) -> StoredSession | None:
        raise SessionUnknown(WHO_UNKNOWN)


class MemoryDatabase:
    """Remembers the audit rows that pages write."""

    def __init__(self) -> None:
        self.audited: list[tuple[str, str]] = []

    @asynccontextmanager
    async def transaction(self, actor: Actor) -> AsyncIterator[Any]:
        def write(_statement: Any, row: dict[str, Any]) -> None:
            self.audited.append((actor.id, row["action"]))

        yield SimpleNamespace(actor=actor, service="example", write=write)


class ExampleForm(Form):
    """One field of every kind."""

    surname: str = Field(title="the surname", max_length=20)
    birth_date: date | None = Field(default=None, title="the date of birth")
    consent: Literal["yes", "no"] = Field(title="consent")
    needs: tuple[str, ...] = ()
    area: str = ""
    concern: str = ""

    messages: ClassVar[dict[str, str]] = {"consent": "Select yes if they consent"}


async def home(asked: PageRequest) -> Response:
    return asked.render("plain", text="Hello")


async def example(asked: PageRequest) -> Response:
    return asked.render("example", form=blank({"needs": ("b",)}))


async def save_example(asked: PageRequest) -> Response:
    data = await asked.form()
    form = parse(ExampleForm, data)
    if isinstance(form, FormErrors):
        return asked.render("example", status=422, form=form)
    asked.session["surname"] = form.surname
    asked.session["files"] = [len(upload.body) for upload in data.uploads("documents")]
    asked.flash("Saved.")
    return asked.redirect("home")


async def echo(asked: PageRequest) -> Response:
    return asked.render("plain", text=f"{asked.path['reference']} for {asked.actor.name}")


async def fail(asked: PageRequest) -> Response:
    raise {
        "conflict": Conflict("Somebody else has taken this case: reload the page."),
        "missing": Missing("There is no such case: check the reference."),
        "unavailable": Unavailable("The database does not answer: try again."),
        "bug": RuntimeError("Zebulon Quarrington was here"),
    }[asked.path["how"]]


async def stuck(asked: PageRequest) -> Response:
    await asyncio.Event().wait()
    return asked.render("plain", text="Never")


async def long(asked: PageRequest) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"part "
            await asyncio.sleep(0.3)

    return StreamingResponse(parts(), media_type="text/plain")


async def misspelt(asked: PageRequest) -> Response:
    return asked.render("misspelt")


async def enter(asked: PageRequest) -> Response:
    person = Actor(
        ActorKind.PERSON, "sam", "Sam Synthetic", frozenset({OFFICER}), frozenset({"kent"}), "Example Police"
    )
    sign_in(asked.session, person)
    return asked.redirect("home")


async def manage(asked: PageRequest) -> Response:
    return asked.render("plain", text="Manage")


router = APIRouter()


@router.get("/api/v1/fail")
async def api_fail() -> None:
    raise Missing("There is no such referral: check the reference.")


@router.get("/ops/stuck")
async def ops_stuck() -> None:
    await asyncio.Event().wait()


@router.post("/api/v1/slow")
async def api_slow() -> str:
    await asyncio.sleep(0.5)
    return "kept"


@router.post("/api/v1/take")
async def api_take(request: Request) -> int:
    return len(await request.body())


PAGES = (
    Page("GET", "/", home, PUBLIC),
    Page("GET", "/example", example, PUBLIC),
    Page("POST", "/example", save_example, PUBLIC, body_limit=UPLOAD_LIMIT),
    Page("GET", "/cases/{reference}", echo, "read-cases", "case"),
    Page("GET", "/manage", manage, "manage-cases"),
    Page("POST", "/manage", manage, "manage-cases"),
    Page("GET", "/fail/{how}", fail, PUBLIC),
    Page("GET", "/stuck", stuck, PUBLIC),
    Page("GET", "/long", long, PUBLIC),
    Page("GET", "/misspelt", misspelt, PUBLIC),
    Page("GET", "/enter", enter, PUBLIC),
)


@dataclass(frozen=True)
class ExampleService:
    """What the shell asks of a service."""

    name: str = "example"
    title: str = "Example console"
    pages: tuple[Page, ...] = PAGES
    permissions: dict[str, frozenset[str]] = field(
        default_factory=lambda: {"read-cases": frozenset({OFFICER}), "manage-cases": frozenset({"gateway-supervisor"})}
    )
    navigation: tuple[tuple[str, str], ...] = (("Home", "home"), ("Manage", "manage"))
    refusal_values: None = None


@dataclass
class Example:
    """The application and what the tests look into."""

    app: FastAPI
    store: MemorySessions
    database: MemoryDatabase
    settings: SimpleNamespace

    def client(self, **options: Any) -> TestClient:
        return TestClient(self.app, follow_redirects=False, **options)


def make(service: ExampleService | None = None, **settings: str | bool | float) -> Example:
    """Return the example application; settings are those of ServiceSettings."""
    store, database = MemorySessions(), MemoryDatabase()
    given = {"public_url": "", "issuer_url": "", "mode": "demo", "provider_keeps_session": None, "answer_seconds": 9.0}
    given |= settings
    chosen = SimpleNamespace(**given)
    secrets = SimpleNamespace(session_secret="only for tests", oidc_client_id="example", oidc_client_secret="unused")
    app = FastAPI(openapi_url=None)
    runtime: Any = SimpleNamespace(settings=chosen, secrets=secrets, database=database)
    app.state.runtime = runtime
    listed = service or ExampleService()
    install(app, listed, lambda: runtime, templates=TEMPLATES, store=store)
    auth.install(app)
    app.include_router(router)
    return Example(app, store, database, chosen)


def token_in(page: str) -> str:
    """Return the CSRF token of the first form on a page."""
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def found(page: html.HtmlElement, path: str) -> Any:
    """Return what an XPath expression finds on a page."""
    return page.xpath(path)
