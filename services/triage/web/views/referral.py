"""The referral page, its documents, and taking it."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import documents
from chassis.database import Session
from chassis.errors import Missing
from chassis.policy import allow
from chassis.web import FormErrors, PageRequest, Response, parse
from contracts.vocabulary import ConcernType, Role, Team
from contracts.vocabulary.nrf import Answered, answered
from services.triage import operations, queries
from services.triage.domain import (
    CONCERNS,
    DECISIONS,
    FIXED_CLOCKS,
    HOLD_LABELS,
    STATE_LABELS,
    ChangedMeanwhile,
    ClockName,
    Command,
    Hold,
    permissions,
)
from services.triage.operations import Act
from services.triage.queries import ReferralView
from services.triage.queries.referral import DecisionView
from services.triage.web.forms import TakeForm
from services.triage.web.views.asked import (
    HAPPENED,
    LABELS,
    PAGES_OF,
    Opened,
    as_it_stands,
    changes_text,
    opened,
    page_of,
    said,
    shown,
)
from services.triage.web.views.assessing import PAGES as ASSESSMENT_PAGES
from services.triage.web.views.discarding import left_by_others
from services.triage.web.views.given_back import given_back
from services.triage.web.views.obligations import owed
from services.triage.web.views.pathway import pathway, way_through
from services.triage.web.views.safeguards import transferred
from services.triage.web.views.sameness import samenesses
from services.triage.web.views.versions import DOORS, added, changed, named, why_unread

CONCERN = "concerns.narrative"


class DocumentElsewhere(Missing):
    """The document belongs to no referral that this address names."""

    reason = "document-absent"


async def referral(page: PageRequest) -> Response:
    """Show everything about one referral, and note that this team has seen it."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="referral-page")
        for team in _teams(page):
            await operations.mark_seen(session, found.held, team, page.now)
        beside = await _beside(page, session, found)
        meanwhile = await queries.held(session, found.held.subject)
        if meanwhile.row_version != found.held.row_version:
            # What is offered must fit what is shown: something was recorded while this page was being read.
            found = await as_it_stands(page, session, meanwhile)
            beside = await _beside(page, session, found)
    return shown(page, "referral", found, beside)


async def _beside(page: PageRequest, session: Session, found: Opened) -> dict[str, object]:
    """Return everything that the page shows of a referral and of what stands beside it."""
    view = await queries.referral_view(session, found.held)
    way = await queries.way_of(session, found.held.subject)
    return {
        **referral_values(view, found),
        "rest": _without_concern(view),
        **await samenesses(page, session, found.held),
        **await ASSESSMENT_PAGES.listed(page, session, found),
        "document_url": lambda each: page.url("document", reference=found.held.reference, document_id=each),
        "offers": _offers(page, found),
        "left_by_others": await left_by_others(page, session, found),
        "way": way_through(way, found.held.door),
        "pathway": pathway(found.held.situation, found.practice, view.timeline),
    }


async def document(page: PageRequest) -> Response:
    """Hand out one document of the referral as a download; reading it is audited."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="document-download")
        held = await documents.read(session, _id(page.path["document_id"]))
        if held.subject != found.held.subject:
            raise DocumentElsewhere("There is no such document with this referral: open the referral and choose again.")
        versions = await queries.all_versions(session, held.subject)
        listed = named(await documents.listed(session, held.subject), versions, found.held.reference)
    name = next(each.file_name for each in listed if each.id == held.reference.id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(held.body, media_type="application/octet-stream", headers=headers)


async def take(page: PageRequest) -> Response:
    """Give the referral to the officer who asks."""
    form = parse(TakeForm, await page.form())
    if isinstance(form, FormErrors):
        raise ChangedMeanwhile("The form was not complete: open the referral and take it again.")
    allow(page.actor, Command.TAKE, permissions())
    try:
        async with page.transaction() as session:
            found = await opened(page, session, reason="take")
            act = Act(Command.TAKE, page.now, expected=form.row_version)
            await operations.take(session, found.held.subject, act, found.practice)
    except ChangedMeanwhile:
        return await _first_were_others(page, form.row_version)
    page.flash("You have taken this referral.")
    return page.redirect("referral", reference=found.held.reference)


async def _first_were_others(page: PageRequest, seen: int) -> Response:
    """Show the referral as it is now, with who did what after this person had opened it."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="take")
        beside = await _beside(page, session, found)
        changes = await queries.changes_since(session, found.held.subject, seen)
    return shown(page, "referral", found, {**beside, "changes": changes_text(changes)}, status=409)


