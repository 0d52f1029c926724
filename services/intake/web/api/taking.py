"""Takes referrals of a partner in, one or a batch, and says of each what became of it."""

import asyncio
import json
import re
from datetime import date, datetime
from typing import Any

from chassis.errors import ThroughlineError
from chassis.runtime import Runtime
from contracts.vocabulary import Door
from services.intake.domain import LONDON, KeyKind, Original, Partner, Practice, Reading, Receipt, key_for, partners_key
from services.intake.queries import likeness_key, localities_of
from services.intake.spool import accept
from services.intake.web.api.access import Caller
from services.intake.web.api.bodies import KEY_LIMIT, Sent, canonical, checked_form, unambiguous
from services.intake.web.api.problems import Refused, as_problem, refusal_of

MOST_IN_BATCH = 100
ITEM_KEY = re.compile(r"[!-~]([ -~]*[!-~])?")
RECEIPT = "Your referral has been received and sent to the teams that must act on it. Keep the reference."
WAITING = (
    "Your referral has been received and is kept, but a fault of ours has to be mended before the teams that must act "
    "on it can be told. Keep the reference, and telephone if it cannot wait."
)


async def take(runtime: Runtime, caller: Caller, sent: Sent, key: str, now: datetime) -> Receipt:
    """Keep a referral and return its receipt, the first one again for a repeat; raises what `accept` does."""
    partner = caller.partner
    digest = key_for(KeyKind.DIGEST, f"{partner.id}|".encode() + sent.request)
    by_key = partners_key(partner.id, key, sent.request)
    original = Original(
        door=Door.API,
        practice=_practice(runtime, partner, sent.form.person.district, now.astimezone(LONDON).date()),
        name="referral.json",
        media_type="application/json",
        body=sent.body,
        keys=(by_key if key else digest,),
        reading=Reading.READ,
        form=sent.form,
        attachments=sent.attachments,
        partner_id=partner.id,
        likeness_key=likeness_key(runtime),
    )
    return await accept(runtime, original, now=now, actor=caller.actor)


def receipt_content(receipt: Receipt) -> dict[str, str]:
    """Return what a partner is answered."""
    said = WAITING if receipt.waiting else RECEIPT
    return {"reference": receipt.reference, "receipt": said, "received_at": receipt.received_at.isoformat()}


def _practice(runtime: Runtime, partner: Partner, district: str, today: date) -> Practice:
    """Return the practice of the area that has the district; where none has it, that of the partner's first area."""
    localities = localities_of(runtime)
    found = localities.by_district(district, today)
    home = next(iter(partner.terms.areas), found.area)
    if found.district or home == found.area:
        return found
    return localities.by_version(home, runtime.areas.current(home, today).version, "")


def batch_in(body: bytes) -> list[dict[str, Any]]:
    """Return the items of a batch, each with its key and its referral unread; raises Refused."""
    content = unambiguous(body)
    items = content.get("referrals") if isinstance(content, dict) and set(content) == {"referrals"} else None
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_IN_BATCH:
        raise _not_a_batch([{"pointer": "/referrals", "detail": f"This must be a list of 1 to {MOST_IN_BATCH} items."}])
    wrong = [
        {
            "pointer": f"/referrals/{place}",
            "detail": f"An item has an `idempotency_key` of 1 to {KEY_LIMIT} printable characters and a `referral`.",
        }
        for place, item in enumerate(items)
        if not _is_item(item)
    ]
    if wrong:
        raise _not_a_batch(wrong)
    return items


def _is_item(item: object) -> bool:
    if not isinstance(item, dict) or set(item) != {"idempotency_key", "referral"}:
        return False
    key = item["idempotency_key"]
    return isinstance(key, str) and len(key) <= KEY_LIMIT and bool(ITEM_KEY.fullmatch(key))


def _not_a_batch(errors: list[dict[str, str]]) -> Refused:
    sentence = "The batch cannot be read, and none of it was taken: mend it."
    return as_problem(422, "batch-not-valid", sentence, errors=errors)


async def take_batch(
    runtime: Runtime, caller: Caller, items: list[dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    """Return what became of each item, in order: each is kept or refused by itself."""
    taken = (_taken_item(runtime, caller, place, item, now) for place, item in enumerate(items))
    return list(await asyncio.gather(*taken))


async def _taken_item(
    runtime: Runtime, caller: Caller, place: int, item: dict[str, Any], now: datetime
) -> dict[str, Any]:
    try:
        receipt = await _take_item(runtime, caller, item, now)
    except Refused as refused:
        return _refused_item(place, refused)
    except ThroughlineError as error:
        return _refused_item(place, refusal_of(error))
    status = 200 if receipt.repeated else 201
    return {"index": place, "status": status, **receipt_content(receipt)}


async def _take_item(runtime: Runtime, caller: Caller, item: dict[str, Any], now: datetime) -> Receipt:
    body = json.dumps(item["referral"]).encode()
    content = unambiguous(body)
    form = checked_form(body, content, now.astimezone(LONDON).date())
    sent = Sent(body, form, (), canonical(content))
    return await take(runtime, caller, sent, item["idempotency_key"], now)


def _refused_item(place: int, refused: Refused) -> dict[str, Any]:
    problem = dict(refused.content)
    if "errors" in problem:
        inside = f"/referrals/{place}/referral"
        problem["errors"] = [{**each, "pointer": f"{inside}{each['pointer']}"} for each in problem["errors"]]
    return {"index": place, "status": refused.status, "problem": problem}
