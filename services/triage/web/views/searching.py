"""Searching: by reference from any page, by name, telephone number or postcode on a page of its own."""

from chassis import audit
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from services.triage import queries
from services.triage.domain import STATE_LABELS, ReferralNotFound
from services.triage.queries import FoundPerson
from services.triage.web.forms import SearchForm

NO_SUCH = "No referral in your areas has this reference: check it letter by letter, or search by name"


async def find(page: PageRequest) -> Response:
    """Lead from a reference to its referral; where there is none, to the search with what was typed."""
    typed = page.query.get("reference", "")
    try:
        async with page.transaction() as session:
            found = await queries.held_by_reference(session, typed)
    except ReferralNotFound:
        return _shown(page, refused(FormData({"words": (typed,)}), ("words", NO_SUCH)), status=404)
    return page.redirect("referral", reference=found.reference)


async def search(page: PageRequest) -> Response:
    """Ask what to search for."""
    return _shown(page, blank())


async def search_results(page: PageRequest) -> Response:
    """Show what answers to the words; they are sent and not put into the address, where logs would keep them."""
    data = await page.form()
    form = parse(SearchForm, data)
    if isinstance(form, FormErrors):
        return _shown(page, form, status=422)
    if len(form.words.replace(" ", "")) < 2:  # noqa: PLR2004 - one letter is no search
        return _shown(page, refused(data, ("words", "Enter at least two letters or digits")), status=422)
    async with page.transaction() as session:
        found = await queries.find_people(session, form.words)
        for each in found:
            await audit.record_read(session, subject=each.subject, now=page.now, reason="search")
    results = [_result(each) for each in found]
    return _shown(page, refused(data), results=results)


def _result(found: FoundPerson) -> dict[str, object]:
    if found.hidden:
        return {"reference": found.reference, "hidden": True}
    identity = found.identity
    return {
        "reference": found.reference,
        "name": found.name,
        "born": identity.born if identity else None,
        "state": STATE_LABELS[found.state],
        "received_at": found.received_at,
        "how": f"The {found.how}",
        "restricted": found.restricted,
    }


def _shown(
    page: PageRequest, form: FormErrors, *, status: int = 200, results: list[dict[str, object]] | None = None
) -> Response:
    return page.render("search", status=status, title="Search", form=form, results=results)
