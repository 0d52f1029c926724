"""What a partner sends later about a referral of its own: the form corrected, words, files; it joins as a version."""

from dataclasses import dataclass
from datetime import date, datetime

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from chassis.database import Session
from chassis.patience import in_time
from chassis.runtime import Runtime
from chassis.settling import settled
from contracts.vocabulary import Door, ReferralForm
from services.intake.domain import Added, Addition, ArrivalKey, Attachment, KeyKind, key_for, partners_key
from services.intake.operations import add_version_by_referrer, check_repeat
from services.intake.queries import OwnReferral, likeness_key, localities_of, own_referral
from services.intake.web.api.access import Caller
from services.intake.web.api.bodies import check_age, read_body, unambiguous, validated, with_files

WORDS_LIMIT = 20_000
PART = "addition"
ADDED_RECEIPT = "What you added has been received and sent to the teams that have the referral."
PATIENCE_SECONDS = 4.0
"""So long a partner waits for a database that says nothing; what adds has no spool, so the answer is 503."""


class Later(BaseModel):
    """An addition as it is written in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    referral: ReferralForm | None = None
    words: str = Field(default="", max_length=WORDS_LIMIT, pattern=r"^[^\x00]*$")
    immediate_danger: bool = False


@dataclass(frozen=True)
class SentLater:
    """An addition as it was sent, the files beside it, and what a repeat of it must equal."""

    later: Later
    attachments: tuple[Attachment, ...]
    request: bytes


async def read_later(request: Request, today: date) -> SentLater:
    """Return what a request adds; raises Refused with the answer that says what to mend."""
    body, attachments = await read_body(request, PART)
    content = unambiguous(body)
    later = validated(Later, body, content)
    if later.referral is not None:
        check_age(later.referral, today, "/referral")
    return SentLater(later, attachments, with_files(content, attachments))


async def add(runtime: Runtime, caller: Caller, reference: str, sent: SentLater, *, key: str, now: datetime) -> Added:
    """Keep an addition to a partner's own referral and announce it.

    Raises ReferralUnknown, ReferralErased, NothingToAdd, KeyUsedForAnotherRequest, or OutcomeUnknown when the database
    says nothing.
    """
    form = sent.later.referral

    async def added(session: Session) -> Added:
        found = await own_referral(session, caller.partner.id, reference)
        sign = _sign(caller, found, sent, key)
        addition = Addition(
            door=Door.API,
            form=form,
            words=sent.later.words,
            documents=sent.attachments,
            immediate_danger=sent.later.immediate_danger,
            keys=(sign,),
        )
        district = form.person.district if form else found.district
        practice = localities_of(runtime).by_version(found.area, found.area_version, district)
        done = await add_version_by_referrer(
            session, found.referral_id, addition, practice, likeness_key=likeness_key(runtime), now=now
        )
        if done.repeated:
            await check_repeat(session, sign)
        return done

    return await in_time(lambda: settled(runtime.database, caller.actor, added), PATIENCE_SECONDS)


def _sign(caller: Caller, found: OwnReferral, sent: SentLater, key: str) -> ArrivalKey:
    """Return the sign of an addition; a partner's keys stand for one request each, a referral or an addition to one."""
    request = f"{found.reference}|".encode() + sent.request
    if key:
        return partners_key(caller.partner.id, key, request)
    return key_for(KeyKind.DIGEST, f"{caller.partner.id}|".encode() + request, request)
