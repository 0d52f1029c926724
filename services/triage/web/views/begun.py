"""Work begun and not recorded: kept at every submit, offered again, dropped once it is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import wraps
from uuid import UUID

from starlette.responses import JSONResponse

from chassis import telemetry
from chassis.database import Session
from chassis.errors import Unavailable
from chassis.policy import allow
from chassis.web import FormData, Page, PageRequest, Response, refused
from contracts.vocabulary import is_reference
from services.triage import operations, queries
from services.triage.domain import CLOCK_CHANGES, DECISIONS, ClockName, Command, ReferralNotFound, marks, permissions
from services.triage.operations import Desk
from services.triage.queries import BegunWork, Held

log = telemetry.logger(__name__)

KEPT_ON = frozenset(
    {
        *("decide", "allocate", "note", "correct", "restrict", "end_restriction", "move"),
        *("deconflict", "offer_pursuit", "pursue", "refuse_pursuit", "call_pursuit_back"),
        *("access", "end_access", "same", "elsewhere", "separate", "change_clock", "discard_begun"),
        *("ask_partner", "add_action", "review_partnership", "fulfil_obligation", "cancel_obligation"),
    }
)
"""The pages that keep what is written on them; an assessment keeps its parts in a draft of its own."""
NOT_WORDS = frozenset({"row_version", "step"})
"""What every form sends, whether or not somebody has written or chosen anything."""
OF_THE_UNIT = frozenset({"deconflict", "offer_pursuit", "pursue", "refuse_pursuit", "call_pursuit_back"})
"""The pages whose rationale only the intelligence unit reads: it may hold what is the unit's, and nothing above."""
_ASKED = ("other", "clock", "about")
_FILLED_IN = frozenset({*_ASKED, "contact"})
"""What a page fills in by itself."""
_KEEP, _DISCARD, _GO_ON = "keep", "discard", "go-on"
_SEE_OTHER = 303


@dataclass(frozen=True)
class Writing:
    """A page on which somebody writes, and what waits there of theirs; `on` is None where nothing is kept."""

    on: Desk | None = None
    begun: BegunWork | None = None


NOTHING_WRITTEN = Writing()


def kept(row: Page) -> Page:
    """Return a row of the site map that keeps what is sent before the view looks at it, and drops it once recorded."""
    if row.title not in KEPT_ON or row.method != "POST":
        return row

    @wraps(row.view)
    async def view(page: PageRequest) -> Response:
        desk, words = await _keep(page)
        if _DISCARD in page.query:
            return await _discarded(page, desk)
        if _KEEP in page.query:
            return JSONResponse({"words": words})
        answer = await row.view(page)
        if answer.status_code == _SEE_OTHER and desk is not None:
            await _drop(page, desk)
        return answer

    return replace(row, view=view)


def decision_of(page: PageRequest) -> Command:
    """Return the decision that the address names, if this person may make it; ReferralNotFound, or Forbidden."""
    if page.path["command"] not in DECISIONS:
        raise ReferralNotFound("There is no such decision: open the referral and choose one that is offered.")
    command = Command(page.path["command"])
    allow(page.actor, command, permissions())
    return command


async def writing(page: PageRequest, session: Session, held: Held) -> Writing:
    """Return what the person who asks has begun on this page of a referral."""
    desk = _desk(page, held)
    if desk is None or page.request.method != "GET":
        return Writing(desk)
    return Writing(desk, await queries.begun_work(session, held.subject, desk.address))


def values_of(page: PageRequest, found: Writing = NOTHING_WRITTEN) -> dict[str, object]:
    """Return what a page says of work begun: when, and where to go on with it; or the form with what was written."""
    if found.on is None:
        return {"begun": {}, "kept_url": ""}
    address = found.on.address
    values: dict[str, object] = {"begun": {}, "kept_url": _with(address, _KEEP)}
    if found.begun is None:
        return values
    if _GO_ON in page.query:
        return {**values, "form": refused(FormData(dict(found.begun.fields)))}
    begun = {"begun_at": found.begun.begun_at, "saved_at": found.begun.saved_at}
    return {**values, "begun": {**begun, "go_on": _with(address, _GO_ON), "discard": _with(address, _DISCARD)}}


