"""The team acts on a case: accept, return, report what was gathered, refer, give back."""

from dataclasses import dataclass, replace

from chassis.policy import allow
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import operations, queries
from services.channel.domain import (
    ACTIONS,
    NEEDS_ANSWERS,
    TABLE,
    CaseNotFound,
    ChangedMeanwhile,
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
from services.channel.queries import TimelineEntry
from services.channel.web.forms import ActionForm
from services.channel.web.views.asked import LABELS, Opened, changes_text, opened, shown
from services.channel.web.views.information import missing_lines

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


@dataclass(frozen=True)
class Asked:
    """How an action page is shown: what was typed, what changed meanwhile, and the HTTP status."""

    form: FormErrors
    changes: tuple[TimelineEntry, ...] = ()
    status: int = 200


async def act(page: PageRequest) -> Response:
    """Ask for what must be recorded with the action."""
    command = _command(page)
    async with page.transaction() as session:
        found = await opened(page, session, reason=f"action-{command}")
    return _show(page, found, command, Asked(blank(_offered(page))))


async def commit(page: PageRequest) -> Response:
    """Carry the action out, or say what is missing; typed words are kept when somebody else was first."""
    command = _command(page)
    data = await page.form()
    form = parse(ActionForm, data)
    async with page.transaction() as session:
        found = await opened(page, session, reason=f"action-{command}")
    if isinstance(form, FormErrors):
        return _show(page, found, command, Asked(form, status=422))
    try:
        if form.row_version == found.held.row_version and (missing := _missing(found, command, form)):
            return _show(page, found, command, Asked(refused(data, *missing), status=422))
        async with page.transaction() as session:
            doing = Act(command, page.now, form.record(), form.row_version)
            await operations.act_on_case(session, found.held.subject, doing, found.practice)
    except (NotRecorded, NotOffered) as wrong:
        field = wrong.field if isinstance(wrong, NotRecorded) else next(iter(_fields(found, command)), "reason")
        return _show(page, found, command, Asked(refused(data, (field, str(wrong))), status=422))
    except ChangedMeanwhile:
        async with page.transaction() as session:
            found = await opened(page, session, reason=f"action-{command}")
            changes = await queries.changes_since(session, found.held.subject, form.row_version)
        return _show(page, found, command, Asked(refused(data), changes, 409))
    page.flash(_done(found, command))
    return page.redirect("case", reference=found.held.reference)


def _offered(page: PageRequest) -> dict[str, str]:
    """Return the reason that another page offers, which named a command and no words."""
    because = page.query.get("because", "")
    return {"reason": REASONS[Command(because)]} if because in REASONS else {}


def _done(found: Opened, command: Command) -> str:
    """Return what is said once it is done, naming the panel where it did not come from the police."""
    panel = found.held.situation.from_panel
    return DONE[command].format(
        owner=found.held.situation.risk_owner,
        giver=f"{panel} has" if panel else "the police have",
        told=f"{panel} is" if panel else "The police have been",
        police_told="" if panel else " The police have been told.",
    )


def _missing(found: Opened, command: Command, form: ActionForm) -> tuple[tuple[str, str], ...]:
    # Accepting makes the signed-in coordinator the risk owner; a name stands in so that only the words are checked.
    record, situation = replace(form.record(), risk_owner="the coordinator"), found.held.situation
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


def _show(page: PageRequest, found: Opened, command: Command, asked: Asked) -> Response:
    fields = _fields(found, command)
    values = {
        "title": LABELS[command],
        "form": asked.form,
        "command": command.value,
        "fields": fields,
        "refusal": found.refusal(command),
        "missing": missing_lines(found.held.missing, page.now) if "missing" in fields else [],
        "seen_by_police": command in SEEN_BY_POLICE,
        "you": page.actor.name,
        "risk_owner": found.held.situation.risk_owner,
        "changes": changes_text(asked.changes),
    }
    return shown(page, "act", found, values, asked.status)
