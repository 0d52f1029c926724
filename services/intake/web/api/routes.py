"""The addresses of the API: each reads the request itself, and answers every refusal as problem+json."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from chassis import audit, clock
from chassis.database import DatabaseUnavailable
from chassis.errors import ThroughlineError
from chassis.patience import in_time
from chassis.runtime import Runtime
from chassis.settling import OutcomeUnknown
from contracts.vocabulary import ProgressStage, tidy_reference
from services.intake.domain import LONDON, PartnerScope, Receipt
from services.intake.queries import OwnReferral, own_referral
from services.intake.web.api import granting
from services.intake.web.api.access import Caller, Gate, admitted, charged
from services.intake.web.api.adding import ADDED_RECEIPT, PATIENCE_SECONDS, add, read_later
from services.intake.web.api.bodies import BATCH_LIMIT, read_json, read_sent, usable_key
from services.intake.web.api.describing import document
from services.intake.web.api.problems import Refused, refusal_of
from services.intake.web.api.taking import batch_in, receipt_content, take, take_batch

PREFIX = "/api/v1"
REPLAYED = {"Idempotency-Replayed": "true"}

WORDS = {
    ProgressStage.RECEIVED: "The referral has been received and sent to the teams that must act on it.",
    ProgressStage.BEING_ASSESSED: "The referral is being assessed.",
    ProgressStage.PASSED_TO_ANOTHER_SERVICE: "The referral has been passed to another service.",
    ProgressStage.SUPPORT_BEING_CONSIDERED: "Support is being considered.",
    ProgressStage.CLOSED: "The work on the referral has ended.",
}


class ApiRoute(APIRoute):
    """A route whose function is given the request and nothing else: no half-decoded text can get through."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function with its refusals turned into answers."""
        serve = self.endpoint

        async def handle(request: Request) -> Response:
            try:
                answer: Response = await serve(request)
            except Refused as refused:
                return refused.response
            except ThroughlineError as error:
                return refusal_of(error).response
            return answer

        return handle


router = APIRouter(prefix=PREFIX, route_class=ApiRoute, include_in_schema=False)


@router.post("/token")
async def ask_for_token(request: Request) -> Response:
    """Exchange a client id and secret for an access token."""
    return await granting.grant(request)


@router.post("/referrals")
async def make_referral(request: Request) -> Response:
    """Make a referral; 201 says that it is kept and announced, also to a repeat of one that is."""
    caller = await admitted(request, PartnerScope.WRITE)
    key = usable_key(request.headers.get("idempotency-key", ""))
    now = clock.now()
    sent = await read_sent(request, now.astimezone(LONDON).date())
    receipt = await take(_runtime(request), caller, sent, key, now)
    headers = {"Location": f"{PREFIX}/referrals/{receipt.reference}", **caller.allowance.headers()}
    replayed = REPLAYED if receipt.repeated else {}
    return JSONResponse(receipt_content(receipt), 201, headers=headers | replayed)


@router.post("/referrals/batch")
async def make_referrals(request: Request) -> Response:
    """Make up to 100 referrals; the answer says of each whether it is kept."""
    caller = await admitted(request, PartnerScope.WRITE)
    items = batch_in(await read_json(request, BATCH_LIMIT))
    allowance = _charged_for(request, caller, len(items) - 1)
    results = await take_batch(_runtime(request), caller, items, clock.now())
    accepted = sum("reference" in result for result in results)
    content = {"accepted": accepted, "refused": len(results) - accepted, "results": results}
    return JSONResponse(content, headers=allowance)


@router.get("/referrals/batch")
async def refuse_to_show_batch(_: Request) -> Response:
    """Refuse to show a batch, which is no reference."""
    raise HTTPException(405, headers={"Allow": "POST"})


@router.get("/referrals/{reference}")  # noqa: FAST003  the request holds it
async def show_referral(request: Request) -> Response:
    """Say how far a partner's own referral has got, as far as its area tells; nothing about whom it concerns."""
    caller = await admitted(request, PartnerScope.READ)
    reference = tidy_reference(str(request.path_params["reference"]))
    try:
        found = await in_time(lambda: _shown(_runtime(request), caller, reference), PATIENCE_SECONDS)
    except OutcomeUnknown as error:
        raise DatabaseUnavailable("The database did not answer; try again in a moment.") from error
    return JSONResponse(_status_content(found), headers=caller.allowance.headers())


@router.post("/referrals/{reference}/versions")  # noqa: FAST003  the request holds it
async def add_to_referral(request: Request) -> Response:
    """Correct a partner's own referral or add to it; 201 says that it is kept and announced as a version."""
    caller = await admitted(request, PartnerScope.WRITE)
    key = usable_key(request.headers.get("idempotency-key", ""))
    now = clock.now()
    later = await read_later(request, now.astimezone(LONDON).date())
    reference = tidy_reference(str(request.path_params["reference"]))
    added = await add(_runtime(request), caller, reference, later, key=key, now=now)
    content = {"reference": added.reference, "version": added.version, "receipt": ADDED_RECEIPT}
    headers = caller.allowance.headers() | (REPLAYED if added.repeated else {})
    return JSONResponse(content, 201, headers=headers)


@router.get("/openapi.json")
async def describe(request: Request) -> Response:
    """Return the description of the API."""
    return JSONResponse(document(_runtime(request).settings.public_url))


async def _shown(runtime: Runtime, caller: Caller, reference: str) -> OwnReferral:
    async with runtime.database.transaction(caller.actor) as session:
        found = await own_referral(session, caller.partner.id, reference)
        await audit.record_read(session, subject=found.referral_id, now=clock.now(), reason="partner-status")
    return found


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def _charged_for(request: Request, caller: Caller, more: int) -> dict[str, str]:
    """Count the other referrals of a batch as requests too."""
    if not more:
        return caller.allowance.headers()
    gate, partner = Gate.of(_runtime(request)), caller.partner
    return charged(gate.partners, str(partner.id), partner.terms.requests_per_minute, more).headers()


def _status_content(found: OwnReferral) -> dict[str, Any]:
    reached = ((ProgressStage.RECEIVED, found.received_at), *found.reached)
    stages = [
        {"stage": str(stage), "reached_at": moment.isoformat(), "words": WORDS[stage]}
        for stage, moment in dict(reached).items()
    ]
    receipt = receipt_content(Receipt(found.reference, found.received_at))
    return receipt | {"version": found.version, "stages": stages}
