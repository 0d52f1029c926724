"""Saving a form that is not finished, and going back to it by the link that was mailed."""

import asyncio
import json
from datetime import datetime, timedelta
from uuid import UUID

from chassis import telemetry
from chassis.web import PageRequest, Response
from services.intake.domain.saved import LinkTo, SavedForm, may_ask_again
from services.intake.operations.saving import forget_saved_forms, save_form
from services.intake.queries import localities_of
from services.intake.queries.saved import saved_form
from services.intake.web.form.answers import Draft
from services.intake.web.form.checks import one
from services.intake.web.form.steps import marked
from services.intake.web.form.visit import SAVED, Visit
from services.intake.web.forms import wrong_of, wrong_with_address

FORGET_WITHIN = 4.0
ASKED = "links_asked"
"""What the session keeps of when links were asked for."""
REFERRER_EMAIL = "referrer.email"
TOO_OFTEN = marked("You have asked for several links within an hour. Try again later.")
DELETED = marked("The saved referral has been deleted.")

log = telemetry.logger("intake.web.form.saving")


async def save(request: PageRequest) -> Response:
    """Ask where the link goes, keep the draft, have the link mailed; say the same whatever is known of the address."""
    visit = Visit(request)
    sent = await request.form() if visit.posted else None
    if (sent and not visit.turn_to(sent.get("form_token"))) or not visit.draft.answered:
        return visit.redirect("task_list")
    if sent:
        return await _saved(visit, sent.get("email").strip())
    form = visit.form("save", email=one(visit.draft.typed, REFERRER_EMAIL))
    return visit.render("save", form=form, form_token=visit.form_token, days=request.runtime.clients.saved_form_days)


async def _saved(visit: Visit, email: str) -> Response:
    request = visit.request
    if wrong := wrong_of(email=wrong_with_address(email) or asked_too_often(visit)):
        visit.refuse("save", {"email": email}, wrong)
        return visit.redirect("save")
    expires_at = request.now + timedelta(days=request.runtime.clients.saved_form_days)
    practice = localities_of(request.runtime).by_district(one(visit.draft.typed, "person.district"), visit.today)
    to = LinkTo(email, visit.language, request.runtime.settings.public_url.rstrip("/") + visit.url("saved_forms"))
    draft = json.dumps({**visit.draft.to_keep(), "language": visit.language, "form_token": visit.form_token})
    async with request.transaction() as session:
        saved_id = await save_form(session, draft, to, practice, expires_at=expires_at, now=request.now)
    await forget(visit, "saved again")
    request.session[visit.at(SAVED)] = {"id": str(saved_id), "until": expires_at.isoformat()}
    note_asking(visit)
    return visit.redirect("saved")


def asked_too_often(visit: Visit) -> str:
    """Return what is wrong with asking for another link from this browser now, in English; "" where nothing is."""
    return "" if may_ask_again(_asked(visit), visit.request.now) else TOO_OFTEN


def note_asking(visit: Visit) -> None:
    """Note that this browser has been given a link."""
    visit.session[ASKED] = [each.isoformat() for each in (*_asked(visit)[-10:], visit.request.now)]


def _asked(visit: Visit) -> tuple[datetime, ...]:
    return tuple(datetime.fromisoformat(each) for each in visit.session.get(ASKED, []))


async def saved(request: PageRequest) -> Response:
    """Say that the link is on its way, and until when it works."""
    visit = Visit(request)
    known = request.session.get(visit.at(SAVED))
    if not known:
        return visit.redirect("start")
    return visit.render("saved", until=visit.day(datetime.fromisoformat(known["until"])))


async def saved_forms(request: PageRequest) -> Response:
    """Say what to do with half a link: there is no list of saved forms, for nobody."""
    return Visit(request).render("saved_gone", status=404)


async def saved_link(request: PageRequest) -> Response:
    """Show where a link leads, and open or delete the form behind it; reading a link changes nothing."""
    visit, token = Visit(request), request.path["token"]
    async with request.transaction() as session:
        found = await saved_form(session, token, now=request.now)
    if found is None:
        return visit.render("saved_gone", status=404)
    if not visit.posted:
        until = visit.day(found.expires_at)
        return visit.render("saved_form", until=until, replaces=found.sending in visit.forms)
    if (await request.form()).get("do") == "delete":
        await _delete(visit, found.id, "withdrawn")
        request.flash(visit.say(DELETED))
        return visit.redirect("start")
    return _opened(visit, found)


def _opened(visit: Visit, found: SavedForm) -> Response:
    content = json.loads(found.draft)
    visit.request.session.rotate()  # whoever planted this browser's cookie does not come along
    # The name goes with a saved form: whichever browsers open it send one referral.
    visit.take_up(found.sending, Draft.kept(content))
    visit.speak(content.get("language", visit.language))
    visit.session[visit.at(SAVED)] = {"id": str(found.id), "until": found.expires_at.isoformat()}
    return visit.redirect("task_list")


async def forget(visit: Visit, reason: str) -> None:
    """Delete the form that this draft was saved as, if it was."""
    if known := visit.session.pop(visit.at(SAVED), None):
        await _delete(visit, UUID(known["id"]), reason)


async def _delete(visit: Visit, saved_id: UUID, reason: str) -> None:
    """Delete a saved form, its key first, so that a crash leaves nothing readable."""
    await visit.request.runtime.keys.erase(saved_id)
    async with visit.request.transaction() as session:
        await forget_saved_forms(session, [saved_id], now=visit.request.now, reason=reason)


async def forget_if_possible(visit: Visit, reason: str) -> None:
    """Do so if the databases answer soon; the receipt waits for nothing, and the job does it when the time is over."""
    try:
        async with asyncio.timeout(FORGET_WITHIN):
            await forget(visit, reason)
    except Exception as error:  # noqa: BLE001  the referral is taken in already
        log.warning("A saved form waits for its time to be over.", extra={"facts": {"error": type(error).__name__}})
