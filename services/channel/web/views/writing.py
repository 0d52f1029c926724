"""A page of a case on which somebody writes: shown, sent, said what is wrong with, recorded; no word is lost."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from chassis.database import Session
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import queries
from services.channel.domain import ChangedMeanwhile, Command, NotInThisState, NotOffered, NotRecorded
from services.channel.web.forms import CaseForm
from services.channel.web.views.asked import Opened, changes_text, opened, shown

Sent = TypeVar("Sent", bound=CaseForm)
Sentences = tuple[tuple[str, str], ...]
Filled = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Desk:
    """What a page has before it: the case, whatever else it looked up, and what was sent, as it was typed."""

    found: Opened
    values: Mapping[str, Any] = field(default_factory=dict)
    data: FormData = field(default_factory=FormData)


@dataclass(frozen=True)
class Written(Generic[Sent]):
    """A page that records a command: how it looks things up, what it finds wrong, and how it saves.

    `first` is the field beside which a refusal stands that belongs to none; `save` returns what is said then.
    `leads_to` is the route where people go then, and the tab that the page belongs to. What `look` returns goes before
    the title and the refusal that every page has; `filled` is what the fields hold at first.
    """

    title: str
    template: str
    command: Command
    form: type[Sent]
    first: str
    look: Callable[[PageRequest, Session, Opened], Awaitable[Mapping[str, Any]]]
    save: Callable[[PageRequest, Session, Desk, Sent], Awaitable[str]]
    wrong: Callable[[PageRequest, Desk, Sent], Sentences] = lambda *_: ()
    filled: Callable[[Desk], Filled] = lambda _: {}
    leads_to: str = "information"


async def serve(page: PageRequest, sheet: Written[Sent]) -> Response:
    """Show the page, or record what was sent to it."""
    if page.request.method != "POST":
        desk = await _desk(page, sheet, FormData())
        return _show(page, sheet, desk, blank(sheet.filled(desk)))
    data = await page.form()
    desk, form = await _desk(page, sheet, data), parse(sheet.form, data)
    if isinstance(form, FormErrors):
        return _show(page, sheet, desk, form, 422)
    if form.row_version != desk.found.held.row_version:
        return await _changed(page, sheet, data, form.row_version)
    if wrong := sheet.wrong(page, desk, form):
        return _show(page, sheet, desk, refused(data, *wrong, of=sheet.form), 422)
    return await _recorded(page, sheet, desk, form)


async def _recorded(page: PageRequest, sheet: Written[Sent], desk: Desk, form: Sent) -> Response:
    try:
        async with page.transaction() as session:
            said = await sheet.save(page, session, desk, form)
    except NotRecorded as wrong:
        return _show(page, sheet, desk, refused(desk.data, (wrong.field, str(wrong)), of=sheet.form), 422)
    except (NotOffered, NotInThisState) as wrong:
        return _show(page, sheet, desk, refused(desk.data, (sheet.first, str(wrong)), of=sheet.form), 422)
    except ChangedMeanwhile:
        return await _changed(page, sheet, desk.data, form.row_version)
    page.flash(said)
    return page.redirect(sheet.leads_to, reference=desk.found.held.reference)


async def _desk(page: PageRequest, sheet: Written[Sent], data: FormData) -> Desk:
    async with page.transaction() as session:
        found = await opened(page, session, reason=sheet.command.value)
        return Desk(found, await sheet.look(page, session, found), data)


async def _changed(page: PageRequest, sheet: Written[Sent], data: FormData, row_version: int) -> Response:
    desk = await _desk(page, sheet, data)
    async with page.transaction() as session:
        changes = await queries.changes_since(session, desk.found.held.subject, row_version)
    return _show(page, sheet, desk, refused(data), 409, changes=changes_text(changes))


def _show(
    page: PageRequest,
    sheet: Written[Sent],
    desk: Desk,
    form: FormErrors,
    status: int = 200,
    *,
    changes: list[dict[str, object]] | None = None,
) -> Response:
    values: dict[str, object] = {
        "title": sheet.title,
        "form": form,
        "refusal": desk.found.refusal(sheet.command),
        "changes": changes or [],
        "back_to": page.url(sheet.leads_to, reference=desk.found.held.reference),
        **desk.values,
    }
    return shown(page, sheet.template, desk.found, values, status, tab=sheet.leads_to)
