"""One page that records something in a case: what it asks, and how its answers are kept, refused or overtaken."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from chassis.database import Session
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import queries
from services.channel.domain import ChangedMeanwhile, Command, NotInThisState, NotOffered, NotRecorded
from services.channel.operations import Act
from services.channel.queries import TimelineEntry
from services.channel.web.support_forms import SupportForm
from services.channel.web.views.asked import Opened, changes_text, opened, shown

SomeForm = TypeVar("SomeForm", bound=SupportForm)


@dataclass(frozen=True)
class Field:
    """One field: its kind is line, words, number, date, choice, several or select; `items` are what can be chosen."""

    name: str
    kind: str
    label: str
    hint: str = ""
    items: Sequence[tuple[str, ...]] = ()


@dataclass(frozen=True)
class Sheet:
    """What a page asks, with what it says above: `told` as a list of facts, `lead` as a sentence.

    `refusal` says why nothing can be recorded now; `filled` is what the fields hold at first, `back` the route of the
    page that it belongs to and returns to.
    """

    title: str
    button: str
    fields: tuple[Field, ...]
    back: str
    lead: str = ""
    told: tuple[tuple[str, str], ...] = ()
    refusal: str = ""
    filled: dict[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recording(Generic[SomeForm]):
    """A page of its own: which form it sends, what it asks for a case, how it saves, and what is said then.

    `save` gets the act as the person saw the case, and returns the sentence for the next page.
    """

    command: Command
    form: type[SomeForm]
    sheet: Callable[[PageRequest, Session, Opened], Awaitable[Sheet]]
    save: Callable[[PageRequest, Session, Opened, tuple[SomeForm, Act]], Awaitable[str]]


async def record(page: PageRequest, recording: Recording[SomeForm]) -> Response:
    """Show the page, or save what was sent; what was typed stays when something is missing or somebody was first."""
    found, sheet = await _look(page, recording)
    if page.request.method != "POST":
        return _show(page, found, sheet, blank({} if sheet.refusal else sheet.filled))
    data = await page.form()
    form = parse(recording.form, data)
    if isinstance(form, FormErrors):
        return _show(page, found, sheet, form, 422)
    act = Act(recording.command, page.now, expected=form.row_version)
    try:
        async with page.transaction() as session:
            said = await recording.save(page, session, found, (form, act))
    except (NotRecorded, NotOffered, NotInThisState) as wrong:
        name = wrong.field if isinstance(wrong, NotRecorded) else sheet.fields[0].name
        return _show(page, found, sheet, refused(data, (name, str(wrong))), 422)
    except ChangedMeanwhile:
        return await _changed(page, recording, data, form.row_version)
    page.flash(said)
    return page.redirect(sheet.back, reference=found.held.reference)


async def _look(page: PageRequest, recording: Recording[SomeForm]) -> tuple[Opened, Sheet]:
    async with page.transaction() as session:
        found = await opened(page, session, reason=f"action-{recording.command}")
        return found, await recording.sheet(page, session, found)


async def _changed(page: PageRequest, recording: Recording[SomeForm], data: FormData, row_version: int) -> Response:
    found, sheet = await _look(page, recording)
    async with page.transaction() as session:
        changes = await queries.changes_since(session, found.held.subject, row_version)
    return _show(page, found, sheet, refused(data), 409, changes)


def _show(
    page: PageRequest,
    found: Opened,
    sheet: Sheet,
    form: FormErrors,
    status: int = 200,
    changes: tuple[TimelineEntry, ...] = (),
) -> Response:
    values = {
        "title": sheet.title,
        "button": sheet.button,
        "lead": sheet.lead,
        "told": sheet.told,
        "fields": [vars(each) for each in sheet.fields],
        "refusal": sheet.refusal,
        "back": page.url(sheet.back, reference=found.held.reference),
        "form": form,
        "changes": changes_text(changes),
    }
    return shown(page, "sheet", found, values, status, tab=sheet.back)
