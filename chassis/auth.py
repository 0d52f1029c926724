"""Sign-in with an OpenID Connect provider: code with PKCE and a nonce, and a session that can be revoked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from fastapi import FastAPI
from joserfc.errors import JoseError
from starlette.responses import RedirectResponse, Response

from chassis import audit
from chassis.actor import Actor, ActorKind
from chassis.errors import Forbidden, Unavailable
from chassis.policy import PUBLIC
from chassis.sessions import sign_in as begin_session
from chassis.web import Page, PageRequest, mount

if TYPE_CHECKING:
    from chassis.runtime import Runtime

CALLBACK = "/auth/callback"
PROVIDER_TIMEOUT_SECONDS = 5.0
NAME_LIMIT = 120
ROLES_LIMIT = 50
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")


class SignInUnavailable(Unavailable):
    """The identity provider does not answer."""

    reason: ClassVar[str] = "sign-in-unavailable"


class SignInFailed(Forbidden):
    """The identity provider refused, or what came back does not belong to this browser's sign-in."""

    reason: ClassVar[str] = "sign-in-failed"


@dataclass(frozen=True)
class _Provider:
    """The provider's client, made at the first sign-in: starting a service needs no provider."""

    runtime: "Callable[[], Runtime]"
    made: dict[str, StarletteOAuth2App]

    def client(self) -> StarletteOAuth2App:
        running = self.runtime()
        issuer = running.settings.issuer_url.rstrip("/")
        if not issuer:
            raise SignInUnavailable("Sign-in is not set up: give the service the address of its identity provider.")
        if issuer not in self.made:
            self.made[issuer] = OAuth().register(
                "provider",
                client_id=running.secrets.oidc_client_id,
                client_secret=running.secrets.oidc_client_secret,
                server_metadata_url=f"{issuer}/.well-known/openid-configuration",
                client_kwargs={
                    "scope": "openid profile",
                    "code_challenge_method": "S256",
                    "timeout": PROVIDER_TIMEOUT_SECONDS,
                },
            )
        return self.made[issuer]


def install(app: FastAPI) -> None:
    """Add /sign-in, /auth/callback and /sign-out; the web shell must be installed before.

    The session cookie is `throughline_<service>`; the provider's claims `roles` (list), `area` (text or list),
    `organisation` and `name` make the actor.
    """
    provider = _Provider(lambda: app.state.runtime, {})
    mount(
        app,
        (
            Page("GET", "/sign-in", partial(_sign_in, provider), PUBLIC, "sign_in"),
            Page("GET", CALLBACK, partial(_callback, provider), PUBLIC, "sign_in_callback"),
            Page("POST", "/sign-out", partial(_sign_out, provider), PUBLIC, "sign_out"),
            Page("GET", "/signed-out", _signed_out, PUBLIC, "signed_out"),
        ),
    )


def actor_from(claims: Mapping[str, Any]) -> Actor:
    """Return the signed-in person whom the provider's claims describe; claims of another shape give nothing.

    Raises SignInFailed when the claims name nobody.
    """
    subject = str(claims.get("sub") or "")
    if not subject:
        raise SignInFailed(
            "The identity provider did not say who you are: ask its administrator to send the claim sub."
        )
    return Actor(
        ActorKind.PERSON,
        subject[:NAME_LIMIT],
        str(claims.get("name") or subject)[:NAME_LIMIT],
        roles=_plain_names(claims.get("roles")),
        areas=_plain_names(claims.get("area"), everywhere=True),
        organisation=str(claims.get("organisation") or "")[:NAME_LIMIT],
    )


def local_path(wanted: str) -> str:
    """Return where to go after sign-in: a path on this service, or the home page for anything else."""
    return wanted if LOCAL_PATH.fullmatch(wanted) and not wanted.startswith("/sign-") else "/"


async def _sign_in(provider: _Provider, asked: PageRequest) -> Response:
    wanted = local_path(asked.query.get("next", "/"))
    public = asked.runtime.settings.public_url.rstrip("/")
    if public and asked.request.headers.get("host") != urlsplit(public).netloc:
        # The provider returns to the public address; the cookie must have been set there.
        return RedirectResponse(f"{public}/sign-in?{urlencode({'next': wanted})}", status_code=303)
    asked.session["after_sign_in"] = wanted
    try:
        answer: Response = await provider.client().authorize_redirect(
            asked.request, f"{public or str(asked.request.base_url).rstrip('/')}{CALLBACK}"
        )
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RuntimeError) as error:
        raise _unavailable() from error
    return answer


async def _callback(provider: _Provider, asked: PageRequest) -> Response:
    wanted = local_path(asked.session.get("after_sign_in", "/"))
    if not any(key.startswith("_state_") for key in asked.session):
        raise _failed()
    claims = await _claims(provider.client(), asked)
    actor = actor_from(claims)
    async with asked.runtime.database.transaction(actor) as session:
        await audit.record(session, "session.signed-in", subject=None, now=asked.now)
    # Only now: a page that says that this failed keeps its session too.
    begin_session(asked.session, actor)
    return RedirectResponse(wanted, status_code=303)


async def _claims(client: StarletteOAuth2App, asked: PageRequest) -> Mapping[str, Any]:
    try:
        token = await client.authorize_access_token(asked.request)
        claims: dict[str, Any] = dict(token.get("userinfo") or {})
        if "roles" not in claims:
            claims = {**await client.userinfo(token=token), **claims}
    except httpx2.HTTPError as error:
        raise _unavailable() from error
    except (OAuthError, JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _failed() from error
    return claims


async def _sign_out(provider: _Provider, asked: PageRequest) -> Response:
    if asked.actor.kind == ActorKind.PERSON:
        async with asked.transaction() as session:
            await audit.record(session, "session.signed-out", subject=None, now=asked.now)
    asked.session.end()
    return await _leave_provider(provider, asked) or asked.redirect("signed_out")


async def _leave_provider(provider: _Provider, asked: PageRequest) -> Response | None:
    """Send the browser to the provider's own sign-out where it has one; the demonstration's has nothing to end."""
    settings = asked.runtime.settings
    keeps = settings.mode == "real" if settings.provider_keeps_session is None else settings.provider_keeps_session
    if not keeps:
        return None
    back = f"{settings.public_url.rstrip('/')}{asked.url('signed_out')}"
    try:
        client = provider.client()
        leave = await client.create_logout_url(post_logout_redirect_uri=back, client_id=client.client_id)
    except (SignInUnavailable, httpx2.HTTPError, RuntimeError, ValueError):
        return None
    return RedirectResponse(leave["url"], status_code=303)


async def _signed_out(asked: PageRequest) -> Response:
    return asked.render("signed_out")


def _plain_names(claim: Any, *, everywhere: bool = False) -> frozenset[str]:
    listed = [claim] if isinstance(claim, str) else claim if isinstance(claim, list) else []
    names = {name for name in listed[:ROLES_LIMIT] if isinstance(name, str) and PLAIN_NAME.fullmatch(name)}
    if everywhere and "*" in listed:
        return frozenset({"*"})
    return frozenset(names)


def _unavailable() -> SignInUnavailable:
    return SignInUnavailable("Sign-in is not available, because the identity provider does not answer: try again soon.")


def _failed() -> SignInFailed:
    return SignInFailed("Sign-in did not complete: start again from the home page of this service.")
