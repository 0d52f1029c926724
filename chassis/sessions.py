"""Sessions on the server: revocable, sealed with the cookie that names them, and no row until something is kept."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.actor import Actor, ActorKind
from chassis.errors import Unavailable
from chassis.patience import in_time
from chassis.settling import OutcomeUnknown

NONCE_BYTES = 12
TOKEN_LENGTHS = range(30, 65)
LOOKING = ("GET", "HEAD")
PATIENCE_SECONDS = 4.0
"""So long a request waits until somebody says whose it is."""
WHO_UNKNOWN = "Who you are cannot be looked up at the moment: try again in a few minutes."
MACHINE_PATHS = ("/api/", "/internal/", "/ops/", "/health/", "/metrics")


class SessionUnknown(Unavailable):
    """The database is away, and this process does not know the session that a cookie names."""

    reason: ClassVar[str] = "session-unknown"


@dataclass(frozen=True)
class Limits:
    """How long a session lives: without use, and in all; `touch` is how rarely its use is written down."""

    idle: timedelta = timedelta(minutes=60)
    absolute: timedelta = timedelta(hours=12)
    touch: timedelta = timedelta(minutes=2)


@dataclass(frozen=True)
class StoredSession:
    """A session row: sealed data, when it ends, and the identity provider's subject where somebody signed in."""

    data: bytes
    expires_at: datetime
    subject: str = ""


class SessionStore(Protocol):
    """Where session rows live; `key` is the SHA-256 of the cookie, so a stolen table opens nothing."""

    async def read(self, key: str, now: datetime) -> StoredSession | None:
        """Return the row unless it is missing or has ended."""

    async def write(self, key: str, row: StoredSession) -> None:
        """Insert or replace the row."""

    async def rewrite(self, key: str, row: StoredSession) -> None:
        """Replace the row unless it is gone: an answer on its way must not bring back a session that was ended."""

    async def touch(self, key: str, expires_at: datetime) -> None:
        """Move the end of a session that is in use, leaving its data alone."""

    async def remove(self, key: str) -> None:
        """Delete the row if it is there."""

    async def revoke(self, subject: str) -> int:
        """Delete every session of a signed-in person; return how many there were."""

    def expect(self, key: str) -> None:
        """Note that a cookie goes out under which there is no row yet."""

    def remembered(self, key: str, now: datetime) -> StoredSession | None:
        """Return the row as this process remembers it, without asking; raises SessionUnknown where it does not."""


class Session(dict[str, Any]):
    """What the service remembers about one browser; JSON values only.

    A `doubtful` one stands for a session that cannot be looked up at the moment: whoever it is, it is nobody in
    particular until the database is back. It has the name of that session, so that the browser keeps it, and is kept
    apart from it; what it held is `joined` to the other, by the name under which it was kept, once that is found.
    """

    doubtful = False
    joined = ""
    unattended = False
    """Whether a page asks by itself: that keeps nobody signed in who has left the screen."""

    def __init__(self, token: str = "", data: Mapping[str, Any] | None = None, *, created: float | None = None) -> None:
        """Wrap the data of a stored session, or start an empty one."""
        super().__init__(data or {})
        self.token = token
        self.created = time.time() if created is None else created
        self.replaced: set[str] = set()
        self.ended = False

    @property
    def kept_as(self) -> str:
        """Return the name under which it is kept."""
        return _meanwhile(self.token) if self.doubtful else self.token

    def ensure_token(self) -> str:
        """Return the secret name of this session, choosing one (a cookie, not yet a row) when there is none."""
        self.token = self.token or secrets.token_urlsafe(32)
        return self.token

    def rotate(self) -> None:
        """Take a new name and forget the old one: whoever planted or saw the old cookie is left outside."""
        self._leave_name()
        self.token, self.created = secrets.token_urlsafe(32), time.time()

    def end(self) -> None:
        """Forget everything: the row goes, and so does the cookie."""
        self.clear()
        self._leave_name()
        self.token, self.ended = "", True

    def _leave_name(self) -> None:
        """Leave the name behind, and the one that stood for it: under another, nobody is in doubt whose this is."""
        if self.token:
            self.replaced |= {self.token, self.kept_as}
        self.doubtful = False


