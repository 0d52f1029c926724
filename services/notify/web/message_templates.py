"""The templates of mails in their versions and languages, each with what it would say of a sample."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from starlette.responses import Response

from areas import Area
from chassis.clock import LONDON
from chassis.web import PageRequest
from services.notify import operations
from services.notify.clients import Mail
from services.notify.domain import Kind, RecipientKind, TemplateAbsent, carried
from services.notify.operations import SAMPLE_ADDRESS, Claimed, Written
from services.notify.readers import MailTemplate, mail_template, mail_templates
from services.notify.settings import letterhead
from services.notify.web.naming import (
    CARRIED_NAMES,
    KIND_NAMES,
    LANGUAGE_NAMES,
    RECIPIENT_NAMES,
    form_would_go,
    ways_in_words,
)

SENDER = "Throughline <no-reply@throughline.example>"


@dataclass(frozen=True)
class Line:
    """One version of a template in one language, as the list shows it."""

    name: str
    version: int
    language: str
    in_use: bool
    is_machine_drafted: bool
    carries: tuple[str, ...]


@dataclass(frozen=True)
class Kinds:
    """A kind of message: what it is called, whom it goes to, and its templates."""

    name: str
    to: str
    lines: tuple[Line, ...]
    has_welsh: bool


@dataclass(frozen=True)
class Shown:
    """What would be sent at a moment: whereto, in which words, how large; `why_not` where nothing would be."""

    heading: str
    at: datetime
    address: str = ""
    team: str = ""
    subject: str = ""
    body: str = ""
    size: int = 0
    ways: str = ""
    form: str = ""
    why_not: str = ""


async def message_templates(page: PageRequest) -> Response:
    """List every template with its versions, its languages and what it may carry."""
    return page.render("message_templates", kinds=[_kind(kind) for kind in Kind])


async def message_template(page: PageRequest) -> Response:
    """Show one version of a template, and what it would say of a sample, at open hours, out of hours and in danger."""
    template = next((each for each in mail_templates() if each.name == page.path["name"]), None)
    if template is None:
        raise TemplateAbsent
    areas = areas_of(page)
    area = next((each for each in areas if each.area == page.query.get("area")), areas[0])
    return page.render(
        "message_template",
        chosen=template,
        line=_line(template),
        kind=KIND_NAMES[template.kind],
        spoken=LANGUAGE_NAMES[template.language],
        to=RECIPIENT_NAMES[operations.recipient_of(template.kind)],
        area=area,
        areas=[(each.area, each.name) for each in areas],
        shown=samples_of(page, area, template),
    )


def areas_of(page: PageRequest) -> list[Area]:
    """Return the areas in force today that the person works for; all of them for whom no area is named."""
    today = page.now.astimezone(LONDON).date()
    known = [page.runtime.areas.current(name, today) for name in page.runtime.areas.names()]
    return [each for each in known if each.area in page.actor.areas] or known


def samples_of(page: PageRequest, area: Area, template: MailTemplate) -> list[Shown]:
    """Return what a template would say of a sample: once, or for a front door at each time that makes a difference."""
    now = page.now
    if operations.recipient_of(template.kind) is not RecipientKind.FRONT_DOOR:
        urgent = template.kind is Kind.DUTY_PAGED
        return [_sample(page, area, template, "As it would be sent now", now, urgent=urgent)]
    door = area.front_doors[0].id
    opened, closed = operations.when_open(area, door, now), operations.when_closed(area, door, now)
    moments = [
        ("In opening hours", opened, False),
        ("In opening hours, immediate danger", opened, True),
        ("Out of hours", closed, False),
        ("Out of hours, immediate danger", closed, True),
    ]
    return [
        _sample(page, area, template, heading, at, urgent=urgent) for heading, at, urgent in moments if at is not None
    ]


def _sample(
    page: PageRequest, area: Area, template: MailTemplate, heading: str, at: datetime, *, urgent: bool
) -> Shown:
    claimed = operations.sample(area, template.kind, template.language, at, urgent=urgent)
    if claimed is None:
        return Shown(heading, at, why_not="The area’s file names nobody who would be sent this.")
    address, team = operations.address_of(area, claimed, at)
    said = operations.written(letterhead(page.runtime.settings, page.runtime.secrets), area, claimed, at, template)
    if said is None:
        return Shown(heading, at, why_not="The area’s file says that this is not told.")
    said = replace(said, kept=said.kept.replace(operations.LINK_IN_THE_MAIL, "https://sample.example/a-link"))
    return shown_of(area, claimed, said, (heading, at), (address or SAMPLE_ADDRESS, team))


def shown_of(area: Area, claimed: Claimed, said: Written, when: tuple[str, datetime], to: tuple[str, str]) -> Shown:
    """Return what would be sent, by which ways and with the size that it would have as a mail; nothing of it leaves."""
    (heading, at), (address, team) = when, to
    mail = Mail(claimed.message_id, SENDER, address, said.text.subject, said.text.body, at)
    ways = ways_in_words(operations.ways_of(area, operations.addressee_of(claimed), at))
    return Shown(
        heading, at, address, team, said.text.subject, said.kept, len(mail.wire), ways, _form(area, claimed, to)
    )


def _form(area: Area, claimed: Claimed, to: tuple[str, str]) -> str:
    """Return in words whether the form would go with it; "" for what never has one."""
    if not operations.may_have_form(claimed):
        return ""
    return form_would_go(operations.form_stays(area, claimed, to[0]), to[0], area.version)


@cache
def _kind(kind: Kind) -> Kinds:
    lines = tuple(_line(each) for each in mail_templates() if each.kind is kind)
    to = RECIPIENT_NAMES[operations.recipient_of(kind)]
    return Kinds(KIND_NAMES[kind], to, lines, any(each.language == "cy" for each in lines))


def _line(template: MailTemplate) -> Line:
    return Line(
        template.name,
        template.version,
        LANGUAGE_NAMES[template.language],
        mail_template(template.kind, template.language) == template,
        template.is_machine_drafted,
        tuple(CARRIED_NAMES[each] for each in carried(template.text)),
    )
