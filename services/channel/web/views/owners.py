"""Who can be given an action: anybody of the panel, its partners, the coordinator, or somebody by name."""

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
    practice = found.practice
    members = [(each.id, f"{each.organisation}: {each.name}") for each in practice.panel.members]
    partners = [(each.id, each.name) for each in practice.partners.values()]
    named = found.held.coordinator
    coordinator = [(COORDINATOR, f"The coordinator: {named}")] if named else []
    return [*members, *partners, *coordinator, (SOMEBODY_ELSE, "Somebody else, named below")]


def actions(data: FormData, found: Opened, now: datetime) -> tuple[tuple[Owing, ...], Wrong]:
    """Return the actions that were typed, and a sentence for everything that one of them lacks."""
    given, wrong = [], []
    today = now.astimezone(LONDON).date()
    for number, by, unread in action_rows(data):
        lacking = _lacks(data, number, by, today) if not unread else [(f"by-{number}", unread)]
        owing = None if lacking else _owing(data, number, by, found)
        if owing is None:
            wrong += lacking or [(f"owner-{number}", "Choose who does it from the list")]
        else:
            given.append(owing)
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


def _owing(data: FormData, number: int, by: date | None, found: Opened) -> Owing | None:
    owner, practice, held = data.get(f"owner-{number}"), found.practice, found.held
    whom = _whom(owner, practice)
    address = ""
    if owner == SOMEBODY_ELSE:
        whom, address = data.get(f"owner_name-{number}").strip(), data.get(f"address-{number}").strip()
    if owner == COORDINATOR:
        whom = held.coordinator
    if not whom or by is None:
        return None
    outside = owner not in (SOMEBODY_ELSE, COORDINATOR)
    return Owing(
        kind=Obligation.ACTION,
        owner=whom,
        message=data.get(f"what-{number}").strip(),
        due_at=practice.close_of(by),
        recipient=owner if outside else "",
        owner_id=held.situation.coordinator_id if owner == COORDINATOR else "",
        address=address,
    )


def _whom(owner: str, practice: Practice) -> str:
    member = next((each for each in practice.panel.members if each.id == owner), None)
    if member is not None:
        return f"{member.organisation}: {member.name}"
    partner = practice.partners.get(owner)
    return partner.name if partner else ""
