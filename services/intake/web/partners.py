"""Partners on the operations plane: list them, make one known, give one a new secret, end one."""

import asyncio
from typing import Annotated, TypeVar

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.web import PageRequest, Response
from contracts.vocabulary import Sector
from services.intake.domain import (
    REQUESTS_PER_MINUTE,
    PartnerNotUsable,
    PartnerScope,
    Terms,
)
from services.intake.operations import add_partner, new_secret, renew_secret, revoke_partner
from services.intake.queries import listed_partners
from services.intake.web.api import Gate

Reason = Annotated[str, Field(min_length=3, max_length=300, pattern=r"^[^\x00]*$")]
Order = TypeVar("Order", bound=BaseModel)


class NewPartner(BaseModel):
    """What an operator says of a new partner."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    client_id: str
    organisation: str
    sector: Sector
    areas: tuple[str, ...]
    scopes: frozenset[PartnerScope] = frozenset(PartnerScope)
    requests_per_minute: int = REQUESTS_PER_MINUTE
    reason: Reason


class PartnerOrder(BaseModel):
    """Which partner, and why."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: Reason


async def partners_as_json(request: PageRequest) -> Response:
    """List the partners, never their secrets."""
    async with request.transaction() as session:
        found = await listed_partners(session)
    listed = [
        {
            "client_id": each.partner.terms.client_id,
            "organisation": each.partner.terms.organisation,
            "sector": str(each.partner.terms.sector),
            "areas": list(each.partner.terms.areas),
            "scopes": sorted(each.partner.terms.scopes),
            "requests_per_minute": each.partner.terms.requests_per_minute,
            "added_at": each.added_at.isoformat(),
            "revoked_at": each.revoked_at.isoformat() if each.revoked_at else None,
        }
        for each in found
    ]
    return JSONResponse({"partners": listed})


async def add_partner_as_json(request: PageRequest) -> Response:
    """Make a partner known and answer with its secret, this once."""
    order = await _ordered(request, NewPartner)
    strangers = sorted(set(order.areas) - set(request.runtime.areas.names()))
    if strangers:
        raise PartnerNotUsable(f"The areas here are {', '.join(request.runtime.areas.names())}: name some of those.")
    terms = Terms(**order.model_dump(exclude={"reason"})).checked()
    made = await asyncio.to_thread(new_secret)
    async with request.transaction() as session:
        await add_partner(session, terms, made.kept, reason=order.reason, now=request.now)
    return await _answer(request, terms.client_id, made.secret)


async def renew_partner_as_json(request: PageRequest) -> Response:
    """Give a partner another secret and answer with it, this once; the old one and its tokens end."""
    order, client_id = await _ordered(request, PartnerOrder), request.path["client_id"]
    made = await asyncio.to_thread(new_secret)
    async with request.transaction() as session:
        await renew_secret(session, client_id, made.kept, reason=order.reason, now=request.now)
    return await _answer(request, client_id, made.secret)


async def revoke_partner_as_json(request: PageRequest) -> Response:
    """End a partner and every token it holds."""
    order, client_id = await _ordered(request, PartnerOrder), request.path["client_id"]
    async with request.transaction() as session:
        await revoke_partner(session, client_id, reason=order.reason, now=request.now)
    return await _answer(request, client_id, "")


async def _answer(request: PageRequest, client_id: str, secret: str) -> Response:
    await Gate.of(request.runtime).directory.again()
    content = {"client_id": client_id} | ({"client_secret": secret} if secret else {})
    return JSONResponse(content, 201 if secret else 200)


async def _ordered(request: PageRequest, model: type[Order]) -> Order:
    try:
        return model.model_validate_json(await request.request.body())
    except ValidationError as invalid:
        fields = sorted({".".join(map(str, each["loc"])) or "the body" for each in invalid.errors(include_input=False)})
        raise PartnerNotUsable(f"Look at {', '.join(fields)}: something is missing or wrong there.") from None
