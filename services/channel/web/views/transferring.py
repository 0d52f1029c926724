"""A case is offered to another panel, or the offer is called back; and how earlier offers ended."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chassis.database import Session
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import operations, queries
from services.channel.domain import ChangedMeanwhile, Command, NotInThisState, NotOffered, NotRecorded, State, lacks
from services.channel.domain.transferring import ANSWER_LABELS, CHOOSE_PANEL
from services.channel.operations import Act
from services.channel.queries import HandedOver, ReceivedView, TimelineEntry, TransferView
from services.channel.web.forms import TransferForm
from services.channel.web.views.asked import LABELS, Opened, changes_text, opened, shown

Save = Callable[[Session, Opened, Act, TransferForm], Awaitable[None]]


@dataclass(frozen=True)
class Looked:
    """A case with its offers to other panels, the offer that it came by, and what would go with it."""

    found: Opened
    transfers: tuple[TransferView, ...]
    received: ReceivedView | None
    handed: HandedOver


@dataclass(frozen=True)
class Asked:
    """How the page is shown: what was typed, what changed meanwhile, and the HTTP status."""

    form: FormErrors
    changes: tuple[TimelineEntry, ...] = ()
    status: int = 200


async def transfer(page: PageRequest) -> Response:
    """Show what goes with the case and how offers stand; offer it to another panel."""
    if page.request.method == "GET":
        return _show(page, Command.TRANSFER, await _look(page, Command.TRANSFER), Asked(blank()))
    said = "You have offered the case. {owner} stays risk owner until the other panel has accepted it."
    return await _commit(page, Command.TRANSFER, _offer, said)


async def transfer_back(page: PageRequest) -> Response:
    """Ask why an offer is called back, and call it back."""
    if page.request.method == "GET":
        return _show(page, Command.CALL_BACK, await _look(page, Command.CALL_BACK), Asked(blank()))
    return await _commit(page, Command.CALL_BACK, _call_back, "You have called the transfer back.")


async def _offer(session: Session, found: Opened, act: Act, form: TransferForm) -> None:
    await operations.offer_transfer(session, found.held.subject, act, found.practice, form.panel)


async def _call_back(session: Session, found: Opened, act: Act, _: TransferForm) -> None:
    await operations.call_back(session, found.held.subject, act, found.practice)


async def _look(page: PageRequest, command: Command) -> Looked:
    async with page.transaction() as session:
        found = await opened(page, session, reason=f"action-{command}")
        return Looked(
            found,
            await queries.transfers(session, found.held.subject),
            await queries.received_transfer(session, found.held.subject),
            await queries.handed_over(session, found.held),
        )


async def _commit(page: PageRequest, command: Command, save: Save, said: str) -> Response:
    data = await page.form()
    form = parse(TransferForm, data)
    looked = await _look(page, command)
    if isinstance(form, FormErrors):
        return _show(page, command, looked, Asked(form, status=422))
    found, act = looked.found, Act(command, page.now, form.record(), form.row_version)
    if form.row_version == found.held.row_version and (missing := _missing(found, command, form)):
        return _show(page, command, looked, Asked(refused(data, *missing), status=422))
    try:
        async with page.transaction() as session:
            await save(session, found, act, form)
    except (NotRecorded, NotOffered, NotInThisState) as wrong:
        return _show(page, command, looked, Asked(refused(data, (_field(wrong), str(wrong))), status=422))
    except ChangedMeanwhile:
        return await _changed(page, command, data, form.row_version)
    page.flash(said.format(owner=found.held.situation.risk_owner))
    return page.redirect("case", reference=found.held.reference)


def _missing(found: Opened, command: Command, form: TransferForm) -> list[tuple[str, str]]:
    """Return a sentence for everything that is missing, by its field; nothing where it cannot be done at all."""
    if found.refusal(command):
        return []
    chosen = command is not Command.TRANSFER or form.panel in found.practice.elsewhere
    lacking = [each for each in lacks(command, found.held.situation.state, form.record()) if each[0] != "officer"]
    return lacking if chosen else [("panel", CHOOSE_PANEL), *lacking]


def _field(wrong: Exception) -> str:
    name = wrong.field if isinstance(wrong, NotRecorded) else "reason"
    return "panel" if name == "officer" else name


async def _changed(page: PageRequest, command: Command, data: FormData, seen: int) -> Response:
    looked = await _look(page, command)
    async with page.transaction() as session:
        changes = await queries.changes_since(session, looked.found.held.subject, seen)
    return _show(page, command, looked, Asked(refused(data), changes, 409))


def _show(page: PageRequest, command: Command, looked: Looked, asked: Asked) -> Response:
    found = looked.found
    values = {
        "title": LABELS[command],
        "form": asked.form,
        "changes": changes_text(asked.changes),
        "refusal": found.refusal(command),
        "back_again": command is Command.CALL_BACK,
        "waits": found.held.situation.state is State.TRANSFER_OFFERED,
        "offered_to": found.held.situation.offered_to,
        "risk_owner": found.held.situation.risk_owner,
        "panels": [(each.id, each.name, _way(each.area)) for each in found.practice.elsewhere.values()],
        "received": looked.received,
        "transfers": [
            {**vars(each), "ended": ANSWER_LABELS[each.answer] if each.answer else ""} for each in looked.transfers
        ],
        "kept_until": _kept_until(looked),
        "handed": looked.handed,
    }
    return shown(page, "transfer", found, values, asked.status)


def _way(area: str) -> str:
    return "Finds the case in its own console here." if area else "Is mailed a link that opens with a one-time code."


def _kept_until(looked: Looked) -> object:
    """Return until when a case that was transferred is kept here, nothing while it is this panel's."""
    left = next((each.answered_at for each in looked.transfers if each.answer == "accepted"), None)
    gone = looked.found.held.situation.state is State.TRANSFERRED
    return looked.found.practice.kept_until(left) if gone and left else None
