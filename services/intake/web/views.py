"""The public form: one page after the other, a draft on the server, a receipt at the end."""

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from chassis.web import FormData, FormErrors, PageRequest, Response
from contracts.vocabulary import Concerns, Considerations, Door, Person, ReferralForm, Referrer
from services.intake.domain import CAME_IN, LONDON, WORK_THE_DESK, KeyKind, Original, Reading, key_for
from services.intake.queries import likeness_key, localities_of
from services.intake.spool import accept
from services.intake.web import forms
from services.intake.web.forms import SECTIONS

STEPS = (
    ("person", "about_the_person"),
    ("concerns", "your_concerns"),
    ("considerations", "what_has_been_done"),
    ("referrer", "about_you"),
)
TITLES = {
    "person": "About the person",
    "concerns": "Your concerns",
    "considerations": "What has been done",
    "referrer": "About you",
}
NOT_GIVEN = "Not given"
DRAFT, TOKEN, RECEIPT = "referral", "form_token", "receipt"


async def start(request: PageRequest) -> Response:
    """Say first what to do in an emergency and who will see the referral; an officer who has just come in goes on."""
    if request.may(WORK_THE_DESK) and not request.session.get(CAME_IN):
        request.session[CAME_IN] = True
        return request.redirect("unread")
    return request.render("start")


async def about_the_person(request: PageRequest) -> Response:
    """Ask who the referral is about."""
    choices = {
        "genders": forms.GENDERS,
        "areas": localities_of(request.runtime).districts(_today(request)),
    }
    return await _section(request, "person", "about_the_person", choices)


async def your_concerns(request: PageRequest) -> Response:
    """Ask what the concern is, in the referrer's own words."""
    return await _section(request, "concerns", "your_concerns", {"yes_no": forms.YES_NO})


async def what_has_been_done(request: PageRequest) -> Response:
    """Ask who knows, and what has been done."""
    return await _section(request, "considerations", "what_has_been_done", {"known": forms.KNOWN})


async def about_you(request: PageRequest) -> Response:
    """Ask who makes the referral."""
    return await _section(request, "referrer", "about_you", {"sectors": forms.SECTORS, "yes_no": forms.YES_NO})


async def check_answers(request: PageRequest) -> Response:
    """Show every answer with a way to change it."""
    page = _first_unfinished(request)
    if page:
        return request.redirect(page)
    return request.render("check_answers", sections=_summary(request))


async def declaration(request: PageRequest) -> Response:
    """Ask for the declaration, and take the referral in when it is made; a second press finds the same referral."""
    sent = await request.form() if request.request.method == "POST" else FormData()
    token = sent.get("form_token")
    known = request.session.get(RECEIPT, {})
    if token and token == known.get("token"):
        return request.redirect("receipt")
    page = _first_unfinished(request)
    if page:
        return request.redirect(page)
    request.session.setdefault(TOKEN, secrets.token_urlsafe(24))
    if request.request.method == "GET":
        return _declaration(request, FormErrors())
    if sent.get("sharing_acknowledged") != "yes":
        sentence = "Select that you have read who will see this referral"
        return _declaration(request, FormErrors(sent, (("sharing_acknowledged", sentence),)))
    if token != request.session[TOKEN]:
        return request.redirect("check_answers")
    return await _take_in(request, token)


def _declaration(request: PageRequest, form: FormErrors) -> Response:
    status = 422 if form.errors else 200
    return request.render("declaration", status=status, form=form, form_token=request.session[TOKEN])


async def receipt(request: PageRequest) -> Response:
    """Show the reference of the referral that this browser has just sent."""
    known = request.session.get(RECEIPT)
    if not known:
        return request.redirect("start")
    return request.render("receipt", reference=known["reference"], email=known["email"])


async def _section(request: PageRequest, key: str, template: str, choices: Mapping[str, Any]) -> Response:
    section = SECTIONS[key]
    draft: dict[str, dict[str, str]] = request.session.get(DRAFT, {})
    changing = request.query.get("change") == "yes"
    choices = {**choices, "back": request.url("check_answers" if changing else _page_before(key))}
    if request.request.method == "GET":
        return request.render(template, form=forms.shown(section, draft.get(key, {})), **choices)
    typed = section.typed(await request.form())
    found = forms.read_section(section, typed, _today(request))
    if isinstance(found, FormErrors):
        return request.render(template, status=422, form=found, **choices)
    request.session[DRAFT] = draft | {key: typed}
    return request.redirect("check_answers" if changing else _page_after(key))


def _page_before(key: str) -> str:
    place = [step for step, _ in STEPS].index(key)
    return STEPS[place - 1][1] if place else "start"


def _page_after(key: str) -> str:
    keys = [step for step, _ in STEPS]
    place = keys.index(key) + 1
    return STEPS[place][1] if place < len(STEPS) else "check_answers"


def _first_unfinished(request: PageRequest) -> str:
    draft = request.session.get(DRAFT, {})
    today = _today(request)
    return next(
        (page for key, page in STEPS if key not in draft or isinstance(_part(draft, key, today), FormErrors)), ""
    )


def _part(draft: Mapping[str, dict[str, str]], key: str, today: date) -> object:
    return forms.read_section(SECTIONS[key], draft.get(key, {}), today)


async def _take_in(request: PageRequest, token: str) -> Response:
    form = _referral_form(request)
    original = Original(
        door=Door.WEB,
        practice=localities_of(request.runtime).by_district(form.person.district, _today(request)),
        name="referral.json",
        media_type="application/json",
        body=form.model_dump_json().encode(),
        keys=(key_for(KeyKind.FORM_TOKEN, token),),
        reading=Reading.READ,
        form=form,
        likeness_key=likeness_key(request.runtime),
    )
    taken = await accept(request.runtime, original, now=request.now, actor=request.actor)
    request.session.pop(DRAFT, None)
    request.session.pop(TOKEN, None)
    request.session[RECEIPT] = {"token": token, "reference": taken.reference, "email": bool(original.receipt_email)}
    return request.redirect("receipt")


def _referral_form(request: PageRequest) -> ReferralForm:
    draft = request.session.get(DRAFT, {})
    today = _today(request)
    return ReferralForm(
        person=cast("Person", _part(draft, "person", today)),
        concerns=cast("Concerns", _part(draft, "concerns", today)),
        considerations=cast("Considerations", _part(draft, "considerations", today)),
        referrer=cast("Referrer", _part(draft, "referrer", today)),
        sharing_acknowledged=True,
    )


def _summary(request: PageRequest) -> list[dict[str, Any]]:
    draft = request.session.get(DRAFT, {})
    return [
        {
            "title": TITLES[key],
            "change": request.url(page, change="yes"),
            "rows": _rows(request, key, draft.get(key, {})),
        }
        for key, page in STEPS
    ]


def _rows(request: PageRequest, key: str, typed: Mapping[str, str]) -> list[dict[str, str]]:
    return [_row(question, typed, request) for question in SECTIONS[key].questions]


def _row(question: forms.Question, typed: Mapping[str, str], request: PageRequest) -> dict[str, str]:
    if question.kind == "date":
        found = forms.written_date(question, typed, _today(request))
        text = f"{found.day} {found:%B %Y}" if found else ""
    else:
        text = forms.in_words(question, typed.get(question.name, ""))
    return {"label": question.heading, "text": text or NOT_GIVEN, "field": question.fields[0], "what": question.label}


def _today(request: PageRequest) -> date:
    return request.now.astimezone(LONDON).date()
