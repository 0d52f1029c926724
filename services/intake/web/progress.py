"""How far a referral has got, for its referrer: asked for by reference and address, shown behind a mailed link."""

import asyncio
import secrets
import time
from datetime import datetime, timedelta
from uuid import UUID

from chassis import audit
from chassis.web import FormData, PageRequest, Response
from contracts.vocabulary import Door, tidy_reference
from services.intake.domain import Addition, KeyKind, key_for
from services.intake.domain.saved import LinkTo, token_digest
from services.intake.operations import add_version_by_referrer
from services.intake.operations.saving import grant_progress, use_progress_link
from services.intake.queries import likeness_key, localities_of
from services.intake.queries.progress import ToldReferral, progress_link_opens, told_referral
from services.intake.web.form.saving import asked_too_often, note_asking
from services.intake.web.form.steps import marked
from services.intake.web.form.visit import Visit
from services.intake.web.forms import (
    wrong_of,
    wrong_with_address,
    wrong_with_danger,
    wrong_with_reference,
    wrong_with_words,
)

OPEN, TOKEN = "progress", "progress_token"
OPEN_FOR = timedelta(minutes=30)
ANSWERED_AFTER = 0.3
"""Seconds until every answer to a question for a link: how long it took would say whether the two belong together."""
ADDED = marked("What you added has been sent to everybody who has the referral.")


async def progress(request: PageRequest) -> Response:
    """Ask for reference and address, and have a link mailed if they belong together; say the same if not."""
    visit = Visit(request)
    if visit.posted:
        return await _asked(visit, await request.form())
    return visit.render("progress", form=visit.form("progress"))


async def _asked(visit: Visit, sent: FormData) -> Response:
    request = visit.request
    reference, email = tidy_reference(sent.get("reference")), sent.get("email").strip()
    wrong = wrong_of(reference=wrong_with_reference(reference), email=wrong_with_address(email))
    if wrong := wrong or wrong_of(email=asked_too_often(visit)):
        visit.refuse("progress", {"reference": sent.get("reference"), "email": email}, wrong)
        return visit.redirect("progress")
    note_asking(visit)
    base = request.runtime.settings.public_url.rstrip("/") + visit.url("progress")
    since = time.monotonic()
    async with request.transaction() as session:
        await grant_progress(session, reference, LinkTo(email, visit.language, base), now=request.now)
    await asyncio.sleep(since + ANSWERED_AFTER - time.monotonic())
    return visit.redirect("progress_asked")


async def progress_asked(request: PageRequest) -> Response:
    """Say that a link comes if reference and address belong together."""
    return Visit(request).render("progress_asked")


async def progress_link(request: PageRequest) -> Response:
    """Open the page behind a link; only pressing the button uses it up, so that a mail scanner cannot."""
    visit, token = Visit(request), request.path["token"]
    if not visit.posted:
        async with request.transaction() as session:
            opens = await progress_link_opens(session, token, now=request.now)
        if not opens and request.session.get(OPEN, {}).get("link") == token_digest(token).hex():
            return visit.redirect("progress_referral")
        return visit.render("progress_link") if opens else visit.render("progress_gone", status=404)
    async with request.transaction() as session:
        referral_id = await use_progress_link(session, token, now=request.now)
    if referral_id is None:
        return visit.render("progress_gone", status=404)
    request.session.rotate()  # whoever planted this browser's cookie does not come along
    request.session[OPEN] = {
        "referral": str(referral_id),
        "until": (request.now + OPEN_FOR).isoformat(),
        "link": token_digest(token).hex(),
    }
    return visit.redirect("progress_referral")


async def progress_referral(request: PageRequest) -> Response:
    """Show the stages that were told, in plain words, and take in what the referrer adds."""
    visit = Visit(request)
    found = await _opened(visit)
    if found is None:
        return visit.redirect("progress")
    if visit.posted:
        return await _added(visit, found, await request.form())
    request.session.setdefault(TOKEN, secrets.token_urlsafe(24))
    return visit.render(
        "progress_referral",
        form=visit.form("progress_referral"),
        reference=found.reference,
        stages=_stages(visit, found),
        form_token=request.session[TOKEN],
    )


async def _opened(visit: Visit) -> ToldReferral | None:
    request = visit.request
    known = request.session.get(OPEN)
    if not known or datetime.fromisoformat(known["until"]) <= request.now:
        request.session.pop(OPEN, None)
        return None
    async with request.transaction() as session:
        found = await told_referral(session, UUID(known["referral"]))
        if found is not None:
            await audit.record_read(session, subject=found.id, now=request.now, reason="referrer-progress")
    return found


def _stages(visit: Visit, found: ToldReferral) -> list[tuple[str, str]]:
    """Return the day and the area's own sentence for each stage; one that the area no longer tells is left out."""
    area = visit.request.runtime.areas.version(found.area, found.area_version)
    told = ((each, area.telling(each.stage) if area else None) for each in found.stages)
    return [
        (visit.day(each.reached_at), telling.spoken(visit.language)) for each, telling in told if telling is not None
    ]


async def _added(visit: Visit, found: ToldReferral, sent: FormData) -> Response:
    request = visit.request
    words, token, danger = sent.get("words").strip(), sent.get("form_token"), sent.get("immediate_danger")
    if wrong := wrong_of(words=wrong_with_words(words), immediate_danger=wrong_with_danger(danger)):
        visit.refuse("progress_referral", {"words": words, "immediate_danger": danger}, wrong)
        return visit.redirect("progress_referral")
    if token != request.session.get(TOKEN):
        return visit.redirect("progress_referral")
    practice = localities_of(request.runtime).by_version(found.area, found.area_version, found.district)
    addition = Addition(
        door=Door.WEB,
        words=words,
        immediate_danger=danger == "yes",
        keys=(key_for(KeyKind.FORM_TOKEN, token),),
    )
    async with request.transaction() as session:
        key = likeness_key(request.runtime)
        await add_version_by_referrer(session, found.id, addition, practice, likeness_key=key, now=request.now)
    request.session.pop(TOKEN, None)
    visit.forget_refused()
    request.flash(visit.say(ADDED))
    return visit.redirect("progress_referral")
