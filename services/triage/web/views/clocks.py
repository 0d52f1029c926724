"""People change a clock that runs: more time, a pause, and the end of a pause, each with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.database import Session
from chassis.policy import allow
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from chassis.web.clock_pages import clock_values
from services.triage import operations, queries
from services.triage.domain import (
    CLOCK_CHANGES,
    ChangedMeanwhile,
    ClockName,
    ClockNotFound,
    ClockNotRunning,
    Command,
    NotOffered,
    NotRecorded,
    ReferralNotFound,
    Running,
    clock_refusal,
    clock_words,
    permissions,
)
from services.triage.operations import Act
from services.triage.queries import ClockKey
from services.triage.web.forms import OPEN_HINT, ClockForm
from services.triage.web.views.asked import HAPPENED, LABELS, Opened, changes_text, opened, shown

NO_SUCH_CLOCK = "There is no such clock: open the referral and choose one from its list."


@dataclass(frozen=True)
class Chosen:
    """The clock that a page is about, with its referral; `clock` is None where it does not run any more."""

    found: Opened
    command: Command
    key: ClockKey
    clock: Running | None
    owner: str
    now: datetime
    changes: tuple[dict[str, object], ...] = ()

    @property
    def refusal(self) -> str:
        """Return why the clock cannot be changed in this way now, nothing where it can."""
        if self.clock is None:
            return "This clock does not run any more."
        return clock_refusal(self.command, self.clock)


async def change_clock(page: PageRequest) -> Response:
    """Ask for the reason, and until when."""
    async with page.transaction() as session:
        chosen = await _chosen(page, session, page.query)
    if chosen.clock is None:
        raise ClockNotRunning("This clock does not run any more: open the referral again to see which clocks run.")
    return _ask(page, chosen, blank())


async def record_clock(page: PageRequest) -> Response:
    """Change the clock, or show what is missing or what has changed meanwhile."""
    data = await page.form()
    form = parse(ClockForm, data)
    async with page.transaction() as session:
        chosen = await _chosen(page, session, {"clock": data.get("clock"), "about": data.get("about")})
    if isinstance(form, FormErrors):
        return _ask(page, chosen, form, 422)
    if form.row_version != chosen.found.held.row_version:
        return await _changed(page, chosen, refused(data), form.row_version)
    if chosen.refusal:
        return _ask(page, chosen, refused(data), 422)
    try:
        async with page.transaction() as session:
            await _carry_out(session, chosen, form)
    except NotRecorded as wrong:
        return _ask(page, chosen, refused(data, (wrong.field, str(wrong)), of=ClockForm), 422)
    except (ChangedMeanwhile, ClockNotRunning, NotOffered):
        return await _changed(page, chosen, refused(data), form.row_version)
    page.flash(f"{HAPPENED[chosen.command]}: {clock_words(chosen.key.name).lower()}.")
    return page.redirect("referral", reference=chosen.found.held.reference)


async def _chosen(page: PageRequest, session: Session, values: Mapping[str, str]) -> Chosen:
    if page.path["command"] not in CLOCK_CHANGES:
        raise ReferralNotFound("A clock cannot be changed in this way: open the referral and choose what is offered.")
    command = Command(page.path["command"])
    allow(page.actor, command, permissions())
    found = await opened(page, session, reason="clock")
    key = _key(found, values)
    try:
        clock = await queries.running_clock(session, key)
    except ClockNotRunning:
        clock = None
        if not await queries.clock_ever_ran(session, key):
            raise ClockNotFound(NO_SUCH_CLOCK) from None
    return Chosen(found, command, key, clock, await queries.owner_of(session, key), page.now)


def _key(found: Opened, values: Mapping[str, str]) -> ClockKey:
    try:
        return ClockKey(found.held.subject, ClockName(values.get("clock", "")), UUID(values.get("about", "")))
    except ValueError:
        raise ClockNotFound(NO_SUCH_CLOCK) from None


async def _carry_out(session: Session, chosen: Chosen, form: ClockForm) -> None:
    act = Act(chosen.command, chosen.now, form.record(), form.row_version)
    practice = chosen.found.practice
    if chosen.command is Command.EXTEND:
        await operations.extend_clock(session, chosen.key, act, practice, form.until)
    elif chosen.command is Command.PAUSE:
        await operations.pause_clock(session, chosen.key, act, practice)
    else:
        await operations.resume_clock(session, chosen.key, act, practice)


async def _changed(page: PageRequest, before: Chosen, form: FormErrors, seen: int) -> Response:
    async with page.transaction() as session:
        values = {"clock": before.key.name, "about": str(before.key.about)}
        chosen = await _chosen(page, session, values)
        changes = await queries.changes_since(session, chosen.key.subject, seen)
    return _ask(page, replace(chosen, changes=tuple(changes_text(changes))), form, 409)


def _ask(page: PageRequest, chosen: Chosen, form: FormErrors, status: int = 200) -> Response:
    asked = clock_values(chosen.command, chosen.key, chosen.clock, chosen.found.practice, chosen.now)
    values = {
        **asked,
        "title": LABELS[chosen.command],
        "form": form,
        "facts_of_clock": [("Clock", clock_words(chosen.key.name)), ("Of", chosen.owner), *asked["facts_of_clock"]],
        "refusal": chosen.refusal,
        "open_hint": OPEN_HINT,
        "changes": list(chosen.changes),
    }
    return shown(page, "clock", chosen.found, values, status)
