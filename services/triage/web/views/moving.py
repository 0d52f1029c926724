"""Supervisors move running referrals to the practice in force: one by one, or many under an older version at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from chassis.database import Session
from chassis.errors import ThroughlineError
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from services.triage import operations, queries
from services.triage.domain import (
    STATE_LABELS,
    ChangedMeanwhile,
    Command,
    NotOffered,
    Practices,
    Record,
    ReferralNotFound,
    clock_words,
)
from services.triage.domain.moving import At, ClockMove, Difference, Move, Underway, differences, planned
from services.triage.operations import Act
from services.triage.web.forms import OPEN_HINT, MoveManyForm, SafeguardForm
from services.triage.web.views.asked import HAPPENED, LABELS, Opened, changes_text, opened, shown

LONGEST_NUMBER = 10


@dataclass(frozen=True)
class One:
    """The referral that a page is about, and what a move would change for it."""

    found: Opened
    plan: Move

    @property
    def refusal(self) -> str:
        """Return why it cannot move now, nothing where it can."""
        return self.found.refusal(Command.MOVE) or self.plan.refusal


@dataclass(frozen=True)
class Many:
    """The referrals under one older version of which a page moves some: at most 100, and whether there are more."""

    area: str
    name: str
    version: str
    in_force: str
    subjects: tuple[UUID, ...]
    plans: tuple[tuple[Underway, Move], ...]
    more: bool
    differences: tuple[Difference, ...]


async def move(page: PageRequest) -> Response:
    """Show what a move to the practice in force changes for a referral, and record it once it was checked."""
    async with page.transaction() as session:
        one = await _one(page, session)
    if page.request.method == "GET":
        return _asked(page, one, blank())
    data = await page.form()
    form = parse(SafeguardForm, data)
    if isinstance(form, FormErrors):
        return _asked(page, one, form, status=422)
    return await _answered(page, one, form, data)


async def older(page: PageRequest) -> Response:
    """Count the running referrals under each version that is not in force any more."""
    local: Practices = page.runtime.clients
    rows: list[dict[str, object]] = []
    async with page.transaction() as session:
        for area in local.older(page.now):
            for version in area.others:
                number = await queries.older_count(session, area.area, version)
                href = page.url("older_version", area=area.area, version=version)
                most = number == queries.MOST_OLDER_COUNTED
                line = {
                    "most": most,
                    "area": area.name,
                    "version": version,
                    "in_force": area.in_force,
                    "number": number,
                }
                rows += [{**line, "href": href}] if number else []
    return page.render("older", title="Referrals under an older version", rows=rows)


async def older_version(page: PageRequest) -> Response:
    """Show what a move changes for each referral under an older version, and move those that can once confirmed."""
    async with page.transaction() as session:
        many = await _many(page, session)
    if page.request.method == "GET":
        return _listed(page, many, blank())
    data = await page.form()
    form = parse(MoveManyForm, data)
    if isinstance(form, FormErrors):
        return _listed(page, many, form, status=422)
    if form.step == "change":
        return _listed(page, many, refused(data))
    if not form.rationale:
        return _listed(page, many, refused(data, ("rationale", "Say why they move")), status=422)
    if form.step != "commit" or not data.all("referral"):
        return _listed(page, many, refused(data), checking=True)
    return await _move_all(page, data, form)


async def _one(page: PageRequest, session: Session) -> One:
    found = await opened(page, session, reason=Command.MOVE)
    held = found.held
    here = (await queries.underway(session, (held.subject,)))[held.subject]
    to = found.practice.in_force or held.area_version
    plan = planned(here, _at(page, held.area, held.area_version), _at(page, held.area, to), page.now)
    return One(found, plan)


def _at(page: PageRequest, area: str, version: str) -> At:
    local: Practices = page.runtime.clients
    return partial(local.under, area, version)


async def _answered(page: PageRequest, one: One, form: SafeguardForm, data: FormData) -> Response:
    if form.step == "change":
        return _asked(page, one, refused(data))
    if form.row_version != one.found.held.row_version:
        return await _changed(page, data, form.row_version)
    if wrong := one.refusal or ("" if form.rationale else "Say why it moves"):
        return _asked(page, one, refused(data, ("rationale", wrong)), status=422)
    if form.step != "commit":
        return _asked(page, one, refused(data), checking=True)
    return await _commit(page, one.found, form, data)


async def _commit(page: PageRequest, found: Opened, form: SafeguardForm, data: FormData) -> Response:
    act = Act(Command.MOVE, page.now, form.record(), form.row_version)
    try:
        async with page.transaction() as session:
            await operations.move(session, found.held.subject, act, page.runtime.clients)
    except (ChangedMeanwhile, NotOffered):
        return await _changed(page, data, form.row_version)
    page.flash(f"{HAPPENED[Command.MOVE]}.")
    return page.redirect("referral", reference=found.held.reference)


async def _changed(page: PageRequest, data: FormData, seen: int) -> Response:
    async with page.transaction() as session:
        one = await _one(page, session)
        changes = await queries.changes_since(session, one.found.held.subject, seen)
    return _asked(page, one, refused(data), status=409, changes=changes_text(changes))


def _asked(
    page: PageRequest,
    one: One,
    form: FormErrors,
    *,
    status: int = 200,
    checking: bool = False,
    changes: Iterable[dict[str, object]] = (),
) -> Response:
    found, plan = one.found, one.plan
    values = {
        "title": "Check before you record this" if checking else LABELS[Command.MOVE],
        "form": form,
        "checking": checking,
        "version": found.held.area_version,
        "in_force": found.practice.in_force,
        "refusal": one.refusal,
        "differences": [vars(each) for each in plan.differences],
        "clocks": [_clock(each, page.now) for each in plan.clocks],
        "notes": plan.notes,
        "open_hint": OPEN_HINT,
        "changes": list(changes),
    }
    return shown(page, "move", found, values, status)


def _clock(each: ClockMove, now: datetime) -> dict[str, object]:
    return {
        "name": clock_words(each.clock.name),
        "was": each.clock.due_at,
        "becomes": each.due_at if each.changes else None,
        "paused": each.clock.paused_at is not None,
        "at_once": each.at_once and each.clock.due_at > now,
    }


async def _many(page: PageRequest, session: Session) -> Many:
    """Return what the address names; ReferralNotFound where no area here has such an older version."""
    local: Practices = page.runtime.clients
    area, version = page.path["area"], page.path["version"]
    known = next((each for each in local.older(page.now) if each.area == area and version in each.others), None)
    if known is None:
        raise ReferralNotFound("There is no such older version of an area’s practice: start from the list of them.")
    subjects, more = await queries.older_referrals(session, area, version, _after(page))
    found = await queries.underway(session, subjects)
    old, new = _at(page, area, version), _at(page, area, known.in_force)
    here = [found[subject] for subject in subjects if subject in found]
    plans = tuple((each, planned(each, old, new, page.now)) for each in here)
    differ = differences(old(page.now), new(page.now))
    return Many(area, known.name, version, known.in_force, subjects, plans, more, differ)


def _after(page: PageRequest) -> UUID | None:
    try:
        return UUID(page.query.get("after", ""))
    except ValueError:
        return None


def _number(text: str) -> int:
    """Return the version that somebody saw; nought, which no referral has, where it is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < LONGEST_NUMBER else 0


