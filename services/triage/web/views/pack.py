"""The pack before it is handed over: as Channel will see it, with what is there and what is still missing."""

from chassis import audit
from chassis.web import PageRequest, Response
from contracts.vocabulary.nrf import answered
from services.triage import queries
from services.triage.domain import NEEDED, Body, Command, PackPart, PartNeeded, State, parts_needed
from services.triage.web.views.asked import Opened, opened, shown
from services.triage.web.views.versions import named


async def pack_preview(page: PageRequest) -> Response:
    """Show the pack part by part as it would be handed over now, and what mends each part that is missing."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="pack")
        parts = await queries.pack_of(session, found.held, found.practice, page.now)
        for other in parts.others:
            await audit.record_read(session, subject=other, now=page.now, reason="pack")
        versions = await queries.all_versions(session, found.held.subject)
    values = {
        "title": "The pack as Channel will see it",
        "parts": parts,
        "needed": needed(page, found),
        "unanswered": found.held.situation.earlier_unanswered,
        "risk_owner": found.held.situation.risk_owner,
        "answers": answered(parts.form) if parts.form else (),
        "documents": named(parts.documents, versions, found.held.reference),
        "document_url": lambda each: page.url("document", reference=found.held.reference, document_id=each),
    }
    return shown(page, "pack", found, values)


def needed(page: PageRequest, found: Opened) -> list[dict[str, object]]:
    """Return every part that must be there, as plain values: what it lacks, and the address where that is mended."""
    return [
        {
            "label": each.label,
            "lacking": each.lacking,
            "for_passing_on": each.for_passing_on,
            "mend": _mend(page, found, each) if each.lacking else "",
        }
        for each in parts_needed(found.held.situation, found.practice)
    ]


def before_handing_over(page: PageRequest, found: Opened, command: Command) -> list[dict[str, object]]:
    """Return the parts for the page of a decision that hands a pack over, nothing for any other decision."""
    if command not in NEEDED:
        return []
    return [each for each in needed(page, found) if each["for_passing_on"] or command is Command.SECTION_36]


def _mend(page: PageRequest, found: Opened, part: PartNeeded) -> str:
    """Return the page on which a missing part is made; the referral itself where somebody else makes it."""
    reference = found.held.reference
    if part.part is PackPart.ASSESSMENT:
        return page.url("assess", reference=reference)
    if part.part is PackPart.GATHERED and (command := _gathering(found)) is not None:
        return page.url("decide", reference=reference, command=command.value)
    return page.url("referral", reference=reference)


def _gathering(found: Opened) -> Command | None:
    """Return the decision that brings the gathering on from where the referral stands, None while Channel gathers."""
    state = found.held.situation.state
    if state is State.GATHERING:
        return Command.GATHERED
    if state not in (State.ASSESSING, State.DECIDING):
        return None
    return Command.GATHER if found.practice.gathers is Body.POLICE else Command.PASS_ON