def _teams(page: PageRequest) -> list[Team]:
    roles = page.actor.roles
    teams = [Team.IMU] if Role.IMU_OFFICER in roles else []
    return [*teams, Team.GATEWAY] if roles & {Role.GATEWAY_OFFICER, Role.GATEWAY_SUPERVISOR} else teams


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise DocumentElsewhere("There is no such document: open the referral and choose again.") from None


def referral_values(view: ReferralView, found: Opened) -> dict[str, object]:
    """Return everything that the page of a referral shows, as plain values."""
    held = view.held
    return {
        "title": f"Referral {held.reference}",
        "state": STATE_LABELS[held.situation.state],
        "hold": _held_back(held.situation.hold),
        "concern": view.form.concerns.narrative if view.form else "",
        "came_to_light": view.form.concerns.came_to_light_on if view.form else None,
        "risk_owner": held.situation.risk_owner,
        "officer": held.officer,
        "received_at": held.received_at,
        "door": DOORS.get(held.door, held.door),
        "unread_reason": why_unread(held.unread_reason),
        "answers": answered(view.form) if view.form else (),
        "danger_denied": held.immediate_danger and view.form and not view.form.concerns.immediate_danger,
        "documents": named(view.documents, view.versions, held.reference),
        "additions": added(view.versions, held.reference),
        "take_by": _take_by(view),
        "clocks": view.clocks,
        "fixed_clocks": FIXED_CLOCKS,
        "deconflictions": [{**_plain(each), "label": HAPPENED[Command(each.outcome)]} for each in view.deconflictions],
        "transfers": transferred(view.transfers, found),
        "given_backs": given_back(view.given_backs),
        "concern_type": _concern(held.concern),
        "decisions": [_decided(each) for each in view.decisions],
        "obligations": owed(view.obligations),
        "entries": _entries(view),
    }


def _concern(chosen: ConcernType | None) -> str:
    return CONCERNS[chosen][0] if chosen else ""


def _decided(each: DecisionView) -> dict[str, object]:
    return {**_plain(each), "label": LABELS[each.command], "concern": _concern(each.concern)}


def _held_back(hold: Hold | None) -> str:
    """Return what holds a referral back beside its state, and whom to speak to about it."""
    if hold is None:
        return ""
    # The state itself says already that there is a conflict.
    said = "" if hold.outcome is Command.CONFLICT else f"{HOLD_LABELS[hold.outcome]}. "
    return f"{said}Speak to {hold.speak_to}."


def _without_concern(view: ReferralView) -> tuple[Answered, ...]:
    """Return the answers of the form but the account of the concern, which stands above them on the same page."""
    sections = answered(view.form) if view.form else ()
    left = [replace(each, answers=tuple(one for one in each.answers if one.path != CONCERN)) for each in sections]
    return tuple(each for each in left if each.answers)


def _take_by(view: ReferralView) -> datetime | None:
    """Return by when a Gateway officer must take a referral that tells of danger; None where nobody has to any more."""
    running = (each for each in view.clocks if each.name == ClockName.URGENT and each.stopped_at is None)
    return next((each.due_at for each in running), None)


def _plain(value: object) -> dict[str, object]:
    return dict(vars(value))


def _offers(page: PageRequest, found: Opened) -> list[dict[str, object]]:
    """Return what may be done and what not, each with the address of its page; taking is done from here."""
    reference = found.held.reference
    if found.held.erased:
        return []
    return [
        {
            "command": each.command.value,
            "label": each.label,
            "refusal": each.refusal,
            "href": "" if each.command is Command.TAKE else page_of(page, each.command, reference),
        }
        for each in found.offers
        if each.command in PAGES_OF
    ]


def _entries(view: ReferralView) -> list[dict[str, object]]:
    """Return the timeline, newest first, naming the risk owner where that changed.

    Of a referral that has moved to another version of the area's practice, each decision says under which it was made.
    """
    entries: list[dict[str, object]] = []
    owner = ""
    moved = len({entry.area_version for entry in view.timeline}) > 1
    for entry in view.timeline:
        words = [entry.note] if entry.note else []
        if entry.risk_owner != owner:
            words.append(f"Risk owner: {entry.risk_owner}.")
            owner = entry.risk_owner
        if moved and entry.command in DECISIONS:
            words.append(f"Decided under version {entry.area_version} of the area’s practice.")
        brought = changed(entry.brought) if entry.brought else {}
        words += [str(brought["text"])] if brought.get("text") else []
        entries.append({**brought, **said(entry), "at": entry.at, "text": "\n".join(words)})
    return entries[::-1]