async def _move_all(page: PageRequest, data: FormData, form: MoveManyForm) -> Response:
    """Move each of the referrals that were confirmed, in a transaction of its own: one refusal keeps no other back."""
    left: list[dict[str, object]] = []
    chosen = data.all("referral")[: queries.MOVED_AT_ONCE]
    for each in chosen:
        reference, _, seen = each.partition(":")
        try:
            async with page.transaction() as session:
                held = await queries.held_by_reference(session, reference)
                act = Act(Command.MOVE, page.now, Record(rationale=form.rationale), _number(seen))
                await operations.move(session, held.subject, act, page.runtime.clients)
        except ThroughlineError as refusal:
            left.append({"reference": reference, "why": str(refusal)})
    number = len(chosen) - len(left)
    page.flash("One referral moved." if number == 1 else f"{number} referrals moved.")
    if not left:
        return page.redirect("older")
    async with page.transaction() as session:
        many = await _many(page, session)
    return _listed(page, many, refused(data), status=409, left=left)


def _listed(
    page: PageRequest,
    many: Many,
    form: FormErrors,
    *,
    status: int = 200,
    checking: bool = False,
    left: Iterable[dict[str, object]] = (),
) -> Response:
    number = sum(not plan.refusal for _, plan in many.plans)
    where = {"area": many.area, "version": many.version}
    values = {
        "title": "Check before you record this" if checking else f"Referrals under version {many.version}",
        "form": form,
        "checking": checking,
        "left": list(left),
        "area": many.name,
        "version": many.version,
        "in_force": many.in_force,
        "differences": [vars(each) for each in many.differences],
        "lines": [_line(here, plan, page.now) for here, plan in many.plans],
        "number": number,
        "open_hint": OPEN_HINT,
        "more": page.url("older_version", **where, after=many.subjects[-1]) if many.more else "",
    }
    return page.render("older_version", status=status, **values)


def _line(here: Underway, plan: Move, now: datetime) -> dict[str, object]:
    return {
        "reference": here.reference,
        "state": STATE_LABELS[here.state],
        "refusal": plan.refusal,
        "clocks": [_clock(each, now) for each in plan.clocks if each.changes],
        # That the risk stays where it is goes for every referral alike.
        "notes": plan.notes[1:],
        "value": "" if plan.refusal else f"{here.reference}:{here.row_version}",
    }