def sign_in(session: Session, actor: Actor) -> None:
    """Make the session that of a signed-in person, under a new name, without what an anonymous visitor left in it."""
    session.clear()
    session.rotate()
    session["actor"] = {
        "id": actor.id,
        "name": actor.name,
        "roles": sorted(actor.roles),
        "areas": sorted(actor.areas),
        "organisation": actor.organisation,
    }


def actor_of(session: Mapping[str, Any]) -> Actor:
    """Return the signed-in person of a session, or the public."""
    kept = session.get("actor")
    if not kept:
        return Actor.public()
    return Actor(
        ActorKind.PERSON,
        kept["id"],
        kept["name"],
        roles=frozenset(kept["roles"]),
        areas=frozenset(kept["areas"]),
        organisation=kept["organisation"],
    )


def derive(secret: str, purpose: str, token: str) -> bytes:
    """Return 32 bytes that only this service can compute for this purpose and session."""
    return hmac.digest(secret.encode(), f"{purpose}:{token}".encode(), "sha256")


class SessionKeeper:
    """Opens and keeps the sessions of one service."""

    def __init__(self, store: SessionStore, secret: str, limits: Limits) -> None:
        """Keep sessions in the store, sealed under the service's session secret and each session's own name."""
        self.store = store
        self.secret = secret
        self.limits = limits

    async def open(self, token: str) -> tuple[Session, datetime | None]:
        """Return the session that the cookie names and when it ends; an unknown one is empty and has no end."""
        if len(token) not in TOKEN_LENGTHS or not token.isascii():
            return Session(), None
        row = await self.store.read(_key(token), datetime.now(UTC))
        content = self._opened(token, row.data) if row else None
        if row is None or content is None:
            return self._joined(Session(token)), None
        return self._joined(Session(token, content["data"], created=content["created"])), row.expires_at

    def doubtful(self, token: str, *, begin: bool) -> Session:
        """Return a session in the place of the one that cannot be looked up, with what was kept in it before.

        Raises SessionUnknown where there was none and none may `begin`.
        """
        session = Session(token)
        session.doubtful = True
        try:
            row = self.store.remembered(_key(session.kept_as), datetime.now(UTC))
        except SessionUnknown:
            if not begin:
                raise
            self.store.expect(_key(session.kept_as))
            return session
        content = self._opened(session.kept_as, row.data) if row else None
        if content:
            session.update(content["data"])
            session.created = content["created"]
        return session

    def _joined(self, session: Session) -> Session:
        """Add what was kept while nobody could say whose the session is: the last to save wins."""
        name = _meanwhile(session.token)
        try:
            row = self.store.remembered(_key(name), datetime.now(UTC))
        except SessionUnknown:
            return session
        content = self._opened(name, row.data) if row else None
        if content and "actor" not in content["data"]:
            session.update(content["data"])
            session.joined = name
        return session

    async def keep(self, session: Session, *, known: bool = False) -> None:
        """Write the session down under its name; a `known` one, which had a row, only while that row is there."""
        content = json.dumps({"created": session.created, "data": session}).encode()
        session.ensure_token()
        token = session.kept_as
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + AESGCM(derive(self.secret, "session", token)).encrypt(nonce, content, None)
        subject = session.get("actor", {}).get("id", "")
        row = StoredSession(sealed, self._end_of(session), subject)
        await (self.store.rewrite if known else self.store.write)(_key(token), row)

    def expect(self, session: Session, before: str) -> None:
        """Note that a cookie goes out for a session of which nothing was kept."""
        if session.token and _content(session) == before:
            self.store.expect(_key(session.token))

    async def forget(self, tokens: set[str]) -> None:
        """Delete the rows of sessions that ended or took another name."""
        for token in tokens:
            await self.store.remove(_key(token))

    async def touch(self, session: Session, expires_at: datetime) -> None:
        """Note that the session is in use, at most once in a while."""
        end = self._end_of(session)
        if end - expires_at >= self.limits.touch:
            await self.store.touch(_key(session.token), end)

    def _end_of(self, session: Session) -> datetime:
        absolute = datetime.fromtimestamp(session.created, UTC) + self.limits.absolute
        return min(datetime.now(UTC) + self.limits.idle, absolute)

    def _opened(self, token: str, sealed: bytes) -> dict[str, Any] | None:
        # A row sealed under an older session secret is as good as none: the person signs in again.
        try:
            key = derive(self.secret, "session", token)
            content: dict[str, Any] = json.loads(AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None))
        except (InvalidTag, ValueError):
            return None
        return content


