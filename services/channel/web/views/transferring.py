"""A case is offered to another panel, or the offer is called back; and how earlier offers ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from chassis.database import Session
from chassis.web import PageRequest, Response
from services.channel import operations, queries
from services.channel.domain import Command, State, lacks
from services.channel.domain.transferring import ANSWER_LABELS, CHOOSE_PANEL
from services.channel.operations import Act
from services.channel.queries import HandedOver, ReceivedView, TransferView
from services.channel.web.forms import TransferForm
from services.channel.web.views.asked import LABELS, Opened
from services.channel.web.views.writing import Desk, Sentences, Written, serve


@dataclass(frozen=True)
class Looked:
    """A case with its offers to other panels, the offer that it came by, and what would go with it."""

    found: Opened
    transfers: tuple[TransferView, ...]
    received: ReceivedView | None
    handed: HandedOver


async def transfer(page: PageRequest) -> Response:
    """Show what goes with the case and how offers stand; offer it to another panel."""
    return await serve(page, _OFFER)


async def transfer_back(page: PageRequest) -> Response:
    """Ask why an offer is called back, and call it back."""
    return await serve(page, _BACK)


async def _offer(page: PageRequest, session: Session, desk: Desk, form: TransferForm) -> str:
    found, act = desk.found, Act(Command.TRANSFER, page.now, form.record(), form.row_version)
    await operations.offer_transfer(session, found.held.subject, act, found.practice, form.panel)
    owner = found.held.situation.risk_owner
    return f"You have offered the case. {owner} stays risk owner until the other panel has accepted it."


async def _call_back(page: PageRequest, session: Session, desk: Desk, form: TransferForm) -> str:
    act = Act(Command.CALL_BACK, page.now, form.record(), form.row_version)
    await operations.call_back(session, desk.found.held.subject, act, desk.found.practice)
    return "You have called the transfer back."


async def _look(command: Command, _: PageRequest, session: Session, found: Opened) -> Mapping[str, object]:
    looked = Looked(
        found,
        await queries.transfers(session, found.held.subject),
        await queries.received_transfer(session, found.held.subject),
        await queries.handed_over(session, found.held),
    )
    return {
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


def _missing(command: Command, _: PageRequest, desk: Desk, form: TransferForm) -> Sentences:
    """Return a sentence for everything that is missing, by its field; nothing where it cannot be done at all."""
    found = desk.found
    if found.refusal(command):
        return ()
    chosen = command is not Command.TRANSFER or form.panel in found.practice.elsewhere
    lacking = [each for each in lacks(command, found.held.situation.state, form.record()) if each[0] != "officer"]
    return tuple(lacking) if chosen else (("panel", CHOOSE_PANEL), *lacking)


def _way(area: str) -> str:
    return "Finds the case in its own console here." if area else "Is mailed a link that opens with a one-time code."


def _kept_until(looked: Looked) -> object:
    """Return until when a case that was transferred is kept here, nothing while it is this panel's."""
    left = next((each.answered_at for each in looked.transfers if each.answer == "accepted"), None)
    gone = looked.found.held.situation.state is State.TRANSFERRED
    return looked.found.practice.kept_until(left) if gone and left else None


_OFFER, _BACK = (
    Written(
        title=LABELS[command],
        template="transfer",
        command=command,
        form=TransferForm,
        first="reason",
        look=partial(_look, command),
        wrong=partial(_missing, command),
        save=save,
        leads_to="case",
    )
    for command, save in ((Command.TRANSFER, _offer), (Command.CALL_BACK, _call_back))
)
