"""Work begun and not recorded: kept at every submit, offered again, dropped once it is recorded."""

from starlette.responses import JSONResponse

from chassis.database import Session
from chassis.policy import allow
from chassis.web import FormData, PageRequest, Response
from services.triage import operations, queries
from services.triage.domain import DECISIONS, Command, ReferralNotFound, permissions
from services.triage.queries import BegunWork, Held
from services.triage.web.views.asked import opened

NOT_WORDS = frozenset({"row_version", "step"})
"""What every form sends, whether or not somebody has written or chosen anything."""


def decision_of(page: PageRequest) -> Command:
    """Return the decision that the address names, if this person may make it; ReferralNotFound, or Forbidden."""
    if page.path["command"] not in DECISIONS:
        raise ReferralNotFound("There is no such decision: open the referral and choose one that is offered.")
    command = Command(page.path["command"])
    allow(page.actor, command, permissions())
    return command


async def keep(page: PageRequest, session: Session, held: Held, command: Command, data: FormData) -> None:
    """Keep what was sent, where there is something to keep, so that no refusal and no lost line loses it."""
    fields = {name: data.all(name) for name in data.fields if name not in NOT_WORDS}
    if any(value.strip() for values in fields.values() for value in values):
        await operations.keep_begun(session, held, command, fields, page.now)


def filled(begun: BegunWork) -> FormData:
    """Return the words as a form has them."""
    return FormData(dict(begun.fields))


def offered(begun: BegunWork | None, page: PageRequest) -> dict[str, object]:
    """Return what a page says of work begun: when it was, and where to go on with it; nothing once that is done."""
    if begun is None or "go-on" in page.query:
        return {}
    to = {"reference": page.path["reference"], "command": page.path["command"], "go-on": 1}
    return {"begun_at": begun.begun_at, "saved_at": begun.saved_at, "go_on": page.url("decide", **to)}


async def save_begun(page: PageRequest) -> Response:
    """Keep what stands in a form that is still being written."""
    command = decision_of(page)
    data = await page.form()
    async with page.transaction() as session:
        found = await queries.held_by_reference(session, page.path["reference"])
        await keep(page, session, found, command, data)
    return JSONResponse({"words": "Kept as you write"})


async def discard_begun(page: PageRequest) -> Response:
    """Drop what was begun, as the person asks."""
    command = decision_of(page)
    await page.form()
    async with page.transaction() as session:
        found = await opened(page, session, reason="decision")
        await operations.discard_begun(session, found.held.subject, command)
    page.flash("What you had begun to write is discarded.")
    return page.redirect("decide", reference=found.held.reference, command=command.value)
