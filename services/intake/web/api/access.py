"""Who is calling the API: a bearer token, the scope that the address asks for, and how often the partner asks."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import Request

from chassis.actor import EVERYWHERE, Actor, ActorKind
from chassis.errors import Forbidden
from chassis.runtime import Runtime
from services.intake.domain import Partner, PartnerScope
from services.intake.web.api.directory import Directory
from services.intake.web.api.problems import as_problem
from services.intake.web.api.tokens import Tokens
from services.intake.web.limits import Allowance, Buckets

FAILURES_PER_MINUTE = 60
"""So often an address may show a token that counts for nothing before it has to wait."""


class ScopeMissing(Forbidden):
    """The token does not carry the scope that the address asks for."""

    reason: ClassVar[str] = "scope-missing"


class Gate:
    """What the API holds between requests: partners, tokens and buckets; one for each running service."""

    def __init__(self, runtime: Runtime) -> None:
        """Begin with full buckets and nothing read."""
        self.directory = Directory(runtime)
        self.tokens = Tokens(runtime.secrets.key_encryption_key)
        self.partners = Buckets()
        self.addresses = Buckets()

    @classmethod
    def of(cls, runtime: Runtime) -> "Gate":
        """Return the one of a running service, made when it is first needed."""
        found = runtime.state.get("intake.api")
        if not isinstance(found, cls):
            found = runtime.state["intake.api"] = cls(runtime)
        return found


@dataclass(frozen=True)
class Caller:
    """A partner whose token is good for what it asks, and what is left of its requests."""

    partner: Partner
    allowance: Allowance

    @property
    def actor(self) -> Actor:
        """The partner as the audit names it; a referral of its may belong to any area."""
        terms = self.partner.terms
        name = f"partner/{terms.client_id}"
        return Actor(ActorKind.PUBLIC, name, terms.organisation, areas=EVERYWHERE, organisation=terms.organisation)


async def admitted(request: Request, scope: PartnerScope) -> Caller:
    """Return who is calling; raises Refused (401, 429) or ScopeMissing."""
    gate = Gate.of(request.app.state.runtime)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    claims = gate.tokens.read(token.strip()) if scheme.lower() == "bearer" else None
    partner = await gate.directory.still_good(claims.partner) if claims else None
    if claims is None or partner is None:
        refuse_address(gate, request, FAILURES_PER_MINUTE)
        raise _token_refused(shown=bool(token))
    if scope not in claims.scopes & partner.terms.scopes:
        raise ScopeMissing(f"The token does not carry the scope {scope}: ask for a token with it.")
    return Caller(partner, charged(gate.partners, str(partner.id), partner.terms.requests_per_minute))


def refuse_address(gate: Gate, request: Request, per_minute: int, who: str = "") -> None:
    """Count an attempt of an address that may be a guess; raises Refused (429) after too many."""
    host = request.client.host if request.client else ""
    charged(gate.addresses, f"{host} {who}", per_minute)


def charged(buckets: Buckets, key: str, per_minute: int, cost: int = 1) -> Allowance:
    """Return what is left after this request; raises Refused (429) where it came too early."""
    allowance = buckets.take(key, per_minute, cost)
    if allowance.wait:
        sentence = f"Too many requests: wait {allowance.wait} seconds and send it again under the same key."
        raise as_problem(429, "too-many-requests", sentence, allowance.headers())
    return allowance


def _token_refused(*, shown: bool) -> Exception:
    challenge = 'Bearer realm="throughline"'
    if shown:
        sentence = "The access token is not one of ours, has ended or was revoked: ask /api/v1/token for another."
        return as_problem(401, "token-refused", sentence, {"WWW-Authenticate": f'{challenge}, error="invalid_token"'})
    sentence = "This door is for partner systems: ask /api/v1/token for an access token and send it as a bearer token."
    return as_problem(401, "token-refused", sentence, {"WWW-Authenticate": challenge})
