"""A referral on paper: everything that this person may see, with who printed it and when."""

from chassis.web import PageRequest, Response
from chassis.web.assessing import in_words
from services.triage import queries
from services.triage.web.views.asked import opened, shown
from services.triage.web.views.pathway import way_through
from services.triage.web.views.referral import referral_values
from services.triage.web.views.sameness import samenesses


async def print_referral(page: PageRequest) -> Response:
    """Show everything about a referral on one plain page; the read is recorded as a printing."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="print")
        view = await queries.referral_view(session, found.held)
        way = await queries.way_of(session, found.held.subject)
        written = await queries.assessments(session, found.held.subject)
        earlier = await samenesses(page, session, found.held)
    values = {
        **referral_values(view, found),
        **earlier,
        "assessments": [in_words(each) for each in written],
        "title": f"Referral {found.held.reference}, printed",
        "printed_by": page.actor.name or page.actor.id,
        "organisation": page.actor.organisation,
        "way": way_through(way, found.held.door),
    }
    return shown(page, "print", found, values)
