"""A case on paper: everything that this person may see, with who printed it and when."""

from functools import partial

from chassis.web import PageRequest, Response
from chassis.web.filed import filed_of
from services.channel import queries
from services.channel.web.views.asked import opened, shown, way_to
from services.channel.web.views.case import case_values
from services.channel.web.views.chronology import entry_of


async def print_case(page: PageRequest) -> Response:
    """Show everything about a case on one plain page; the read is recorded as a printing."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="print")
        held = found.held
        view = await queries.case_view(session, held)
        every = await queries.chronology(session, held)
        listed = await filed_of(session, held.subject, held.reference)
        plan = await queries.plan_of(session, held.subject)
        papers = await queries.papers(session, held)
        owed = await queries.obligations(session, held.subject)
    values = {
        **case_values(view, found, partial(way_to, page, found)),
        "title": f"Case {held.reference}, printed",
        "printed_by": page.actor.name or page.actor.id,
        "organisation": page.actor.organisation,
        "documents": listed,
        "papers": papers,
        "plan": plan,
        "owed": owed,
        "entries": [entry_of(each) for each in every],
    }
    return shown(page, "print", found, values, tab="case")