def _with(address: str, name: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{name}=1"


def _desk(page: PageRequest, held: Held, sent: Mapping[str, str] | None = None) -> Desk | None:
    """Return the page as a place to keep words for: its address holds references and ids, never what somebody typed."""
    row = page.page
    if row is None or row.title not in KEPT_ON or held.erased:
        return None
    path = {**page.path, **({"reference": held.reference} if "reference" in page.path else {})}
    asked = {name: value for name in _ASKED if (value := page.query.get(name, "") or (sent or {}).get(name, ""))}
    named = [value for name, value in path.items() if name != "reference"]
    if not all(_plain(value) for value in (*named, *asked.values())):
        return None
    command = path.get("command", row.permission)
    if not page.may(command):
        return None
    return Desk(held.subject, held.area, command, page.url(row.title, **path, **asked))


def _plain(value: str) -> bool:
    if is_reference(value) or value in {*DECISIONS, *CLOCK_CHANGES, *ClockName}:
        return True
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


async def _keep(page: PageRequest) -> tuple[Desk | None, str]:
    """Keep what was sent, where there is something to keep, so that no refusal and no lost line loses it."""
    data = await page.form()
    async with page.transaction() as session:
        held = await _held(page, session)
        if held is None:
            return None, ""
        # A clock is named by the address or by the form; whatever else a form says is words.
        desk = _desk(page, held, {name: data.get(name) for name in ("clock", "about")})
        if desk is None or _DISCARD in page.query:
            return desk, ""
        fields, left_out = _written(page, data)
        if any(text.strip() for name, texts in fields.items() if name not in _FILLED_IN for text in texts):
            await operations.keep_begun(session, desk, fields, page.now)
    if left_out:
        return desk, "Not everything is kept: some words look like intelligence material. Leave them out"
    return desk, "Kept as you write"


def _written(page: PageRequest, data: FormData) -> tuple[dict[str, tuple[str, ...]], bool]:
    """Return the fields to keep, and whether any was left out because of what it says."""
    fields = {name: data.all(name) for name in data.fields if name not in NOT_WORDS}
    fit = {name: texts for name, texts in fields.items() if not any(_unfit(page, name, text) for text in texts)}
    return fit, len(fit) < len(fields)


def _unfit(page: PageRequest, name: str, text: str) -> bool:
    of_the_unit = name == "rationale" and page.page is not None and page.page.title in OF_THE_UNIT
    return bool(marks.too_high(text) if of_the_unit else marks.found(text))


async def _held(page: PageRequest, session: Session) -> Held | None:
    """Return the referral whose key seals the words: that of the address, or the first of a person's."""
    if "reference" in page.path:
        return await queries.held_by_reference(session, page.path["reference"])
    if not _plain(page.path["person"]):
        return None
    view = await queries.person_view(session, UUID(page.path["person"]))
    return next((each.held for each in view.referrals), None)


async def _discarded(page: PageRequest, desk: Desk | None) -> Response:
    if desk is None:
        raise ReferralNotFound("There is nothing to discard here: open the referral and go on from there.")
    async with page.transaction() as session:
        await operations.drop_begun(session, desk)
    page.flash("What you had begun to write is discarded.")
    return Response(status_code=_SEE_OTHER, headers={"Location": desk.address})


async def _drop(page: PageRequest, desk: Desk) -> None:
    try:
        async with page.transaction() as session:
            await operations.drop_begun(session, desk)
    except Unavailable:
        # It is recorded, and that is what the person is told; the page offers the words once more.
        log.warning("What is recorded now could not be dropped from the work begun.")
