"""People change a clock of a case that runs: more time, a pause, and the end of a pause, each with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Session
from chassis.deadlines import Change, Running, Wanted, clock_refusal, clock_words, lacking
from chassis.policy import allow
from chassis.ticking import ClockKey
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from chassis.web.clock_pages import clock_values
from services.channel import operations, queries
from services.channel.domain import (
    HAPPENED,
    CaseNotFound,
    ChangedMeanwhile,
    ClockName,
    ClockNotFound,
    ClockNotRunning,
    Command,
    NotOffered,
    NotRecorded,
    permissions,
)
from services.channel.operations import Act
from services.channel.web.forms import ClockForm
from services.channel.web.views.asked import LABELS, Opened, changes_text, opened, shown

NO_SUCH_CLOCK = "There is no such clock: open the case and choose one from its list."


@dataclass(frozen=True)
class Chosen:
    """The clock that a page is about, with its case; `clock` is None where it does not run any more."""

    found: Opened
    command: Command
    key: ClockKey
    clock: Running | None
    owner: str

    @property
    def refusal(self) -> str:
        """Return why the clock cannot be changed in this way now, nothing where it can."""
        if self.clock is None:
            return "This clock does not run any more."
        return clock_refusal(self.command, self.clock)

    def lacks(self, wanted: Wanted, now: datetime) -> tuple[tuple[str, str], ...]:
        """Return what is missing of what somebody wants, all of it at once; nothing where it cannot be done at all."""
        if self.clock is None or self.refusal:
            return ()
        return lacking(wanted, self.clock, self.found.practice, now)


async def change_clock(page: PageRequest) -> Response:
    """Ask for the reason, and until when."""
    async with page.transaction() as session:
        chosen = await _chosen(page, session, page.query)
    if chosen.clock is None:
        raise ClockNotRunning("This clock does not run any more: open the case again to see which clocks run.")
    return _ask(page, chosen, blank())


async def record_clock(page: PageRequest) -> Response:
    """Change the clock, or show what is missing or what has changed meanwhile."""
    data = await page.form()
    form = parse(ClockForm, data)
    async with page.transaction() as session:
        chosen = await _chosen(page, session, {"clock": data.get("clock"), "about": data.get("about")})
    if isinstance(form, FormErrors):
        return _ask(page, chosen, form, 422)
    wanted = Wanted(chosen.command, form.until, form.reason, form.rationale)
    if form.row_version == chosen.found.held.row_version and (missing := chosen.lacks(wanted, page.now)):
        return _ask(page, chosen, refused(data, *missing, of=ClockForm), 422)
    try:
        async with page.transaction() as session:
            act = Act(chosen.command, page.now, expected=form.row_version)
            await operations.change_clock(session, chosen.key, act, wanted, chosen.found.practice)
    except NotRecorded as wrong:
        return _ask(page, chosen, refused(data, (wrong.field, str(wrong)), of=ClockForm), 422)
    except (ChangedMeanwhile, ClockNotRunning, NotOffered):
        return await _changed(page, chosen, refused(data), form.row_version)
    page.flash(f"{HAPPENED[chosen.command]}: {clock_words(chosen.key.name).lower()}.")
    return page.redirect("case", reference=chosen.found.held.reference)


async def _chosen(page: PageRequest, session: Session, values: Mapping[str, str]) -> Chosen:
    if page.path["command"] not in set(Change):
        raise CaseNotFound("A clock cannot be changed in this way: open the case and choose what is offered.")
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
    whose = await queries.whose_clocks(session, [key.about])
    return Chosen(found, command, key, clock, whose.get(key.about, ""))


def _key(found: Opened, values: Mapping[str, str]) -> ClockKey:
    try:
        return ClockKey(found.held.subject, ClockName(values.get("clock", "")), UUID(values.get("about", "")))
    except ValueError:
        raise ClockNotFound(NO_SUCH_CLOCK) from None


async def _changed(page: PageRequest, before: Chosen, form: FormErrors, seen: int) -> Response:
    async with page.transaction() as session:
        chosen = await _chosen(page, session, {"clock": before.key.name, "about": str(before.key.about)})
        changes = await queries.changes_since(session, chosen.key.subject, seen)
    return _ask(page, chosen, form, 409 if changes else 422, changes_text(changes))


def _ask(
    page: PageRequest,
    chosen: Chosen,
    form: FormErrors,
    status: int = 200,
    changes: list[dict[str, object]] | None = None,
) -> Response:
    asked = clock_values(chosen.command, chosen.key, chosen.clock, chosen.found.practice, page.now)
    values = {
        **asked,
        "title": LABELS[chosen.command],
        "form": form,
        "facts_of_clock": [("Clock", clock_words(chosen.key.name)), ("Of", chosen.owner), *asked["facts_of_clock"]],
        "refusal": chosen.refusal,
        "changes": changes or [],
    }
    return shown(page, "change_clock", chosen.found, values, status)
