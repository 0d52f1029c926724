"""The team acts on a case: accept, return, report what was gathered, refer, give back."""

from dataclasses import replace
from functools import partial

from chassis.database import Session
from chassis.policy import allow
from chassis.web import PageRequest, Response
from services.channel import operations
from services.channel.domain import (
    ACTIONS,
    NEEDS_ANSWERS,
    TABLE,
    CaseNotFound,
    Command,
    NotInThisState,
    NotOffered,
    NotRecorded,
    goes_on_without,
    lacks,
    permissions,
    row_for,
)
from services.channel.domain.consenting import REASONS
from services.channel.operations import Act
from services.channel.web.forms import ActionForm
from services.channel.web.views.asked import LABELS, Opened
from services.channel.web.views.information import missing_lines
from services.channel.web.views.writing import Desk, Sentences, Written, serve

DONE = {
    Command.ACCEPT: (
        "You have accepted the pack. You are named as risk owner; {owner} stays responsible until {giver} recorded it."
    ),
    Command.RETURN: "You have returned the pack. {told} told why.",
    Command.GATHERED: "You have recorded the information gathering as complete.{police_told}",
    Command.REFER: "You have referred the person to the panel.",
    Command.CONFIRM: "You have confirmed that nobody here acts on this pack.",
    Command.GIVE_BACK: "You have given the case back. You remain risk owner until the police have taken it.",
    Command.TAKE: "The case is yours now, and so is its risk.",
    Command.NOTE: "Your note is in the timeline.",
    Command.REOPEN: "The case is open again, and you own its risk. The panel looks at it in its next meeting.",
    Command.END: "The case has ended.",
}
ASKED = {(Command.NOTE, "reason"): "Write the note"}
"""What is asked for in other words than the domain's where a command's field means something else."""
SEEN_BY_POLICE = frozenset({Command.RETURN, Command.GIVE_BACK})
"""The actions whose reason goes to the police."""


async def act(page: PageRequest) -> Response:
    """Ask for what must be recorded with the action, and carry it out."""
    command = _command(page)
    action = Written(
        title=LABELS[command],
        template="act",
        command=command,
        form=ActionForm,
        first="reason",
        look=partial(_look, command),
        wrong=partial(_missing, command),
        save=partial(_save, command),
        filled=lambda _: _offered(page),
        leads_to="case",
    )
    return await serve(page, action)


def _offered(page: PageRequest) -> dict[str, str]:
    """Return the reason that another page offers, which named a command and no words."""
    because = page.query.get("because", "")
    return {"reason": REASONS[Command(because)]} if because in REASONS else {}


async def _look(command: Command, page: PageRequest, _: Session, found: Opened) -> dict[str, object]:
    fields = _fields(found, command)
    return {
        "command": command.value,
        "fields": fields,
        "missing": missing_lines(found.held.missing, page.now) if "missing" in fields else [],
        "seen_by_police": command in SEEN_BY_POLICE,
        "you": page.actor.name,
        "risk_owner": found.held.situation.risk_owner,
    }


async def _save(command: Command, page: PageRequest, session: Session, desk: Desk, form: ActionForm) -> str:
    doing = Act(command, page.now, form.record(), form.row_version)
    try:
        await operations.act_on_case(session, desk.found.held.subject, doing, desk.found.practice)
    except NotOffered as wrong:
        raise NotRecorded(next(iter(desk.values["fields"]), "reason"), str(wrong)) from None
    return _done(desk.found, command)


def _done(found: Opened, command: Command) -> str:
    """Return what is said once it is done, naming the panel where it did not come from the police."""
    panel = found.held.situation.from_panel
    return DONE[command].format(
        owner=found.held.situation.risk_owner,
        giver=f"{panel} has" if panel else "the police have",
        told=f"{panel} is" if panel else "The police have been",
        police_told="" if panel else " The police have been told.",
    )


def _missing(command: Command, _: PageRequest, desk: Desk, form: ActionForm) -> Sentences:
    # Accepting makes the signed-in coordinator the risk owner; a name stands in so that only the words are checked.
    record, situation = replace(form.record(), risk_owner="the coordinator"), desk.found.held.situation
    missing = (*lacks(command, situation.state, record), *goes_on_without(command, situation, record))
    return tuple((name, ASKED.get((command, name), sentence)) for name, sentence in missing)


def _command(page: PageRequest) -> Command:
    if page.path["command"] not in ACTIONS:
        raise CaseNotFound("There is no such action: open the case and choose one that is offered.")
    command = Command(page.path["command"])
    allow(page.actor, command, permissions())
    return command


def _fields(found: Opened, command: Command) -> tuple[str, ...]:
    try:
        recorded = row_for(command, found.held.situation.state).records
    except NotInThisState:
        # Somebody was quicker: what was typed stands in the fields of this command wherever it is possible.
        recorded = tuple(dict.fromkeys(name for row in TABLE if row.command is command for name in row.records))
    without = ("missing",) if command in NEEDS_ANSWERS and found.held.situation.unanswered else ()
    return (*(name for name in recorded if name != "risk_owner"), *without)
