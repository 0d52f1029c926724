"""A supervisor gives a case to an officer of the team."""

from collections.abc import Mapping

from chassis.database import Session
from chassis.web import PageRequest, Response
from services.channel import operations, queries
from services.channel.domain import Command, Record
from services.channel.operations import Act
from services.channel.queries import Load, OfficerView
from services.channel.web.forms import AllocateForm
from services.channel.web.views.asked import LABELS, Opened
from services.channel.web.views.writing import Desk, Sentences, Written, serve


async def allocate(page: PageRequest) -> Response:
    """Ask who is to have the case, with what each has already, and give it to them."""
    return await serve(page, _ALLOCATE)


async def _officers(page: PageRequest, session: Session, found: Opened) -> Mapping[str, object]:
    officers = await queries.officers(session, found.held.area)
    loads = await queries.caseload(session, page.now)
    return {
        "officers": [(each.id, each.name, _load(loads.get(each.id))) for each in officers],
        "known": {each.id: each for each in officers},
        "coordinator": found.held.coordinator,
        "risk_owner": found.held.situation.risk_owner,
    }


def _load(load: Load | None) -> str:
    return "Has no case at present" if load is None else f"Has {load.number}, {load.overdue} overdue"


def _chosen(desk: Desk, form: AllocateForm) -> OfficerView | None:
    known: Mapping[str, OfficerView] = desk.values["known"]
    return known.get(form.officer)


def _wrong(_: PageRequest, desk: Desk, form: AllocateForm) -> Sentences:
    return () if _chosen(desk, form) else (("officer", "Choose an officer"),)


async def _save(page: PageRequest, session: Session, desk: Desk, form: AllocateForm) -> str:
    to = _chosen(desk, form) or OfficerView("", "")
    said = " ".join(part for part in (f"To {to.name}.", form.reason) if part)
    act = Act(Command.ALLOCATE, page.now, Record(reason=said), form.row_version)
    await operations.allocate(session, desk.found.held.subject, to, act, desk.found.practice)
    return f"The case is {to.name}’s now, and so is its risk."


_ALLOCATE = Written(
    title=LABELS[Command.ALLOCATE],
    template="allocate",
    command=Command.ALLOCATE,
    form=AllocateForm,
    first="officer",
    look=_officers,
    wrong=_wrong,
    save=_save,
    leads_to="case",
)
