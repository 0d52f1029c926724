"""What every view of one case begins with: the case, the area's practice, and what this person may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.database import Session
from chassis.web import PageRequest, Response
from contracts.vocabulary import day_in_words
from contracts.vocabulary.days import LONDON
from services.channel import operations, queries
from services.channel.domain import (
    ACTIONS,
    CONSENT_LABELS,
    HAPPENED,
    PANEL_DECISIONS,
    STATE_LABELS,
    TABLE,
    Command,
    Offer,
    Practice,
    Practices,
    State,
    offers,
    permissions,
)
from services.channel.domain.panel import ConflictStands
from services.channel.queries import CorrectionView, Held, OtherCase, SamePerson, ShortIntervention, TimelineEntry
from services.channel.web.views.begun import NOTHING_WRITTEN, Writing, values_of, writing

LABELS = {row.command.value: row.label for row in TABLE}
TABS = (
    ("Overview", "case"),
    ("Information", "information"),
    ("Assessments", "assessments"),
    ("Panel", "case_panel"),
    ("Plan", "plan"),
    ("Consent", "consent"),
    ("Interventions", "interventions"),
    ("Reviews", "reviews"),
    ("Chronology", "chronology"),
)
"""The pages of a case, in the order of the pathway: each is the name of a route that takes the reference."""
PLACES: Mapping[Command, str] = {
    **dict.fromkeys(PANEL_DECISIONS, "case_panel"),
    Command.MAKE_PLAN: "plan",
    Command.REVISE_PLAN: "plan",
    Command.PLAN_ITEM: "plan",
    Command.CONSENT_ASKED: "consent_change",
    Command.CONSENT_GIVEN: "consent_change",
    Command.CONSENT_REFUSED: "consent_change",
    Command.CONSENT_WITHDRAWN: "consent_change",
    Command.ALLOCATE: "allocate",
    Command.REQUEST: "ask_partners",
    Command.ACTION: "give_action",
    Command.SIGNPOST: "signpost",
    Command.FULFIL: "information",
    Command.CANCEL: "information",
    Command.REMIND: "information",
    Command.COMMISSION: "commission",
    Command.BRIEF: "interventions",
    Command.SESSION: "interventions",
    Command.INTERVENTION_ENDED: "interventions",
    Command.CLOSING_REPORT: "closing_report",
    Command.ASSESS: "assess",
    Command.TRANSFER: "transfer",
    Command.CALL_BACK: "transfer_back",
}
"""The pages of commands that need more than the plain action page, by the names of their routes."""

MISTAKES = {
    "wrong-person": "it is about somebody else",
    "wrong-fact": "a fact was wrong",
    "allegation-disproved": "the allegation was disproved",
    "duplicate": "it repeats another referral",
}


@dataclass(frozen=True)
class Opened:
    """A case as a view has it, with the area's practice, what this person may do, and what the police said since."""

    held: Held
    practice: Practice
    offers: tuple[Offer[Command], ...]
    corrections: tuple[CorrectionView, ...]
    same: SamePerson
    others: tuple[OtherCase, ...] = ()
    writing: Writing = NOTHING_WRITTEN
    short: tuple[ShortIntervention, ...] = ()

    def refusal(self, command: Command) -> str:
        """Return why a command is not offered, nothing where it is."""
        return next(offer.refusal for offer in self.offers if offer.command is command)


async def opened(page: PageRequest, session: Session, *, reason: str) -> Opened:
    """Open the case of the address, record the read and report the referral as seen; CaseNotFound as queries says."""
    held = await queries.held_by_reference(session, page.path["reference"])
    if await queries.conflict_stands(session, held.subject, page.actor.id, _own(page, held)):
        await keep_out(page, held.subject, held.area, reason)
        raise ConflictStands("You have a conflict of interest in this case: it is closed to you while that stands.")
    await audit.record_read(session, subject=held.subject, now=page.now, reason=reason)
    await operations.mark_awareness_seen(session, [held.subject], page.now)
    return await as_it_stands(page, session, held)


async def keep_out(page: PageRequest, subject: UUID, area: str, reason: str) -> None:
    """Record that somebody with a conflict of interest tried to open a case: apart, so that it stays when they are."""
    async with page.transaction() as apart:
        await operations.note_kept_out(apart, subject, area, reason, page.now)


