"""The public form: a task list, one question after the other, a check, a declaration, and a receipt."""

import secrets
from dataclasses import replace
from typing import Any

from chassis.sessions import Limits
from chassis.web import FormData, PageRequest, Response
from contracts.vocabulary import Door
from services.intake.domain import (
    CAME_IN,
    WORK_THE_DESK,
    KeyUsedForAnotherRequest,
    Original,
    Reading,
    ReferralUnknown,
)
from services.intake.domain.saved import sending_key
from services.intake.queries import likeness_key, localities_of
from services.intake.spool import accept, waits
from services.intake.web.form import answers, fields, referral_form, saving, summary
from services.intake.web.form.copies import RECEIPT
from services.intake.web.form.limits import DANGER, seconds_to_wait
from services.intake.web.form.steps import STEP, Step, marked, section_of, steps_of
from services.intake.web.form.visit import Visit

NOT_DECLARED = marked("Select that you have read who will see this referral")
CHANGING = "yes"
SHORTEST_WAIT = 5
"""Seconds: nobody is told to wait a second."""
KEPT_MINUTES = int(Limits().idle.total_seconds()) // 60
"""So long a browser that does nothing keeps its draft."""


async def start(request: PageRequest) -> Response:
    """Say first what to do in an emergency and who will see the referral; an officer who has just come in goes on."""
    if request.may(WORK_THE_DESK) and not request.session.get(CAME_IN):
        request.session[CAME_IN] = True
        return request.redirect("unread")
    return Visit(request).render("start")


async def task_list(request: PageRequest) -> Response:
    """List the parts of the referral, how far each has got, and the way on."""
    visit = Visit(request)
    known = {} if visit.draft.answered else request.session.get(RECEIPT, {})
    return visit.render(
        "task_list",
        groups=summary.tasks(visit),
        on=summary.way_on(visit),
        sent=known.get("reference", ""),
        others=summary.others(visit),
        minutes=KEPT_MINUTES,
    )


async def go_on(request: PageRequest) -> Response:
    """Go on with another of the referrals that this browser has begun."""
    visit = Visit(request)
    visit.turn_to((await request.form()).get("form_token"))
    return visit.redirect("task_list")


async def question(request: PageRequest) -> Response:
    """Ask one thing, and keep the answer."""
    visit, step = Visit(request), _step(request)
    if visit.posted:
        return _answered(visit, step, await request.form())
    refused = visit.refused(step.key)
    typed = visit.draft.of(step) if refused is None else refused
    errors = () if not visit.fresh else answers.read(step, typed, visit.today, visit.say).errors
    page = fields.page(step, typed, errors, visit.say, more=request.query.get("more") == "yes")
    return visit.render(
        "question",
        step=step,
        section=section_of(step),
        page=page,
        form=page.errors,
        back=_back(visit, step),
        form_token=visit.form_token,
        areas=localities_of(request.runtime).districts(visit.today),
    )


def _step(request: PageRequest) -> Step:
    found = STEP.get(request.path["step"])
    if found is None:
        raise ReferralUnknown("The form has no such page: go back to the start and choose a part of the referral.")
    return found


def _answered(visit: Visit, step: Step, sent: FormData) -> Response:
    """Keep a page and go on; one that must be mended, or gets another entry, is shown again by GET."""
    visit.turn_to_or_begin(sent.get("form_token"))
    typed, wish = answers.typed_on(step, sent), sent.get("do")
    again = {"step": step.key} | ({"change": CHANGING} if _changes(visit) else {})
    if wish.startswith("remove-"):
        visit.keep(visit.draft.adding(step, answers.without(step, typed, wish.removeprefix("remove-"))))
        return visit.redirect("question", **again)
    if answers.read(step, typed, visit.today, visit.say).errors:
        visit.refuse(step.key, typed)
        return visit.redirect("question", **again)
    visit.keep(visit.draft.adding(step, typed))
    if wish == "add":
        return visit.redirect("question", **again, more="yes")
    return _on(visit, step)


def _on(visit: Visit, step: Step) -> Response:
    """Lead to what follows a page: advice first where somebody is in danger."""
    if step.key == "danger" and visit.draft.typed.get(DANGER) == "yes":
        return visit.redirect("call_999", **({"change": CHANGING} if _changes(visit) else {}))
    if _changes(visit):
        return visit.redirect("check_answers")
    steps = steps_of(step.section)
    place = steps.index(step) + 1
    return visit.redirect("question", step=steps[place].key) if place < len(steps) else visit.redirect("task_list")


def _changes(visit: Visit) -> bool:
    return visit.request.query.get("change") == CHANGING


