"""Who can be given an action: anybody whom the area file names, the coordinator, or somebody by name."""

from dataclasses import replace
from datetime import date, datetime

from chassis.web import FormData
from contracts.vocabulary.days import LONDON
from services.channel.domain import Obligation, Practice, is_mail_address
from services.channel.operations import Owing
from services.channel.web.forms import LONGEST_LINE, too_long
from services.channel.web.room_forms import action_rows
from services.channel.web.views.asked import Opened

COORDINATOR = "-coordinator"
SOMEBODY_ELSE = "-somebody-else"
Wrong = tuple[tuple[str, str], ...]


def owners(found: Opened) -> list[tuple[str, str]]:
    """Return whom an action can be given to, each as a value and a label: every agency alike, the coordinator last."""
    practice, named = found.practice, found.held.coordinator
    called = _called(practice)
    coordinator = [(COORDINATOR, f"The coordinator: {named}")] if named else []
    listed = [(each, called[each]) for each in practice.choosable()]
    return [*listed, *coordinator, (SOMEBODY_ELSE, "Somebody else, named below")]


def _called(practice: Practice) -> dict[str, str]:
    """Return how a meeting calls everybody in the area file: by the agency first."""
    return practice.bodies() | {each.id: f"{each.organisation}: {each.name}" for each in practice.panel.members}


def actions(data: FormData, found: Opened, now: datetime) -> tuple[tuple[Owing, ...], Wrong]:
    """Return the actions that were typed, and a sentence for everything that one of them lacks."""
    given, wrong = [], []
    today = now.astimezone(LONDON).date()
    for number, by, unread in action_rows(data):
        lacking = [(f"by-{number}", unread)] if unread else _lacks(data, number, by, today)
        if lacking or by is None:
            wrong += lacking
            continue
        owing = _owing(data, number, by, found)
        if owing.owner:
            given.append(owing)
        else:
            wrong.append((f"owner-{number}", "Choose who does it from the list"))
    return tuple(given), tuple(wrong)


def _lacks(data: FormData, number: int, by: date | None, today: date) -> list[tuple[str, str]]:
    wrong = []
    owner = data.get(f"owner-{number}")
    if not owner:
        wrong.append((f"owner-{number}", f"Choose who does action {number + 1}: nobody is filled in"))
    if owner == SOMEBODY_ELSE and not data.get(f"owner_name-{number}").strip():
        wrong.append((f"owner_name-{number}", f"Enter the name of who does action {number + 1}"))
    address = data.get(f"address-{number}").strip()
    if owner == SOMEBODY_ELSE and address and not is_mail_address(address):
        wrong.append((f"address-{number}", f"Enter an email address like office@school.example in action {number + 1}"))
    if not data.get(f"what-{number}").strip():
        wrong.append((f"what-{number}", f"Enter what is to be done in action {number + 1}"))
    wrong += too_long(data, {f"what-{number}": f"What is to be done in action {number + 1}"})
    typed = {f"owner_name-{number}": "The name", f"address-{number}": "The email address"}
    wrong += too_long(data, {name: f"{label} in action {number + 1}" for name, label in typed.items()}, LONGEST_LINE)
    if by is None:
        wrong.append((f"by-{number}", f"Enter the date by which action {number + 1} is done"))
    elif by < today:
        wrong.append((f"by-{number}", f"The date of action {number + 1} must be today or later"))
    return wrong


def _owing(data: FormData, number: int, by: date, found: Opened) -> Owing:
    """Return one action; nobody owns it where somebody was chosen who is not to be chosen."""
    owner, practice, held = data.get(f"owner-{number}"), found.practice, found.held
    owing = Owing(Obligation.ACTION, "", data.get(f"what-{number}").strip(), practice.close_of(by))
    if owner == COORDINATOR:
        return replace(owing, owner=held.coordinator, owner_id=held.situation.coordinator_id)
    if owner == SOMEBODY_ELSE:
        typed = data.get(f"owner_name-{number}").strip()
        return replace(owing, owner=typed, address=data.get(f"address-{number}").strip())
    return replace(owing, owner=_called(practice).get(owner, ""), recipient=owner)