def _own(page: PageRequest, held: Held) -> tuple[str, ...]:
    """Return the ids under which the area file knows whoever asks as a member of the panel."""
    local: Practices = page.runtime.clients
    district = held.summary.district if held.summary else ""
    members = local.under(held.area, held.area_version, district, page.now).panel.members
    return tuple(each.id for each in members if each.account == page.actor.id)


async def as_it_stands(page: PageRequest, session: Session, held: Held) -> Opened:
    """Return a case with what this person may do with it now; showing nothing of it is no reading."""
    local: Practices = page.runtime.clients
    district = held.summary.district if held.summary else ""
    practice = local.under(held.area, held.area_version, district, page.now)
    same = (await queries.same_person(session, [held.reference])).get(held.reference, SamePerson())
    return Opened(
        held=held,
        practice=practice,
        offers=offers(held.situation, page.actor.roles, practice),
        corrections=await queries.corrections(session, held.subject),
        same=same,
        others=await queries.other_cases(session, same.others) if _works_cases(page) else (),
        writing=await writing(page, session, held),
        short=await queries.intervention_alarms(session, held.subject),
    )


def shown(
    page: PageRequest, template: str, found: Opened, values: Mapping[str, object], status: int = 200, tab: str = ""
) -> Response:
    """Render a page about one case; `tab` is the page of the case that it belongs to, itself unless given."""
    held = found.held
    return page.render(
        template,
        status=status,
        reference=held.reference,
        name=held.summary.name if held.summary else "Erased",
        facts=_facts(held, page.now),
        immediate_danger=held.immediate_danger,
        row_version=held.row_version,
        from_panel=held.situation.from_panel,
        halted=_halted(held),
        corrections=[vars(each) | {"mistake": MISTAKES.get(each.kind, "")} for each in found.corrections],
        same=found.same,
        other_cases=[{**vars(each), "state": STATE_LABELS[each.state]} for each in found.others],
        short=[f"{each.provider} ({each.delivered} of {each.sessions} delivered)" for each in found.short],
        tabs=[
            {"text": text, "href": page.url(name, reference=held.reference), "current": name == (tab or template)}
            for text, name in TABS
        ],
        **{**values, **values_of(page, found.writing)},
    )


def _works_cases(page: PageRequest) -> bool:
    """Say whether this person belongs to the team that works cases: others are not led from one to another."""
    return bool(page.actor.roles & permissions()[Command.TAKE])


def changes_text(changes: Sequence[TimelineEntry]) -> list[dict[str, object]]:
    """Return what a page says of what happened since somebody opened it."""
    return [{"what": HAPPENED[Command(each.command)], "by": each.by, "at": each.at} for each in changes]


def has_page(command: Command) -> bool:
    """Say whether a command is given on a page of the case: what is of one clock, request or slot is found there."""
    return command in PLACES or command in ACTIONS


def way_to(page: PageRequest, found: Opened, command: Command) -> str:
    """Return the address of the page on which a command is given for this case."""
    name = PLACES.get(command, "act")
    named = {"command": command} if "{command}" in page.site.pages[name].path else {}
    return page.url(name, reference=found.held.reference, **named)


def _halted(held: Held) -> dict[str, object]:
    """Return what every page of a case says first while the police have stopped it; nothing where the work goes on."""
    if held.halted_at is None:
        return {}
    ours = held.situation.state not in (State.WITHDRAWN, State.STOPPED)
    return {"ours": ours, "speak_to": held.speak_to, "at": held.halted_at}


def _facts(held: Held, now: datetime) -> list[tuple[str, str]]:
    """Return what the bar says on every page of a case: who it is, who owns the risk, consent, and the next date."""
    standing = [
        ("Reference", held.reference),
        ("Risk owner", held.situation.risk_owner),
        ("Consent", CONSENT_LABELS[held.situation.consent]),
        ("Next date", _next_date(held, now)),
    ]
    summary = held.summary
    if summary is None:
        return standing
    born = f"{summary.date_of_birth:%-d %B %Y}" if summary.date_of_birth else f"about {summary.approximate_age}"
    facts = [("Date of birth" if summary.date_of_birth else "Age", born), *standing]
    return [*facts, ("District", summary.district)] if summary.district else facts


def _next_date(held: Held, now: datetime) -> str:
    if held.next_due_at is None:
        return "No clock runs"
    overdue = " (overdue)" if held.next_due_at < now else ""
    return f"{day_in_words(held.next_due_at.astimezone(LONDON).date(), 'en')}{overdue}"