def _back(visit: Visit, step: Step) -> str:
    if _changes(visit):
        return visit.url("check_answers")
    steps = steps_of(step.section)
    place = steps.index(step)
    return visit.url("question", step=steps[place - 1].key) if place else visit.url("task_list")


async def call_999(request: PageRequest) -> Response:
    """Say what to do now to somebody who has told of immediate danger."""
    visit = Visit(request)
    return visit.render("call_999", on=visit.url("check_answers" if _changes(visit) else "task_list"))


async def check_answers(request: PageRequest) -> Response:
    """Show every answer with a way to change it."""
    visit = Visit(request)
    wanting = visit.draft.unfinished(visit.today)
    if wanting:
        return _to(visit, wanting)
    return visit.render("check_answers", sections=summary.sections(visit))


def _to(visit: Visit, wanting: Step) -> Response:
    """Lead to the page without which the referral cannot be sent: the list of its parts, where nothing was begun."""
    return visit.redirect("question", step=wanting.key) if visit.draft.answered else visit.redirect("task_list")


async def declaration(request: PageRequest) -> Response:
    """Ask for the declaration, and take the referral in when it is made; a second press finds the same referral."""
    visit = Visit(request)
    sent = await request.form() if visit.posted else FormData()
    token = sent.get("form_token")
    known = request.session.get(RECEIPT, {})
    if token and token == known.get("token"):
        return visit.redirect("receipt")
    if visit.posted and not visit.turn_to(token):
        return visit.redirect("check_answers")
    wanting = visit.draft.unfinished(visit.today)
    if wanting:
        return _to(visit, wanting)
    if not visit.posted:
        return visit.render("declaration", form=visit.form("declaration"), form_token=visit.form_token)
    if sent.get("sharing_acknowledged") != "yes":
        visit.refuse("declaration", {}, {"sharing_acknowledged": NOT_DECLARED})
        return visit.redirect("declaration")
    wait = seconds_to_wait(visit)
    return _make_wait(visit, token, max(wait, SHORTEST_WAIT)) if wait else await _take_in(visit, token)


def _make_wait(visit: Visit, token: str, seconds: int) -> Response:
    """Say how long to wait; the page sends the same again, with the declaration that was made."""
    response = visit.render("too_many", status=429, seconds=seconds, form_token=token)
    response.headers["retry-after"] = str(seconds)
    return response


async def _take_in(visit: Visit, token: str) -> Response:
    request = visit.request
    original = _original(visit, token)
    try:
        taken = await accept(request.runtime, original, now=request.now, actor=request.actor)
    except KeyUsedForAnotherRequest:
        # Saved, sent elsewhere, and gone on with here: these are other words, and not for us to throw away.
        own = (sending_key(secrets.token_urlsafe(24), original.body),)
        taken = await accept(request.runtime, replace(original, keys=own), now=request.now, actor=request.actor)
    kept: dict[str, Any] = {"token": token, "reference": taken.reference, "email": bool(original.receipt_email)}
    request.session[RECEIPT] = kept | {
        "draft": visit.draft.to_keep(),
        "sent_on": visit.today.isoformat(),
        "language": visit.language,
    }
    await saving.forget_if_possible(visit, "sent")
    visit.end()
    return visit.redirect("receipt")


def _original(visit: Visit, token: str) -> Original:
    form = referral_form(visit.draft, visit.today, visit.language)
    body = form.model_dump_json().encode()
    return Original(
        door=Door.WEB,
        practice=localities_of(visit.request.runtime).by_district(form.person.district, visit.today),
        name="referral.json",
        media_type="application/json",
        body=body,
        keys=(sending_key(token, body),),
        reading=Reading.READ,
        form=form,
        likeness_key=likeness_key(visit.request.runtime),
    )


async def receipt(request: PageRequest) -> Response:
    """Show the reference of the referral that this browser has just sent."""
    visit, known = Visit(request), request.session.get(RECEIPT)
    if not known:
        return visit.redirect("start")
    waiting = waits(request.runtime, known["reference"])
    shown = {"reference": known["reference"], "email": known["email"], "copy": "draft" in known}
    return visit.render("receipt", waiting=waiting, **shown)


async def copy(request: PageRequest) -> Response:
    """Show what this browser has just sent, to be printed; nothing of it comes from the database."""
    visit, known = Visit(request), request.session.get(RECEIPT)
    if not known or "draft" not in known:
        return visit.redirect("start")
    sent = summary.sent(visit, known)
    return visit.render("copy", reference=known["reference"], sections=sent.sections, sent_on=sent.day)
