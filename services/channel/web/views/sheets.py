"""A page that records something in a case by fields alone: what it asks, and how its answers are kept."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from chassis.database import Session
from chassis.web import PageRequest, Response
from services.channel.domain import Command
from services.channel.operations import Act
from services.channel.web.support_forms import SupportForm
from services.channel.web.views.asked import LABELS, Opened
from services.channel.web.views.writing import Desk, Filled, Written, serve

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

    `refusal` says why nothing can be recorded now; `filled` is what the fields hold at first.
    """

    title: str
    button: str
    fields: tuple[Field, ...]
    lead: str = ""
    told: tuple[tuple[str, str], ...] = ()
    refusal: str = ""
    filled: Filled = field(default_factory=dict)


@dataclass(frozen=True)
class Recording(Generic[SomeForm]):
    """A page of its own: which form it sends, what it asks for a case, how it saves, and what is said then.

    `save` gets the act as the person saw the case, and returns the sentence for the next page; `back` is the route of
    the page that it belongs to and returns to.
    """

    command: Command
    form: type[SomeForm]
    sheet: Callable[[PageRequest, Session, Opened], Awaitable[Sheet]]
    save: Callable[[PageRequest, Session, Opened, tuple[SomeForm, Act]], Awaitable[str]]
    back: str


async def record(page: PageRequest, recording: Recording[SomeForm]) -> Response:
    """Show the page, or save what was sent; what was typed stays when something is missing or somebody was first."""

    async def look(page: PageRequest, session: Session, found: Opened) -> dict[str, object]:
        sheet = await recording.sheet(page, session, found)
        return {**vars(sheet), "fields": [vars(each) for each in sheet.fields]}

    async def save(page: PageRequest, session: Session, desk: Desk, form: SomeForm) -> str:
        act = Act(recording.command, page.now, expected=form.row_version)
        return await recording.save(page, session, desk.found, (form, act))

    page_of = Written(
        title=LABELS[recording.command],
        template="sheet",
        command=recording.command,
        form=recording.form,
        first=next(name for name in recording.form.model_fields if name != "row_version"),
        look=look,
        save=save,
        filled=lambda desk: {} if desk.values["refusal"] else desk.values["filled"],
        leads_to=recording.back,
    )
    return await serve(page, page_of)