@dataclass(frozen=True)
class CookiePlan:
    """The name of the cookie and whether it travels over https only."""

    name: str
    secure: bool

    def header(self, token: str) -> str:
        """Return the Set-Cookie value: gone with the browser, out of reach of scripts; an empty token deletes it."""
        parts = [f"{self.name}={token}", "Path=/", "HttpOnly", "SameSite=Lax"]
        if not token:
            parts.append("Max-Age=0")
        if self.secure:
            parts.append("Secure")
        return "; ".join(parts)


Keeping = Callable[[], tuple[SessionKeeper, CookiePlan]]


class SessionMiddleware:
    """Gives each page request its session, and writes it down only when it changed."""

    def __init__(self, app: ASGIApp, keeping: Keeping) -> None:
        """Ask `keeping` at each request: the database is there only once the service has started."""
        self.app = app
        self.keeping = keeping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; machines' paths have no session."""
        if scope["type"] != "http" or scope["path"].startswith(("/assets/", *MACHINE_PATHS)):
            await self.app(scope, receive, send)
            return
        keeper, cookie = self.keeping()
        sent_token = HTTPConnection(scope).cookies.get(cookie.name, "")
        session, expires_at = await _opened(keeper, sent_token, scope["method"])
        before = "" if session.joined else _content(session)
        scope["session"] = session

        async def send_and_keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                await keeper.forget(session.replaced)
                if not session.ended:
                    await _keep_what_changed(keeper, session, before, expires_at)
                await keeper.forget({session.joined} - {""})
                if session.ended or session.token != sent_token:
                    keeper.expect(session, before)
                    MutableHeaders(scope=message).append("set-cookie", cookie.header(session.token))
            await send(message)

        await self.app(scope, receive, send_and_keep)


async def _opened(keeper: SessionKeeper, token: str, method: str) -> tuple[Session, datetime | None]:
    """Return the session that a cookie names; who only looks while nobody can say gets a doubtful one."""
    try:
        return await _looked_up(keeper, token) if token else (Session(), None)
    except SessionUnknown:
        return keeper.doubtful(token, begin=method in LOOKING), None


async def _looked_up(keeper: SessionKeeper, token: str) -> tuple[Session, datetime | None]:
    try:
        return await in_time(lambda: keeper.open(token), PATIENCE_SECONDS)
    except OutcomeUnknown as late:
        raise SessionUnknown(WHO_UNKNOWN) from late


async def _keep_what_changed(keeper: SessionKeeper, session: Session, before: str, expires_at: datetime | None) -> None:
    if _content(session) != before or (session and session.replaced):
        await keeper.keep(session, known=expires_at is not None and not session.replaced)
    elif expires_at is not None and not session.replaced and not session.unattended:
        await keeper.touch(session, expires_at)


def _content(session: Session) -> str:
    return json.dumps(session, sort_keys=True)


def _meanwhile(token: str) -> str:
    """Return the name under which a session is kept that stands for this one while nobody can look it up."""
    return hashlib.sha256(f"meanwhile:{token}".encode()).hexdigest()


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
