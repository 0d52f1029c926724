"""What a partner sends later about a referral of its own: the form corrected, words, files; it joins as a version."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fastapi import Request

from chassis.database import Session
from chassis.patience import in_time
from chassis.runtime import Runtime
from chassis.settling import settled
from chassis.web.bodies import UNSTORABLE
from contracts.vocabulary import ReferralForm
from services.intake.domain import Added, AddedDocument, Addition, ArrivalKey, Attachment, KeyKind, key_for
from services.intake.operations import add_version_by_referrer, check_repeat
from services.intake.queries import likeness_key, localities_of, own_referral
from services.intake.web.api.access import Caller
from services.intake.web.api.bodies import (
    BODY_LIMIT,
    canonical,
    checked_form,
    is_multipart,
    read_json,
    read_parts,
    unambiguous,
)
from services.intake.web.api.problems import Refused, not_valid

WORDS_LIMIT = 20_000
FIELDS = frozenset({"referral", "words", "immediate_danger"})
PART = "addition"
PATIENCE_SECONDS = 4.0
"""So long a partner waits for a database that says nothing; what adds has no spool, so the answer is 503."""


@dataclass(frozen=True)
class Later:
    """An addition as it was sent, and what a repeat of it must equal."""

    form: ReferralForm | None
    words: str
    immediate_danger: bool
    attachments: tuple[Attachment, ...]
    request: bytes


async def read_later(request: Request, today: date) -> Later:
    """Return what a request adds; raises Refused with the answer that says what to mend."""
    body, attachments = await _read(request)
    content = unambiguous(body)
    errors = list(_wrong(content))
    if errors or not isinstance(content, dict):
        raise not_valid(errors)
    form = _form(content["referral"], today) if content.get("referral") is not None else None
    digests = [[each.name, each.media_type, hashlib.sha256(each.body).hexdigest()] for each in attachments]
    words, danger = str(content.get("words", "")), bool(content.get("immediate_danger", False))
    return Later(form, words, danger, attachments, canonical([content, digests]))


async def _read(request: Request) -> tuple[bytes, tuple[Attachment, ...]]:
    if is_multipart(request):
        return await read_parts(request, PART)
    return await read_json(request, BODY_LIMIT), ()


def _form(content: object, today: date) -> ReferralForm:
    try:
        return checked_form(canonical(content), content, today)
    except Refused as refused:
        problem = refused.content
        errors = problem.get("errors")
        if not isinstance(errors, list):
            raise
        raise not_valid([{**each, "pointer": f"/referral{each['pointer']}"} for each in errors]) from None


def _wrong(content: object) -> Any:
    """Yield what is wrong with an addition beside the form in it."""
    if not isinstance(content, dict):
        yield {"pointer": "", "detail": "This must be an object."}
        return
    for name in sorted(content.keys() - FIELDS):
        yield {"pointer": "/" + name.replace("~", "~0").replace("/", "~1")[:200], "detail": "There is no such field."}
    words = content.get("words", "")
    if not isinstance(words, str) or len(words) > WORDS_LIMIT or UNSTORABLE.search(words):
        yield {"pointer": "/words", "detail": f"This must be text of {WORDS_LIMIT} characters or fewer, without NUL."}
    if not isinstance(content.get("immediate_danger", False), bool):
        yield {"pointer": "/immediate_danger", "detail": "This must be true or false."}


async def add(runtime: Runtime, caller: Caller, reference: str, later: Later, *, key: str, now: datetime) -> Added:
    """Keep an addition to a partner's own referral and announce it.

    Raises ReferralUnknown, NothingToAdd, KeyUsedForAnotherRequest, or OutcomeUnknown when the database says nothing.
    """
    sign = _sign(caller, reference, later, key)
    addition = Addition(
        form=later.form,
        words=later.words,
        documents=tuple(
            AddedDocument(name=each.name, media_type=each.media_type, body=each.body) for each in later.attachments
        ),
        immediate_danger=later.immediate_danger,
        keys=(sign,),
    )

    async def added(session: Session) -> Added:
        found = await own_referral(session, caller.partner.id, reference)
        district = later.form.person.district if later.form else found.district
        practice = localities_of(runtime).by_version(found.area, found.area_version, district)
        done = await add_version_by_referrer(
            session, found.referral_id, addition, practice, likeness_key=likeness_key(runtime), now=now
        )
        if done.repeated:
            await check_repeat(session, sign)
        return done

    return await in_time(lambda: settled(runtime.database, caller.actor, added), PATIENCE_SECONDS)


def _sign(caller: Caller, reference: str, later: Later, key: str) -> ArrivalKey:
    place = f"{caller.partner.id}|{reference}|"
    if key:
        return key_for(KeyKind.IDEMPOTENCY_KEY, f"{place}{key}", later.request)
    return key_for(KeyKind.DIGEST, place.encode() + later.request, later.request)
