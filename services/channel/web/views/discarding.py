"""A supervisor discards what somebody else has begun on a case: the draft of an officer who left, say."""

from collections.abc import Mapping

from chassis.assessing import DraftNotFound
from chassis.database import Session
from chassis.web import PageRequest, Response
from services.channel.domain import HAPPENED, Command, Record
from services.channel.operations import Act
from services.channel.operations.allocating import discard_of_another
from services.channel.queries.console import LeftLine, begun_by_others
from services.channel.web.forms import DiscardForm
from services.channel.web.views.asked import LABELS, Opened
from services.channel.web.views.work import PAGES
from services.channel.web.views.writing import Desk, Sentences, Written, serve


async def left_by_others(page: PageRequest, session: Session, found: Opened) -> list[dict[str, object]]:
    """Return what others have begun and this person may discard, for the page of the case."""
    if found.refusal(Command.DISCARD):
        return []
    lines = await begun_by_others(session, found.held.subject)
    return [_shown(page, found, each) for each in lines]


async def discard_begun(page: PageRequest) -> Response:
    """Ask why, and drop it; the history says whose it was and what it was to become, not its words."""
    return await serve(page, _DISCARD)


def _label(found: Opened, line: LeftLine) -> str:
    """Return what a draft was to become, as lists say it."""
    if line.instrument:
        instrument = found.practice.instruments.get(line.instrument)
        return f"Assessment with {instrument.name if instrument else line.instrument}"
    return LABELS.get(line.command) or PAGES.get(line.command, "A page")


def _shown(page: PageRequest, found: Opened, line: LeftLine) -> dict[str, object]:
    address = page.url("discard_begun", reference=found.held.reference, draft=line.id)
    return {"label": _label(found, line), "by": line.by, "saved_at": line.saved_at, "href": address}


async def _look(page: PageRequest, session: Session, found: Opened) -> Mapping[str, object]:
    lines = await begun_by_others(session, found.held.subject)
    line = next((each for each in lines if str(each.id) == page.path["draft"]), None)
    if line is None:
        raise DraftNotFound("Nothing of that is begun here any more: open the case to see what is.")
    return {"line": _shown(page, found, line), "draft_id": line.id}


def _wrong(_: PageRequest, __: Desk, form: DiscardForm) -> Sentences:
    return () if form.reason else (("reason", "Enter why it is discarded"),)


async def _save(page: PageRequest, session: Session, desk: Desk, form: DiscardForm) -> str:
    line = desk.values["line"]
    words = f"{line['label']}, begun by {line['by']}: {form.reason}"
    act = Act(Command.DISCARD, page.now, Record(reason=words), form.row_version)
    await discard_of_another(session, desk.found.held.subject, desk.values["draft_id"], act, desk.found.practice)
    return f"{HAPPENED[Command.DISCARD]}."


_DISCARD = Written(
    title=LABELS[Command.DISCARD],
    template="discard_begun",
    command=Command.DISCARD,
    form=DiscardForm,
    first="reason",
    look=_look,
    wrong=_wrong,
    save=_save,
    leads_to="case",
)
